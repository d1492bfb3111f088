import { METERS, RESOURCE_OF, type Meter, type Resource } from '../../core/meter.ts';
import {
  DEFAULT_METER_POLICY,
  DEFAULT_STALE,
  type Bounds,
  type DecreasePolicy,
  type IncreasePolicy,
  type MeterPolicy,
  type Policy,
  type PolicySet,
} from '../../core/policy/policy.ts';
import type { PolicyEntry, PolicyFile, WrittenSides } from './policy-schema.ts';

/**
 * Fills in what a file leaves out, for each key from the nearest place that has it: the meter (`disk_read`), its resource
 * (`disk`), the policy's `defaults`, the file's `defaults`, and what is built in.
 */
export function fillPolicies({ stale, defaults, policies }: PolicyFile): PolicySet {
  return {
    policies: policies.map((entry): Policy => {
      const meters = METERS.map((meter) => [meter, fillMeter(meter, entry, defaults)]);
      return {
        name: entry.name,
        match: entry.match ?? {},
        stale: entry.stale ?? stale ?? DEFAULT_STALE,
        meters: Object.fromEntries(meters) as Record<Meter, MeterPolicy>,
      };
    }),
  };
}

/** The bounds of a meter: its own, else those of its resource, key by key. */
export function boundsOf(meter: Meter, entry: PolicyEntry): Bounds {
  return Object.assign({}, ...blocksOf(meter, entry).map((block) => block?.bounds ?? {})) as Bounds;
}

/** From the widest to the nearest; a meter that is named as its resource has one block only. */
function blocksOf(meter: Meter, entry: PolicyEntry): readonly PolicyEntry[Meter | Resource][] {
  const resource = RESOURCE_OF[meter];
  return meter === resource ? [entry[meter]] : [entry[resource], entry[meter]];
}

function fillMeter(meter: Meter, entry: PolicyEntry, fileDefaults: WrittenSides | undefined): MeterPolicy {
  const layers = [fileDefaults, entry.defaults, ...blocksOf(meter, entry)].filter((layer) => layer !== undefined);
  return {
    increase: layers.map(increaseOf).reduce<IncreasePolicy>(overlay, DEFAULT_METER_POLICY.increase),
    decrease: layers.map(decreaseOf).reduce<DecreasePolicy>(overlay, DEFAULT_METER_POLICY.decrease),
    bounds: boundsOf(meter, entry),
  };
}

const increaseOf = ({ mode, increase }: WrittenSides) => ({ ...(mode === undefined ? {} : { mode }), ...increase });
const decreaseOf = ({ mode, decrease }: WrittenSides) => ({ ...(mode === undefined ? {} : { mode }), ...decrease });

function overlay<Side extends { readonly when: object }>(
  under: Side,
  over: Omit<Partial<Side>, 'when'> & { readonly when?: Partial<Side['when']> },
): Side {
  return { ...under, ...over, when: { ...under.when, ...over.when } };
}
