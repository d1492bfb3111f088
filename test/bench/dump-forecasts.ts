/**
 * Writes what the shadows of a set saw and forecast, for studies in other tools:
 *
 *   node test/bench/dump-forecasts.ts --trace FOLDER --lead 5m --hold 5m --out FOLDER [--meter cpu]
 *
 * One file of little-endian float64 for each VM, rows of time in ms, demand (NaN: unknown), and the quantiles at LEVELS of the
 * forecast made after the row; `index.txt` names the VMs in the order of their files: number, rows, name.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import { parseDuration } from '../../lib/core/duration.ts';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { METERS } from '../../lib/core/meter.ts';
import { replaySeries } from '../../lib/core/shadow/replay-series.ts';

const { values: options } = parseArgs({
  options: {
    trace: { type: 'string', default: '.' },
    lead: { type: 'string', default: '5m' },
    hold: { type: 'string', default: '5m' },
    meter: { type: 'string', default: 'cpu' },
    out: { type: 'string', default: 'forecasts' },
  },
});
const meter = METERS.find((known) => known === options.meter);
if (meter === undefined) throw new Error(`--meter got "${options.meter}", wanted one of ${METERS.join(', ')}`);
const horizon = { lead: parseDuration(options.lead), hold: parseDuration(options.hold) };
const COLUMNS = 2 + LEVELS.length;

await mkdir(options.out, { recursive: true });
const index: string[] = [];
for (const file of await traceFilesOf(options.trace)) {
  for (const series of (await readTraceSeries(file)).values()) {
    const values = series.meters[meter];
    if (values === undefined) continue;
    const rows = new Float64Array(COLUMNS * values.length).fill(Number.NaN);
    let at = 0;
    replaySeries({ ...series, meters: { [meter]: values } }, horizon, {
      before: (use, time) => {
        rows[at] = time;
        rows[at + 1] = use[meter] ?? Number.NaN;
      },
      after: (shadow) => {
        rows.set(shadow.forecast()?.meters[meter]?.values ?? [], at + 2);
        at += COLUMNS;
      },
    });
    await writeFile(join(options.out, `${index.length}.f64`), rows);
    index.push(`${index.length} ${values.length} ${series.vm}`);
  }
}
await writeFile(join(options.out, 'index.txt'), `${index.join('\n')}\n`);
