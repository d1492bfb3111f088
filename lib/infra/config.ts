import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { readPolicies } from '../adapters/policy/read-policies.ts';
import { Fault } from '../core/fault.ts';
import { DEFAULT_RISK } from '../core/sizing/size.ts';

const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

/**
 * What a deployment may choose, each as a context value: `cdk deploy -c shards=2`, or in `cdk.json` under `context`.
 * Numbers and booleans may come as text, because that is how the command line gives them.
 */
const schema = z.object({
  /** Shards of the trace stream; one carries about 170 VMs of six meters, bounded by the window's state of 1 MB. */
  shards: z.coerce.number().int().min(1).max(500).default(1),
  /**
   * Tumbling window in seconds, after which shadows are checkpointed; Lambda's bounds. Checkpoints are the largest cost
   * that grows with the fleet: at 4 KB a shadow, $0.11 a VM and month each minute, $0.02 each five.
   */
  windowSeconds: z.coerce.number().int().min(1).max(900).default(300),
  /** Policy file, bundled with the replay function. */
  policies: z
    .string()
    .default('policies/default.yaml')
    .refine((path) => existsSync(path), {
      error: ({ input }) => `no file at ${String(input)}: name the policies with -c policies=<file>`,
    }),
  /** Puts the functions into subnets without a route out, behind VPC endpoints. */
  isolated: flag.default(false),
  /** Tag key that enrols an instance or node when its value is `true`. */
  enrolTag: z
    .string()
    .regex(/^[\w.:/=+@-]{1,128}$/, 'wanted a tag key of 1 to 128 letters, digits and . : / = + @ - _')
    .default('shadowcast:enrolled'),
  /** Where pages and alarms are sent; without it, subscribe to the topic by hand. */
  alarmEmail: z.email().optional(),
  /** Lead and hold of the live forecast in milliseconds. */
  leadMs: z.coerce.number().int().positive().default(5_000),
  holdMs: z.coerce.number().int().positive().default(5_000),
  /** Share of samples in which demand may pass its size. */
  risk: z.coerce.number().gt(0).lt(1).default(DEFAULT_RISK),
  /** Whose samples: of all VMs of a shard together, spent where it is cheap, or of each VM by itself. */
  riskOf: z.enum(['shard', 'vm']).default('shard'),
  /** Keeps the table and its key when the stack is deleted. */
  retain: flag.default(true),
});

export type InfraConfig = Readonly<z.infer<typeof schema>>;

/**
 * Checks the context values and the policy file, so that neither is found wrong after the deployment. Throws Fault USAGE
 * with all problems of the context in one message, or POLICY_INVALID with all problems of the policies.
 */
export function readConfig(context: (key: string) => unknown): InfraConfig {
  const given = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, context(key) ?? undefined]));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new Fault('USAGE', `the deployment's context is unusable\n${z.prettifyError(parsed.error)}`);
  readPolicies(readFileSync(parsed.data.policies, 'utf8'), parsed.data.policies);
  return Object.freeze(parsed.data);
}
