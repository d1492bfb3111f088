import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { Fault, messageOf } from '../../core/fault.ts';
import type { Workflow } from '../../ports/workflow.ts';

/**
 * Plans as executions of one Standard state machine. The plan's id is the execution's name, which Step Functions keeps
 * unique for 90 days: a plan that is asked for twice runs once.
 */
export function stepFunctionsWorkflow(client: SFNClient, stateMachineArn: string): Workflow {
  return {
    start: async (plan) => {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn, name: plan.id, input: JSON.stringify({ plan }) }),
        );
        return true;
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return false;
        throw new Fault('ACT_FAILED', `plan ${plan.id} could not be started: ${messageOf(error)}`, {
          retryable: true,
          cause: error,
        });
      }
    },
  };
}
