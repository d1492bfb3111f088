import { z } from 'zod';
import type { Mode } from '../../core/policy/decision.ts';
import {
  bytesSchema,
  durationSchema,
  numberSchema,
  rateSchema,
  shareSchema,
  windowSchema,
  type QuantitySchema,
} from './quantity-schema.ts';

const MODES = ['observe', 'recommend', 'approve', 'auto'] as const satisfies readonly Mode[];
const ACTUATORS = ['kvm', 'ec2', 'none'] as const;

const modeSchema = (says: string): z.ZodType<Mode, Mode> =>
  z.enum(MODES, { error: () => `want one of ${MODES.join(', ')}` }).meta({ description: says });

const wantGlobs = { error: () => 'want a pattern such as "web-*", or a list of them' };
const globSchema = z.string({ error: () => 'want text' }).min(1, { error: () => 'want text that is not empty' });

const globsSchema = (says: string): z.ZodType<readonly string[], string | string[]> =>
  z
    .union([globSchema, z.array(globSchema, wantGlobs).min(1, wantGlobs)], wantGlobs)
    .transform((written) => (typeof written === 'string' ? [written] : written))
    .meta({ description: says });

const wantActuators = { error: () => `want one of ${ACTUATORS.join(', ')}, or a list of them` };
const actuatorSchema = z.enum(ACTUATORS, wantActuators);

const map = 'want a map of keys';

/** Which primaries a policy selects. */
export const matchSchema = z
  .strictObject(
    {
      name: globsSchema('The name of the VM: the domain of libvirt, the tag Name on EC2.').exactOptional(),
      vm: globsSchema('The id of the VM: `host/domain` or `i-0abc...`.').exactOptional(),
      host: globsSchema('The host that sends its trace.').exactOptional(),
      image: globsSchema('The machine image: an AMI id, or the base image of a domain.').exactOptional(),
      tags: z
        .record(z.string(), globsSchema('The value of the tag.'), { error: () => map })
        .meta({ description: 'Tags by key. All that are given must match.' })
        .exactOptional(),
      actuator: z
        .union([actuatorSchema, z.array(actuatorSchema, wantActuators).min(1, wantActuators)], wantActuators)
        .transform((written) => (typeof written === 'string' ? [written] : written))
        .meta({ description: 'How its limits are changed; `none` when its host can only watch it.' })
        .exactOptional(),
    },
    { error: () => map },
  )
  .meta({
    description:
      'Which VMs the policy selects. All given keys must match; `*` is any text, `?` one character; a list is any of ' +
      'its patterns. Without it: every VM. The first policy that matches a VM governs it.',
  });

const windowsSchema = z
  .array(windowSchema(), { error: () => 'want a list of windows such as ["Sat-Sun 00:00-06:00 Europe/Berlin"]' })
  .meta({
    description: 'When it may act: `[days] HH:MM-HH:MM [time zone]`, UTC unless given. Empty: always.',
    fallback: [],
  })
  .exactOptional();

const increaseSchema = z
  .strictObject(
    {
      mode: modeSchema('What may be done when a raise is due.').meta({ fallback: 'recommend' }).exactOptional(),
      when: z
        .strictObject(
          {
            increase: shareSchema({
              says: 'How far the forecast peak must be above the demand now.',
              fallback: '20%',
              min: '1%',
              max: '1000%',
            }).exactOptional(),
            within: durationSchema({
              says: 'Forecasts that begin later than this are not acted on. Without it: every forecast counts.',
              min: '100ms',
              max: '30d',
            }).exactOptional(),
            confidence: shareSchema({
              says: 'The quantile of the forecast peak that is looked at.',
              fallback: '95%',
              min: '50%',
              max: '99.9%',
              example: '95%',
            }).exactOptional(),
            samples: numberSchema(
              { says: 'Samples that the model must have seen.', fallback: '5', min: '1', max: '1000000' },
              { whole: true, what: 'a whole number' },
            ).exactOptional(),
          },
          { error: () => map },
        )
        .meta({ description: 'The trigger. A peak that does not fit what is in force triggers too.' })
        .exactOptional(),
      step: shareSchema({
        says: 'Most that one raise may add to the present size.',
        fallback: '100%',
        min: '5%',
        max: '1000%',
      }).exactOptional(),
      cooldown: durationSchema({
        says: 'Least time from one raise to the next.',
        fallback: '10s',
        min: '0s',
        max: '30d',
      }).exactOptional(),
      windows: windowsSchema,
    },
    { error: () => map },
  )
  .meta({ id: 'increase', description: 'Raising the limit.' });

