/**
 * Demand that was cut, and the way out of it: `node test/bench/censored.bench.ts --data DIR [--every K] [--meter cpu] [--checkout DIR]`.
 *
 * Each recorded demand is cut at 60, 70, 80 and 90 % of its peak, in three ways:
 *   plain    use and capacity only, what does not fit is lost
 *   queue    the same, but what does not fit waits and is done later (at most three samples' worth waits)
 *   told     the same, and the frames tell what waits (run-queue wait, device queue)
 *
 * Table 1, on samples whose demand was above the cut: how often the demand interval holds it, its mean width in multiples of the cut
 * (the trivial [c, 2c] has 1), the share of other samples whose demand is given exactly, and of those how many were flagged
 * although nothing waited. Means over VMs.
 *
 * Table 2, closed loop: a shadow that knew the VM only at its cut size is let free at the beginning of a cut stretch; from then on
 * the VM wants the peak of that stretch for 20 decisions, then what it wanted before. Decisions until the size in force is 95 % of
 * the need; highest size as a multiple of the need; decisions after the end until the size is back within 1.25 times the size that
 * was recommended before the stretch. Median, 95th percentile and worst over stretches, at most three a VM.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import type * as demandModule from '../../lib/core/demand/demand.ts';
import type * as shadowModule from '../../lib/core/shadow/shadow.ts';
import type * as sizeModule from '../../lib/core/sizing/size.ts';
import { CappedPrimary, isCappable, type CappedOptions } from '../support/capped-primary.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    every: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
    meter: { type: 'string', default: 'cpu' },
    checkout: { type: 'string', default: resolve(import.meta.dirname, '../..') },
  },
});
const moduleOf = (path: string): string => pathToFileURL(join(resolve(options.checkout), path)).href;
const { demandOf } = (await import(moduleOf('lib/core/demand/demand.ts'))) as typeof demandModule;
const { Shadow } = (await import(moduleOf('lib/core/shadow/shadow.ts'))) as typeof shadowModule;
const { recommend } = (await import(moduleOf('lib/core/sizing/size.ts'))) as typeof sizeModule;

const CUTS = [0.6, 0.7, 0.8, 0.9];
const WAYS: Readonly<Record<string, Pick<CappedOptions, 'queues' | 'tells'>>> = {
  plain: { queues: false, tells: false },
  queue: { queues: true, tells: false },
  told: { queues: true, tells: true },
};
const FOLDERS = [
  'bitbrains-fastStorage',
  'bitbrains-rnd',
  'azure160',
  'gocrane1m',
  'onesec-exathlon',
  'onesec-percona_threadpool',
];
const LEAST_CUT = 5;
const STRETCHES = 3;
const PLATEAU = 20;
const AFTER = 100;
if (!isCappable(options.meter)) throw new Error(`got --meter ${options.meter}, want cpu, disk_write or net_rx`);
const { meter } = options;
const SAME = 1 + 1e-9;

interface Vm {
  readonly values: Float64Array;
  readonly step: number;
}

/** Of one VM at one cut. */
interface Held {
  readonly held: number;
  readonly width: number;
  readonly exact: number;
}

function heldOf({ values, step }: Vm, cut: number, way: Pick<CappedOptions, 'queues' | 'tells'>): Held | undefined {
  const primary = new CappedPrimary({ meter, step, ...way });
  let [above, held, width, below, exact] = [0, 0, 0, 0, 0];
  for (const [i, wanted] of values.entries()) {
    const frame = primary.frame(wanted, cut, i * step);
    const { low, high } = demandOf(frame)[meter] ?? { low: 0, high: 0 };
    if (wanted > cut) {
      above += 1;
      held += wanted >= low / SAME && wanted <= high * SAME ? 1 : 0;
      width += (high - low) / cut;
    } else if (primary.waiting === 0) {
      below += 1;
      exact += high === low ? 1 : 0;
    }
  }
  if (above < LEAST_CUT) return undefined;
  return { held: held / above, width: width / above, exact: below === 0 ? 1 : exact / below };
}

/** Of one stretch. */
interface Escape {
  /** Decisions; Infinity for never. */
  readonly reached: number;
  readonly highest: number;
  readonly back: number;
}

/** Where stretches above the cut begin, after the first quarter; spread over the trace. */
function stretchesOf({ values }: Vm, cut: number): { at: number; need: number }[] {
  const found: { at: number; need: number }[] = [];
  for (let at = Math.max(60, Math.floor(values.length / 4)); at < values.length; at += 1) {
    if (values[at]! <= cut || values[at - 1]! > cut) continue;
    let need = 0;
    for (let i = at; i < values.length && i < at + PLATEAU && values[i]! > cut; i += 1)
      need = Math.max(need, values[i]!);
    found.push({ at, need });
  }
  const stride = Math.ceil(found.length / STRETCHES);
  return found.filter((_, i) => i % stride === 0);
}

function escapesOf(vm: Vm, cut: number, way: Pick<CappedOptions, 'queues' | 'tells'>): Escape[] {
  const { values, step } = vm;
  const stretches = stretchesOf(vm, cut);
  if (stretches.length === 0) return [];
  const hold = step < 10_000 ? 5 : 1;
  const horizon = { lead: hold * step, hold: hold * step };
  const shadow = Shadow.create({ vm: 'capped', name: 'capped', actuator: 'none' }, 'bench', horizon, 0);
  const primary = new CappedPrimary({ meter, step, ...way });
  const escapes: Escape[] = [];
  for (const [i, wanted] of values.entries()) {
    const stretch = stretches.find(({ at }) => at === i);
    if (stretch !== undefined) escapes.push(escapeOf(shadow, { ...stretch, vm, cut, hold, way }));
    if (i > stretches.at(-1)!.at) break;
    shadow.apply({ host: 'bench', epoch: 'e', sequence: i + 1 }, primary.frame(wanted, cut, (i + 1) * step));
  }
  return escapes;
}

