/**
 * What sizing VMs together is worth: `node test/bench/joint.bench.ts --data DIR [--meter cpu] [--every K] [--json]`.
 *
 * The VMs of each folder are put onto hosts of 8, 14 and 20 (by name, so without looking at them) and their traces laid side by
 * side by sample. Host capacity is decided at each sample for the next hold window, in three ways, after a warm-up of a quarter
 * of the trace:
 *   single   the sum of the VMs' own sizes, each at a violation rate of 1 %
 *   matched  the same at the risk for which the *host* is short in 1 % of the samples, found by bisection over the whole trace:
 *            the best that a sum of own sizes can be, known only afterwards
 *   joint    the size of the sum at a risk of 1 %
 * Short: share of samples in which the VMs together wanted more than the host's capacity. VM short: share of VM-samples in which
 * a VM got less than it wanted; single and matched leave each VM its own size, joint gives each its guarantee and shares the
 * headroom among those that want more, in proportion. Capacity is in multiples of the VMs' mean summed demand.
 */
import { basename, join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../../lib/adapters/trace/csv.ts';
import type { Forecast, MeterForecast } from '../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { FLEET_PRIORS } from '../../lib/core/forecast/fleet-prior.ts';
import { MeterModel } from '../../lib/core/forecast/meter-model.ts';
import type { Steps } from '../../lib/core/forecast/steps.ts';
import type { Meter } from '../../lib/core/meter.ts';
import { HostDemand, jointSize, type HostMoment } from '../../lib/core/sizing/joint.ts';
import { RiskPool } from '../../lib/core/sizing/risk-pool.ts';
import { RiskTracker } from '../../lib/core/sizing/risk-tracker.ts';
import { quantileAt } from '../../lib/core/sizing/size.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    meter: { type: 'string', default: 'cpu' },
    every: { type: 'string', default: '1' },
    sizes: { type: 'string', default: '8,14,20' },
    json: { type: 'boolean', default: false },
  },
});
const meter = options.meter as Meter;
const RISK = 0.01;
const FOLDERS = ['bitbrains-fastStorage', 'bitbrains-rnd', 'azure160', 'onesec-exathlon'];
/** Risks per window that the own sizes are kept for; the matched one is between two of them. */
const RISKS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.3, 0.4, 0.5];

interface Vm {
  readonly vm: string;
  readonly times: Float64Array;
  /** Demand, 0 where it is not known: a VM that is off wants nothing. */
  readonly values: Float64Array;
}

/** One way of deciding, summed up over the samples of one host. */
interface Tally {
  samples: number;
  short: number;
  vmSamples: number;
  vmShort: number;
  capacity: number;
}
const aTally = (): Tally => ({ samples: 0, short: 0, vmSamples: 0, vmShort: 0, capacity: 0 });

interface HostResult {
  readonly demand: number;
  readonly single: Tally;
  readonly matched: Tally;
  readonly joint: Tally;
}

