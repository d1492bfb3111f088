/**
 * What a VM gains from others with its machine image, from its first sample on.
 *
 *   node test/bench/image.bench.ts --set FOLDER=PATTERN [--set ...] [--lead 5s] [--hold 1s] [--json]
 *
 * PATTERN is what `backtest --image` takes. The VMs of a folder appear one after the other, a day each, in the order of their files:
 * recordings that were made at the same time, or begin at 0, could not learn from each other. cpu; the first samples are scored too.
 */
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import { parseImage } from '../../lib/cli/backtest-options.ts';
import { replayPool, type PoolTerms } from '../../lib/cli/backtest-pool.ts';
import { scoreOf, type VmScore } from '../../lib/cli/backtest-score.ts';
import { parseDuration } from '../../lib/core/duration.ts';
import type { UseSeries } from '../../lib/core/shadow/replay-series.ts';
import { DAY_MS } from '../../lib/core/units.ts';

const { values: options } = parseArgs({
  options: {
    set: { type: 'string', multiple: true, default: [] },
    lead: { type: 'string', default: '5s' },
    hold: { type: 'string', default: '1s' },
    json: { type: 'boolean', default: false },
  },
});
const terms: PoolTerms = {
  horizon: { lead: parseDuration(options.lead), hold: parseDuration(options.hold) },
  risks: [0.05, 0.01],
  warmUp: 0,
  isSingle: false,
};

/** The VMs of a folder, each begun a day (or more) after the one before. */
async function oneAfterAnother(folder: string): Promise<UseSeries[]> {
  const all: UseSeries[] = [];
  let day = 0;
  for (const file of await traceFilesOf(folder)) {
    for (const { vm, times, meters, cpuCapacity } of (await readTraceSeries(file)).values()) {
      if (meters.cpu === undefined) continue;
      const days = day * DAY_MS - Math.floor((times[0] ?? 0) / DAY_MS) * DAY_MS;
      all.push({ vm, times: times.map((at) => at + days), meters: { cpu: meters.cpu }, cpuCapacity });
      day += 1 + Math.ceil(((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS);
    }
  }
  return all;
}

function scoresOf(vms: readonly UseSeries[]): { violationRate: number; unserved: number; slack: number }[] {
  const scores: VmScore[][] = terms.risks.map(() => []);
  replayPool(vms, terms, { scores, onProgress: () => undefined });
  return scores.map((of) => scoreOf(of).cpu!);
}

const rows = [];
for (const set of options.set) {
  const [folder = '', pattern = ''] = set.split('=');
  const imageOf = parseImage(pattern);
  const vms = await oneAfterAnother(folder);
  const known = vms.map((series): UseSeries => ({ ...series, image: imageOf(series.vm) ?? series.vm }));
  rows.push({ set: folder.split('/').at(-1), vms: vms.length, alone: scoresOf(vms), ofAnImage: scoresOf(known) });
}
if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
  process.stdout.write('cpu, from the first sample, at risks 5 % and 1 %: violations, unserved, slack in %\n');
  const words = (scores: ReturnType<typeof scoresOf>): string =>
    scores
      .map((of) => [of.violationRate, of.unserved, of.slack].map((x) => (100 * x).toPrecision(3)).join(' '))
      .join(' | ');
  for (const { set, vms, alone, ofAnImage } of rows) {
    process.stdout.write(
      `${set} (${vms} VMs)\n  each for itself  ${words(alone)}\n  one image        ${words(ofAnImage)}\n`,
    );
  }
}
