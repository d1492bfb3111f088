import { METERS, type Allocation, type Meter } from '../../lib/core/meter.ts';
import type { MeterForecast } from '../../lib/core/forecast/forecast.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';
import type { MeterDecision } from '../../lib/core/policy/decision.ts';
import { sizeWords } from '../../lib/core/policy/quantity-words.ts';
import type { Primary } from '../../lib/core/trace/frame.ts';
import type { EpochMs } from '../../lib/core/units.ts';
import type { Observer } from '../../lib/ports/observer.ts';

const LEVELS = [0.5, 0.8, 0.9, 0.95, 0.99, 0.995];
const MiB = 2 ** 20;
const LEAD = 5_000;
const HOLD = 5_000;
type Pair = readonly [number, number];
/** Wave heights and a period in seconds: enough to tell VMs apart. */
const SCRIPTS: readonly { name: string; base: Record<Meter, number>; wave: number; period: number }[] = [
  aScript('web-1', [1.1, 1_400], [0.55, 47]),
  aScript('web-2', [0.7, 1_200], [0.5, 61]),
  aScript('postgres', [1.9, 3_100], [0.35, 83]),
  aScript('redis', [0.4, 900], [0.2, 37]),
  aScript('build', [2.6, 2_300], [0.8, 59]),
  aScript('batch-nightly', [1.4, 1_900], [0.9, 97]),
  aScript('cache', [0.3, 2_600], [0.15, 71]),
  aScript('queue', [0.5, 700], [0.6, 29]),
  aScript('idle', [0.02, 260], [0.1, 53]),
];

function aScript(name: string, [cpu, memoryMiB]: Pair, [wave, period]: Pair) {
  const base = {
    cpu,
    memory: memoryMiB * MiB,
    disk_read: cpu * 9 * MiB,
    disk_write: cpu * 4 * MiB,
    net_rx: cpu * 2.5 * MiB,
    net_tx: cpu * 7 * MiB,
  };
  return { name, base, wave, period };
}

/** Feeds an observer as the path would: nine VMs whose demand moves in waves and whose limits follow. */
export interface ScriptedFleet {
  /** One second of all VMs, ending at `at`. */
  readonly second: (at: EpochMs) => void;
}

export function aScriptedFleet(observer: Observer): ScriptedFleet {
  const inForce = new Map<string, Allocation>();
  return {
    second: (at) => {
      for (const script of SCRIPTS) {
        const primary: Primary = { vm: `kvm1/${script.name}`, name: script.name, image: 'debian-13', actuator: 'kvm' };
        const allocation = inForce.get(primary.vm) ?? firstLimits(script.base);
        inForce.set(primary.vm, secondOf(observer, { primary, script, allocation, at }));
      }
    },
  };
}

interface Second {
  readonly primary: Primary;
  readonly script: (typeof SCRIPTS)[number];
  readonly allocation: Allocation;
  readonly at: EpochMs;
}

function secondOf(observer: Observer, { primary, script, allocation, at }: Second): Allocation {
  const meters: Partial<Record<Meter, MeterForecast>> = {};
  for (const meter of METERS) meters[meter] = forecastOf(script, meter, allocation[meter] ?? Infinity, at);
  const frame = { vm: primary.vm, at, interval: 1_000, values: {}, allocation };
  const decisions = METERS.map((meter) => decisionOf(meter, meters[meter]!, allocation[meter]!));
  observer.applied('kvm1', frame);
  observer.observed({
    host: 'kvm1',
    primary,
    frame,
    forecast: { vm: primary.vm, at, lead: LEAD, hold: HOLD, levels: LEVELS, meters },
    decision: { vm: primary.vm, policy: 'live', meters: decisions },
  });
  const resizes = decisions.filter(({ kind }) => kind === 'resize');
  if (resizes.length === 0) return allocation;
  const set = Object.fromEntries(resizes.map(({ meter, to }) => [meter, to]));
  const from = Object.fromEntries(resizes.map(({ meter, from }) => [meter, from]));
  const plan: Plan = {
    id: `${primary.vm}-${at}`,
    vm: primary.vm,
    host: 'kvm1',
    rung: 'kvm',
    set,
    from,
    decisions: resizes,
    policy: 'live',
    sampledAt: at,
    expiresAt: at + LEAD + HOLD,
    fence: at,
  };
  observer.planned(plan);
  const isRefused = script.name === 'batch-nightly' && at % 3 === 0;
  observer.ended(plan, {
    planId: plan.id,
    vm: plan.vm,
    state: isRefused ? 'refused' : 'applied',
    inForce: isRefused ? from : set,
    ...(isRefused ? {} : { inForceAt: at + 300 + ((at / 1_000) % 17) * 23 }),
    because: isRefused ? 'the host keeps 1 vCPU for itself and has none left' : 'as asked',
  });
  return isRefused ? allocation : { ...allocation, ...set };
}

function forecastOf(script: Second['script'], meter: Meter, limit: number, at: EpochMs): MeterForecast {
  const wanted = demandAt(script, meter, at);
  const ahead = Math.max(wanted, demandAt(script, meter, at + LEAD), demandAt(script, meter, at + LEAD + HOLD));
  const values = LEVELS.map((level) => ahead * (0.97 + 0.28 * level ** 4));
  return { values, demand: { low: Math.min(wanted, limit), high: wanted }, samples: 300 };
}

function demandAt({ base, wave, period }: Second['script'], meter: Meter, at: EpochMs): number {
  const phase = (at / 1_000 / period) * 2 * Math.PI + METERS.indexOf(meter);
  const depth = meter === 'memory' ? wave / 3 : wave;
  const ripple = 0.06 * Math.sin(phase * 7.3) + 0.04 * Math.sin(phase * 17.1);
  return base[meter] * Math.max(0.02, 1 + depth * Math.sin(phase) + (meter === 'memory' ? 0 : ripple));
}

function decisionOf(meter: Meter, forecast: MeterForecast, from: number): MeterDecision {
  const high = forecast.values.at(-2) ?? 0;
  const step = meter === 'cpu' ? 0.25 : 64 * MiB;
  const size = meter === 'cpu' || meter === 'memory' ? Math.ceil(high / step) * step : from;
  const words = `forecast p99 ${sizeWords(meter, high)} in 5 s`;
  const isTooSmall = size > from;
  if (isTooSmall || size < 0.7 * from) {
    const because = `${words} ${isTooSmall ? 'does not fit' : 'leaves most idle of'} ${sizeWords(meter, from)}`;
    return { meter, kind: 'resize', from, to: size, mode: 'auto', rule: 'sizing', because };
  }
  return { meter, kind: 'hold', from, to: from, mode: 'auto', rule: 'deadband', because: `${words} fits` };
}

function firstLimits(base: Record<Meter, number>): Allocation {
  return {
    cpu: Math.ceil(base.cpu * 4) / 4,
    memory: Math.ceil(base.memory / (256 * MiB)) * 256 * MiB,
    disk_read: 100 * MiB,
    disk_write: 40 * MiB,
    net_rx: 125 * MiB,
    net_tx: 125 * MiB,
  };
}