/** The VMs of a host, replayed side by side. Forecasts made at t are in force from t + lead for the hold time. */
function replayHost(vms: readonly Vm[], steps: Steps, step: number): HostResult {
  const length = Math.min(...vms.map(({ values }) => values.length));
  const warmUp = Math.floor(length / 4);
  const models = vms.map(() => new MeterModel(FLEET_PRIORS.cpu));
  const host = new HostDemand();
  const trackers = {
    single: vms.map(() => new RiskTracker(new RiskPool(RISK))),
    joint: new RiskTracker(new RiskPool(RISK)),
  };
  const [single, joint] = [aTally(), aTally()];
  const byRisk = RISKS.map(aTally);
  const pending: Decided[] = [];
  let inForce: Decided | undefined;
  let demand = 0;
  for (let t = 0; t < length; t += 1) {
    const wanted = vms.map(({ values }) => values[t]!);
    const sum = wanted.reduce((total, one) => total + one, 0);
    if (pending[0] !== undefined && pending[0].from <= t) inForce = pending.shift();
    if (inForce !== undefined && t >= warmUp) {
      demand += sum;
      score(single, wanted, inForce.own);
      for (const [r, sizes] of inForce.byRisk.entries()) score(byRisk[r]!, wanted, sizes);
      scoreJoint(joint, wanted, inForce);
    }
    const moment = { at: vms[0]!.times[t]!, step, steps };
    for (const [v, model] of models.entries()) model.observe({ value: wanted[v]!, capped: false, ...moment }, steps);
    host.observe(
      wanted.map((value) => ({ [meter]: { low: value, high: value } })),
      moment,
    );
    const forecasts = models.map((model, v): MeterForecast => {
      const values: number[] = [];
      model.read(values, moment, steps);
      return { values, demand: { low: wanted[v]!, high: wanted[v]! }, samples: model.samples };
    });
    const ofSum = host.forecast(meter, moment)!;
    const own = forecasts.map((forecast, v) =>
      trackers.single[v]!.size(alone(forecast, moment), { told: { [meter]: wanted[v]! }, steps }),
    );
    const { risk } = trackers.joint.size(alone(ofSum, moment), { told: { [meter]: sum }, steps });
    if (t % steps.hold !== 0) continue;
    const size = jointSize(new Map(forecasts.map((forecast, v) => [vms[v]!.vm, forecast])), ofSum, {
      risk: risk[meter]!,
    });
    pending.push({
      from: t + steps.lead,
      own: own.map(({ target }) => target[meter]!),
      byRisk: RISKS.map((risk) => forecasts.map((forecast) => quantileAt(forecast, LEVELS, 1 - risk))),
      capacity: size.capacity,
      guarantees: vms.map(({ vm }) => size.guarantees.get(vm)!),
    });
  }
  return { demand, single, matched: matchedOf(byRisk), joint };
}

/** A forecast of this one meter. */
const alone = (forecast: MeterForecast, { at, step, steps }: HostMoment): Forecast => ({
  vm: '',
  at,
  lead: steps.lead * step,
  hold: steps.hold * step,
  levels: LEVELS,
  meters: { [meter]: forecast },
});

interface Decided {
  readonly from: number;
  /** By VM, at a violation rate of 1 % each. */
  readonly own: readonly number[];
  /** By risk of a window and VM. */
  readonly byRisk: readonly (readonly number[])[];
  readonly capacity: number;
  readonly guarantees: readonly number[];
}

const isShort = (wanted: number, given: number): boolean => wanted > given * (1 + 1e-9);

function score(tally: Tally, wanted: readonly number[], sizes: readonly number[]): void {
  let [sum, capacity] = [0, 0];
  for (const [v, one] of wanted.entries()) {
    sum += one;
    capacity += sizes[v]!;
    tally.vmShort += isShort(one, sizes[v]!) ? 1 : 0;
  }
  count(tally, { sum, capacity, vms: wanted.length });
}

function scoreJoint(tally: Tally, wanted: readonly number[], { capacity, guarantees }: Decided): void {
  const sum = wanted.reduce((total, one) => total + one, 0);
  // A host with room serves all; a short one cuts everybody above its guarantee.
  if (isShort(sum, capacity)) tally.vmShort += wanted.filter((one, v) => isShort(one, guarantees[v]!)).length;
  count(tally, { sum, capacity, vms: wanted.length });
}

function count(tally: Tally, { sum, capacity, vms }: { sum: number; capacity: number; vms: number }): void {
  tally.samples += 1;
  tally.vmSamples += vms;
  tally.short += isShort(sum, capacity) ? 1 : 0;
  tally.capacity += capacity;
}

