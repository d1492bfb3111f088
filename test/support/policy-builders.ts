import type { Mode } from '../../lib/core/policy/decision.ts';
import type { DecideInput } from '../../lib/core/policy/decide.ts';
import {
  DEFAULT_METER_POLICY,
  NO_MEMORY,
  type Bounds,
  type DecreasePolicy,
  type IncreasePolicy,
  type Match,
  type MeterPolicy,
  type Policy,
  type PolicySet,
} from '../../lib/core/policy/policy.ts';
import type { Primary } from '../../lib/core/trace/frame.ts';

/** What a test wants to be different in a policy; the rest is the built-in default in mode auto. */
export interface PolicyParts {
  readonly name?: string;
  readonly match?: Match;
  readonly stale?: number;
  readonly mode?: Mode;
  readonly increase?: Omit<Partial<IncreasePolicy>, 'when'> & { readonly when?: Partial<IncreasePolicy['when']> };
  readonly decrease?: Omit<Partial<DecreasePolicy>, 'when'> & { readonly when?: Partial<DecreasePolicy['when']> };
  readonly bounds?: Bounds;
}

/** A policy that does everything by itself, the same for every meter. */
export const aPolicy = (parts: PolicyParts = {}): Policy => {
  const { increase, decrease } = DEFAULT_METER_POLICY;
  const mode = parts.mode ?? 'auto';
  const meter: MeterPolicy = {
    increase: { ...increase, mode, ...parts.increase, when: { ...increase.when, ...parts.increase?.when } },
    decrease: { ...decrease, mode, ...parts.decrease, when: { ...decrease.when, ...parts.decrease?.when } },
    bounds: parts.bounds ?? {},
  };
  return {
    name: parts.name ?? 'test',
    match: parts.match ?? {},
    stale: parts.stale ?? 15_000,
    meters: { cpu: meter, memory: meter, disk_read: meter, disk_write: meter, net_rx: meter, net_tx: meter },
  };
};

export const policiesOf = (...policies: readonly Policy[]): PolicySet => ({ policies });

export const aVm = (parts: Partial<Primary> = {}): Primary => ({
  vm: 'kvm1/web',
  name: 'web',
  actuator: 'kvm',
  adjustable: { cpu: { min: 0.25, max: 8, step: 0.25 } },
  ...parts,
});

/** What a test says about the cpu of one VM; everything else is calm: 2 vCPUs in force, 1.8 needed, enough samples. */
export interface CpuParts extends Partial<Omit<DecideInput, 'recommendation'>> {
  /** Every quantile of the forecast peak, or those of .5 .8 .9 .95 .99 .995. */
  readonly peak?: number | readonly number[];
  readonly demand?: number | readonly [low: number, high: number];
  readonly target?: number;
  readonly samples?: number;
  readonly lead?: number;
  /** In force; null: not known. */
  readonly from?: number | null;
}

export const NOW = 1_760_000_000_000;

export const aDecideInput = (parts: CpuParts = {}): DecideInput => {
  const { peak = 1.8, demand = 1.7, samples = 1_000, lead = 5_000, from = 2, ...rest } = parts;
  const values = typeof peak === 'number' ? Array<number>(6).fill(peak) : peak;
  const [low, high] = typeof demand === 'number' ? [demand, demand] : demand;
  const { target = values.at(-2)!, ...input } = rest;
  return {
    primary: aVm(),
    host: 'kvm1',
    allocation: from === null ? {} : { cpu: from },
    memory: NO_MEMORY,
    now: NOW,
    lastAt: NOW - 500,
    state: 'active',
    ...input,
    recommendation: {
      vm: 'kvm1/web',
      target: { cpu: target },
      risk: { cpu: 0.01 },
      forecast: {
        vm: 'kvm1/web',
        at: NOW - 500,
        lead,
        hold: 5_000,
        levels: [0.5, 0.8, 0.9, 0.95, 0.99, 0.995],
        meters: { cpu: { values, demand: { low, high }, samples } },
      },
    },
  };
};