const decreaseSchema = z
  .strictObject(
    {
      mode: modeSchema('What may be done when a decrease is due.').meta({ fallback: 'recommend' }).exactOptional(),
      when: z
        .strictObject(
          {
            decrease: shareSchema({
              says: 'How far the size needed must be below the size in force.',
              fallback: '25%',
              min: '1%',
              max: '99%',
            }).exactOptional(),
            for: durationSchema({
              says: 'How long it must have been so without a gap in the samples.',
              fallback: '60s',
              min: '0s',
              max: '30d',
            }).exactOptional(),
            samples: numberSchema(
              { says: 'Samples that the model must have seen.', fallback: '60', min: '1', max: '1000000' },
              { whole: true, what: 'a whole number' },
            ).exactOptional(),
          },
          { error: () => map },
        )
        .meta({ description: 'The trigger. All of it must hold.' })
        .exactOptional(),
      step: shareSchema({
        says: 'Most that one decrease may take from the present size.',
        fallback: '50%',
        min: '5%',
        max: '100%',
      }).exactOptional(),
      cooldown: durationSchema({
        says: 'Least time from any change, up or down, to the next decrease.',
        fallback: '60s',
        min: '0s',
        max: '30d',
      }).exactOptional(),
      windows: windowsSchema,
    },
    { error: () => map },
  )
  .meta({ id: 'decrease', description: 'Lowering the limit.' });

const sides = {
  mode: modeSchema(
    'Short for the mode of both directions; a mode beside it in `increase` or `decrease` wins.',
  ).exactOptional(),
  increase: increaseSchema.exactOptional(),
  decrease: decreaseSchema.exactOptional(),
};

const defaultsSchema = z
  .strictObject(sides, { error: () => map })
  .meta({ description: 'What holds for every resource that does not say otherwise.' });

const boundsSchema = (limit: (says: string) => z.ZodType<number>): z.ZodType<Partial<Record<'min' | 'max', number>>> =>
  z
    .strictObject(
      {
        min: limit('A smaller size is raised to this one, and no size is lowered below it.').exactOptional(),
        max: limit('No size is raised above it.').exactOptional(),
      },
      { error: () => map },
    )
    .superRefine(({ min, max }, context) => {
      if (min !== undefined && max !== undefined && min > max) {
        context.addIssue({ code: 'custom', path: ['min'], message: 'want a min that is not above the max' });
      }
    })
    .meta({ description: 'Limits between which the policy may move the size. Without one there is no such limit.' });

const resourceSchema = (says: string, limit: (says: string) => z.ZodType<number>) =>
  z
    .strictObject({ ...sides, bounds: boundsSchema(limit).exactOptional() }, { error: () => map })
    .meta({ description: says })
    .exactOptional();

const vcpus = (says: string): z.ZodType<number, number> =>
  numberSchema({ says, min: '0', max: '4096' }, { whole: false, what: 'a number of vCPUs such as 2 or 0.5' });
const bytes = (says: string): QuantitySchema<number> => bytesSchema({ says });
const rate = (says: string): QuantitySchema<number> => rateSchema({ says });

const nameSchema = z
  .string({ error: () => 'want a name such as web' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: () => 'want a name of up to 64 letters, digits, dots, dashes or underscores, such as web',
  })
  .meta({ description: 'Names the policy in decisions, logs and metrics. Unique in the file.' });

const staleSchema = (says: string): QuantitySchema<number> =>
  durationSchema({ says, fallback: '15s', min: '1s', max: '1d' });

const policySchema = z.strictObject(
  {
    name: nameSchema,
    match: matchSchema.exactOptional(),
    stale: staleSchema('Age of the newest sample past which a VM is left as it is.').exactOptional(),
    defaults: defaultsSchema.exactOptional(),
    cpu: resourceSchema('vCPUs.', vcpus),
    memory: resourceSchema('Bytes of memory.', bytes),
    disk: resourceSchema('Both directions of the disks, bytes per second.', rate),
    disk_read: resourceSchema('Reads from the disks; wins over `disk`.', rate),
    disk_write: resourceSchema('Writes to the disks; wins over `disk`.', rate),
    network: resourceSchema('Both directions of the network, bytes per second.', rate),
    net_rx: resourceSchema('Into the VM; wins over `network`.', rate),
    net_tx: resourceSchema('Out of the VM; wins over `network`.', rate),
  },
  { error: () => 'want a policy: a map with at least a name' },
);

/** Each is compared with every other; a fleet that needs more of them selects by tags. */
export const MOST_POLICIES = 1_000;

/** A policy file: what people write comes in, the units of lib/core come out. Defaults are not filled in. */
export const policyFileSchema = z.strictObject(
  {
    version: z
      .literal(1, { error: () => 'want 1, the version of this file format' })
      .meta({ description: 'Version of the file format: 1.' }),
    stale: staleSchema('`stale` of the policies that do not say otherwise.').exactOptional(),
    defaults: defaultsSchema.exactOptional(),
    policies: z
      .array(policySchema, { error: () => 'want a list of policies' })
      .min(1, { error: () => 'want at least one policy' })
      .max(MOST_POLICIES, { error: () => `want at most ${MOST_POLICIES} policies` })
      .meta({ description: 'In order: the first policy that matches a VM governs it.' }),
  },
  { error: () => 'want a policy file: a map with version: 1 and a list of policies' },
);

export type PolicyFile = z.output<typeof policyFileSchema>;
export type PolicyEntry = PolicyFile['policies'][number];
/** What a file says about a resource: every part may be missing. */
export type WrittenSides = z.output<typeof defaultsSchema>;
