import { z } from 'zod';
import { messageOf } from '../../lib/core/fault.ts';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import { outcomeSchema } from '../platform/schemas.ts';

const errorSchema = z.looseObject({ Error: z.string().default('unknown'), Cause: z.string().default('') });

/** What each branch of the workflow hands over; see lib/infra/resize-workflow.ts. */
export const resultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('refused'), outcome: outcomeSchema }),
  z.object({
    kind: z.literal('kvm'),
    invocation: z.looseObject({
      Status: z.string(),
      StandardOutputContent: z.string().default(''),
      StandardErrorContent: z.string().default(''),
    }),
  }),
  z.object({
    kind: z.literal('ec2'),
    state: z.enum(['applied', 'refused', 'rolled-back', 'failed']),
    because: z.string(),
    error: errorSchema.optional(),
  }),
  z.object({
    kind: z.literal('error'),
    error: errorSchema,
  }),
]);

export type WorkflowResult = z.infer<typeof resultSchema>;

/** What happened to a plan, from what its branch handed over. Never throws: what cannot be read is a failure that says so. */
export function outcomeOf(plan: Plan, result: WorkflowResult): Outcome {
  const ended = (state: Outcome['state'], because: string): Outcome => ({
    planId: plan.id,
    vm: plan.vm,
    state,
    inForce: {},
    because,
  });
  switch (result.kind) {
    case 'refused':
      return result.outcome;
    case 'kvm':
      return ofInvocation(plan, result.invocation) ?? ended('failed', sayInvocation(result.invocation));
    case 'ec2':
      return result.state === 'applied'
        ? { ...ended('applied', result.because), inForce: plan.set }
        : ended(result.state, [result.because, ...(result.error === undefined ? [] : [said(result.error)])].join(': '));
    case 'error':
      return ended('failed', said(result.error));
  }
}

const said = ({ Error: name, Cause }: z.infer<typeof errorSchema>): string => `${name}: ${Cause}`.slice(0, 1_000);

type Invocation = Extract<WorkflowResult, { kind: 'kvm' }>['invocation'];

/** The allocator's own word, its last line, counts even when SSM calls the command failed: a refusal exits non-zero. */
function ofInvocation(plan: Plan, { StandardOutputContent }: Invocation): Outcome | undefined {
  const line = StandardOutputContent.trim().split('\n').at(-1) ?? '';
  try {
    const outcome = outcomeSchema.parse(JSON.parse(line));
    return outcome.planId === plan.id ? outcome : undefined;
  } catch {
    return undefined;
  }
}

const sayInvocation = ({ Status, StandardErrorContent }: Invocation): string =>
  `the allocator gave no outcome (command ${Status}): ${StandardErrorContent.trim().slice(-500) || 'it printed nothing'}`;

/** The same for input that does not even have the shape of a result. */
export const unreadable = (plan: Plan, error: unknown): Outcome => ({
  planId: plan.id,
  vm: plan.vm,
  state: 'failed',
  inForce: {},
  because: `the workflow handed over a result that cannot be read: ${messageOf(error).slice(0, 500)}`,
});