interface EscapeOptions {
  readonly vm: Vm;
  readonly at: number;
  readonly need: number;
  readonly cut: number;
  readonly hold: number;
  readonly way: Pick<CappedOptions, 'queues' | 'tells'>;
}

/** Lets a copy of the shadow steer the size from sample `at` on. */
function escapeOf(
  known: shadowModule.Shadow,
  { vm: { values, step }, at, need, cut, hold, way }: EscapeOptions,
): Escape {
  const shadow = Shadow.decode(known.encode());
  const primary = new CappedPrimary({ meter, step, ...way });
  const targetOf = (): number => recommend(shadow.forecast()!).target[meter]!;
  const before = Math.max(targetOf(), cut);
  let [size, next] = [cut, cut];
  let [reached, highest, back] = [Infinity, 0, Infinity];
  for (let k = 0; k < (PLATEAU + AFTER) * hold; k += 1) {
    const decision = Math.floor(k / hold);
    // The decision of a window is in force from the beginning of the next but one (lead = hold).
    if (k % hold === 0 && k > 0) [size, next] = [next, targetOf()];
    if (size >= 0.95 * need) reached = Math.min(reached, decision);
    highest = Math.max(highest, size / need);
    if (decision >= PLATEAU && size <= 1.25 * before) back = Math.min(back, decision - PLATEAU);
    const past = values[Math.max(0, at - 1 - ((k - PLATEAU * hold) % 50))]!;
    const wanted = decision < PLATEAU ? need : Math.min(past, cut);
    const sequence = at + k + 1;
    shadow.apply({ host: 'bench', epoch: 'e', sequence }, primary.frame(wanted, size, sequence * step));
  }
  return { reached, highest, back };
}

async function vmsOf(folder: string): Promise<Vm[]> {
  const [every, offset] = [Number(options.every), Number(options.offset)];
  const files = (await traceFilesOf(folder)).filter((_, i) => i % every === offset);
  const vms: Vm[] = [];
  for (const file of files) {
    for (const { times, meters } of (await readTraceSeries(file)).values()) {
      const values = meters[meter]?.filter((value) => !Number.isNaN(value));
      if (values !== undefined && values.length > 100) vms.push({ values, step: times[1]! - times[0]! });
    }
  }
  return vms;
}

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
const at = (list: readonly number[], level: number): number =>
  [...list].sort((a, b) => a - b)[Math.ceil(level * (list.length - 1))]!;
const three = (list: readonly number[], digits: number): string =>
  [0.5, 0.95, 1]
    .map((level) =>
      at(list, level)
        .toFixed(digits)
        .padStart(digits + 4),
    )
    .join('');

function cellOf(held: readonly Held[]): string {
  const meanOf = (key: keyof Held): number => mean(held.map((one) => one[key]));
  const words = `${(100 * meanOf('held')).toFixed(1)} ${meanOf('width').toFixed(2)} ${(100 * meanOf('exact')).toFixed(1)}`;
  return (held.length === 0 ? '-' : words).padStart(18);
}

function rowOf(escapes: readonly Escape[]): string {
  const column = (key: keyof Escape, digits: number): string => {
    const list = escapes.map((one) => one[key]);
    return three(list, digits);
  };
  const late = escapes.filter(({ reached }) => reached > 10).length;
  const count = String(escapes.length).padStart(3);
  return `n ${count} |${column('reached', 0)}, later than 10: ${late} |${column('highest', 2)} |${column('back', 0)}`;
}

if (options.data === undefined) throw new Error('want --data DIR, a folder of folders of trace CSVs');
const present = new Set(await readdir(options.data));
const heads = CUTS.map((cut) => `${100 * cut} %`.padStart(18)).join('');
const first = [`1. demand interval of cut ${meter}: held %, width, exact elsewhere %`, `${''.padEnd(34)}${heads}`];
const second = [
  `2. closed loop: decisions to 95 % of the need; highest size / need; decisions until back (each: median, 95 %, worst)`,
];
for (const folder of FOLDERS.filter((name) => present.has(name))) {
  const vms = await vmsOf(join(options.data, folder));
  if (vms.length === 0) continue;
  for (const [name, way] of Object.entries(WAYS)) {
    const title = `${folder.padEnd(26)}${name.padEnd(8)}`;
    const cells: string[] = [];
    for (const share of CUTS) {
      const cutOf = ({ values }: Vm): number => share * values.reduce((most, value) => Math.max(most, value), 0);
      const known = vms.filter((vm) => cutOf(vm) > 0);
      cells.push(cellOf(known.map((vm) => heldOf(vm, cutOf(vm), way)).filter((one) => one !== undefined)));
      const escapes = known.flatMap((vm) => escapesOf(vm, cutOf(vm), way));
      if (escapes.length > 0) second.push(`${title}${`${100 * share} %`.padStart(5)} ${rowOf(escapes)}`);
    }
    first.push(`${title}${cells.join('')}`);
  }
}
process.stdout.write(`${first.join('\n')}\n\n${second.join('\n')}\n`);
