import { XMLParser } from 'fast-xml-parser';
import type { Meter } from '../../lib/core/meter.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';
import type { MeterDecision } from '../../lib/core/policy/decision.ts';
import type { EpochMs } from '../../lib/core/units.ts';
import type { Observation } from '../../lib/ports/observer.ts';
import type { DecisionView, FleetSummary, MeterView, VmView } from '../../lib/view/fleet.ts';
import { aFrame, aPlan, aPrimary } from './builders.ts';

export const T0: EpochMs = 1_700_000_000_000;

/** The cpu of `kvm1/web` is to go from 1 to 1.5 vCPU, by itself. */
export const aResize = (parts: Partial<MeterDecision> = {}): MeterDecision => ({
  meter: 'cpu',
  kind: 'resize',
  from: 1,
  to: 1.5,
  mode: 'auto',
  rule: 'sizing',
  because: 'forecast p95 1.42 vCPU in 5 s does not fit 1 vCPU',
  ...parts,
});

export const aHold = (parts: Partial<MeterDecision> = {}): MeterDecision =>
  aResize({ kind: 'hold', to: 1, rule: 'deadband', because: 'forecast p95 0.9 vCPU fits', ...parts });

interface ObservationParts {
  readonly vm?: string;
  readonly at?: EpochMs;
  readonly cpu?: number;
  readonly decisions?: readonly MeterDecision[];
}

/** What a shadow makes of a frame of `kvm1/web` at T0 whose cpu wants half a vCPU. */
export const anObservation = (parts: ObservationParts = {}): Observation => {
  const { vm = 'kvm1/web', at = T0, cpu = 0.5, decisions = [aHold()] } = parts;
  return {
    host: 'kvm1',
    primary: aPrimary({ vm, name: vm.replace('kvm1/', '') }),
    frame: aFrame({ vm, at }),
    forecast: {
      vm,
      at,
      lead: 5_000,
      hold: 5_000,
      levels: [0.5, 0.95, 0.99],
      meters: { cpu: { values: [cpu, 1.5 * cpu, 2 * cpu], demand: { low: cpu, high: cpu }, samples: 100 } },
    },
    decision: { vm, policy: 'live', meters: decisions },
  };
};

/** The plan that carries `aResize` at T0. */
export const aResizePlan = (parts: Partial<Plan> = {}): Plan =>
  aPlan({ set: { cpu: 1.5 }, decisions: [aResize()], sampledAt: T0, expiresAt: T0 + 10_000, ...parts });

/** Half a minute of a meter of size `scale` that outgrows its limit, which follows after twenty seconds. */
export const aMeterView = (meter: Meter, scale: number): MeterView => {
  const points = Array.from({ length: 31 }, (_, second) => {
    const wanted = scale * (0.5 + second / 30);
    const allocation = scale * (second < 20 ? 1 : 2);
    return { at: T0 - (30 - second) * 1_000, demandLow: Math.min(wanted, allocation), demandHigh: wanted, allocation };
  });
  return {
    meter,
    points,
    forecast: {
      at: T0,
      lead: 5_000,
      hold: 5_000,
      levels: [0.5, 0.9, 0.99],
      values: [1.6, 1.7, 1.9].map((v) => v * scale),
    },
    pastForecasts: points.map((point) => ({
      from: point.at,
      until: point.at + 5_000,
      level: 0.9,
      value: point.demandHigh * 1.1,
    })),
    verdict: aHold({ meter, from: 2 * scale, to: 2 * scale }),
  };
};

export const aDecisionView = (parts: Partial<DecisionView> = {}): DecisionView => ({
  ...aResize(),
  id: '1',
  at: T0 - 10_400,
  lastAt: T0 - 10_400,
  times: 1,
  planId: 'plan-1',
  outcome: { state: 'applied', because: 'as asked' },
  inForceAt: T0 - 10_000,
  sampleToEffect: 400,
  ...parts,
});

export const aVmView = (parts: Partial<VmView> = {}): VmView => ({
  vm: 'kvm1/web',
  name: 'web',
  host: 'kvm1',
  actuator: 'kvm',
  state: 'running',
  lastAt: T0,
  policy: 'live',
  meters: { cpu: aMeterView('cpu', 1), memory: aMeterView('memory', 2 ** 30) },
  decisions: [aDecisionView()],
  ...parts,
});

export const aSummary = (parts: Partial<FleetSummary> = {}): FleetSummary => ({
  frames: 1_234,
  dropped: 2,
  vms: 9,
  running: 8,
  forecasts: 1_200,
  triggers: 15,
  plans: 13,
  applied: 12,
  failed: 0,
  refused: 1,
  rolledBack: 0,
  p50Ms: 412,
  p99Ms: 668,
  ...parts,
});

/** Fails unless the text is one XML document without a fault. */
export const expectWellFormed = (text: string): void => {
  expect(() => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package more for this one line
    new XMLParser().parse(text, true);
  }).not.toThrow();
};
