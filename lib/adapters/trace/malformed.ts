import { Fault } from '../../core/fault.ts';

/** The refusal of a batch whose bytes arrived unharmed and still say something impossible. */
export const malformed = (what: string, cause?: unknown): Fault =>
  new Fault('TRACE_MALFORMED', `trace batch is malformed: ${what}`, cause === undefined ? {} : { cause });