/** Between the two risks whose host-level rates are around RISK: capacity by log-linear interpolation in the rate. */
function matchedOf(byRisk: readonly Tally[]): Tally {
  const upper = byRisk.findIndex(({ short, samples }) => short / samples >= RISK);
  if (upper < 0) return byRisk.at(-1)!;
  if (upper === 0) return byRisk[0]!;
  const [a, b] = [byRisk[upper - 1]!, byRisk[upper]!];
  const [low, high] = [a, b].map(({ short, samples }) => Math.log(Math.max(short, 0.5) / samples));
  const part = (Math.log(RISK) - low!) / (high! - low!);
  const mix = (x: number, y: number): number => x + part * (y - x);
  return {
    samples: a.samples,
    vmSamples: a.vmSamples,
    short: mix(a.short, b.short),
    vmShort: mix(a.vmShort, b.vmShort),
    capacity: mix(a.capacity, b.capacity),
  };
}

async function vmsOf(folder: string): Promise<{ vms: Vm[]; step: number }> {
  const files = (await traceFilesOf(folder)).filter((_, i) => i % Number(options.every) === 0);
  const vms: Vm[] = [];
  let step = 0;
  for (const file of files) {
    for (const { vm, times, meters } of (await readTraceSeries(file)).values() as Iterable<TraceSeries>) {
      const column = meters[meter];
      if (column === undefined) continue;
      step ||= times[1]! - times[0]!;
      vms.push({ vm, times, values: column.map((value) => (Number.isNaN(value) ? 0 : value)) });
    }
  }
  // Traces of one length stand on one host, so that a short one does not cut the others.
  return { vms: vms.sort((a, b) => a.values.length - b.values.length), step };
}

if (options.data === undefined) throw new Error('want --data DIR, a folder of folders of trace CSVs');
const known = new Set(await readdir(options.data));
const lines = [
  'set                      hosts x VMs |  single: capacity  short  VM short |  matched: capacity  short |   joint: capacity  short  VM short | joint/single joint/matched',
];
for (const folder of FOLDERS.filter((name) => known.has(name))) {
  const { vms, step } = await vmsOf(join(options.data, folder));
  const steps = step < 10_000 ? { lead: 5, hold: 5 } : { lead: 1, hold: 1 };
  for (const size of options.sizes.split(',').map(Number)) {
    const hosts = Array.from({ length: Math.floor(vms.length / size) }, (_, h) => vms.slice(h * size, (h + 1) * size));
    const results = hosts.map((own) => replayHost(own, steps, step)).filter(({ demand }) => demand > 0);
    if (results.length === 0) continue;
    // Hosts count the same, whatever their size: means of ratios and of rates.
    const mean = (of: (result: HostResult) => number): number =>
      results.reduce((total, result) => total + of(result), 0) / results.length;
    const ratio = (of: (result: HostResult) => number): number => Math.exp(mean((result) => Math.log(of(result))));
    const capacity = (way: 'single' | 'matched' | 'joint'): string =>
      mean((result) => result[way].capacity / result.demand).toFixed(2);
    const short = (way: 'single' | 'matched' | 'joint'): string =>
      (100 * mean((result) => result[way].short / result[way].samples)).toFixed(2);
    const vmShort = (way: 'single' | 'joint'): string =>
      (100 * mean((result) => result[way].vmShort / result[way].vmSamples)).toFixed(2);
    const toSingle = ratio(({ single, joint }) => joint.capacity / single.capacity).toFixed(2);
    const toMatched = ratio(({ matched, joint }) => joint.capacity / matched.capacity).toFixed(2);
    lines.push(
      `${basename(folder).padEnd(26)}${`${results.length} x ${size}`.padStart(9)} |${capacity('single').padStart(18)}${short('single').padStart(7)}${vmShort('single').padStart(10)} |${capacity('matched').padStart(19)}${short('matched').padStart(7)} |${capacity('joint').padStart(18)}${short('joint').padStart(7)}${vmShort('joint').padStart(10)} |${toSingle.padStart(13)}${toMatched.padStart(14)}`,
    );
  }
}
process.stdout.write(`${lines.join('\n')}\n`);
