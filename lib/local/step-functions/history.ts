import { epochSeconds } from '../json-service.ts';
import type { MachineEvent } from './machine.ts';

/** An event of GetExecutionHistory, as far as the interpreter tells it. */
export type HistoryEvent = Readonly<Record<string, unknown>>;

/** Turns the interpreter's log into AWS's shape. Retries and catches have no event of their own at AWS and are left out. */
export function historyEvent(event: MachineEvent, id: number): HistoryEvent | undefined {
  const details = DETAILS[event.type]?.(event);
  return details && { id, previousEventId: id - 1, timestamp: epochSeconds(event.timestamp), ...details };
}

const text = (value: unknown): string => JSON.stringify(value ?? null);
const failureOf = ({ Error: error, Cause: cause }: MachineEvent) => ({ error, cause: String(cause) });

/** What each kind of the interpreter's events is called at AWS, and what it says. */
const DETAILS: Readonly<Record<string, (event: MachineEvent) => Readonly<Record<string, unknown>>>> = {
  ExecutionStarted: () => ({ type: 'ExecutionStarted' }),
  ExecutionSucceeded: () => ({ type: 'ExecutionSucceeded' }),
  ExecutionAborted: () => ({ type: 'ExecutionAborted' }),
  ExecutionTimeout: () => ({ type: 'ExecutionTimedOut' }),
  ExecutionFailed: (event) => ({ type: 'ExecutionFailed', executionFailedEventDetails: failureOf(event) }),
  StateEntered: ({ state }) => ({
    type: `${state?.type ?? ''}StateEntered`,
    stateEnteredEventDetails: { name: state?.name, input: text(state?.input) },
  }),
  StateExited: ({ state }) => ({
    type: `${state?.type ?? ''}StateExited`,
    stateExitedEventDetails: { name: state?.name, output: text(state?.output) },
  }),
  StateFailed: (event) => ({
    type: 'TaskFailed',
    taskFailedEventDetails: { resource: event.state?.name, resourceType: event.state?.type, ...failureOf(event) },
  }),
};
