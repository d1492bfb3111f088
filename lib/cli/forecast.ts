import { Command } from 'commander';
import { openCsvWriter } from '../adapters/trace/csv.ts';
import type { CsvWriter } from '../adapters/trace/csv-writer.ts';
import { parseDuration } from '../core/duration.ts';
import { Fault } from '../core/fault.ts';
import type { Forecast, Horizon } from '../core/forecast/forecast.ts';
import { LEVELS } from '../core/forecast/levels.ts';
import { METERS } from '../core/meter.ts';
import { replaySeries } from '../core/shadow/replay-series.ts';
import { quantileAt } from '../core/sizing/size.ts';
import type { EpochMs, Probability } from '../core/units.ts';
import { parseShares } from './backtest-options.ts';
import { seriesOf, traceProgress, type ProgressStream } from './backtest-traces.ts';
import { forecastSteps, type StepsOptions } from './forecast-steps.ts';

interface ForecastOptions {
  readonly trace: string;
  readonly lead: string;
  readonly hold: string;
  readonly every: string;
  readonly horizon?: string;
  readonly step?: string;
  readonly at?: string;
  readonly quantiles?: string;
  readonly out: string;
}

const WINDOW_LEVELS = '0.5,0.9,0.99';
const STEP_LEVELS = '0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9';

/**
 * `shadowcast forecast`, in one of two ways.
 *
 * Without --horizon: what a shadow would have forecast on a recorded trace, as `time,vm,resource,quantile,value`. `time` is
 * when the forecast was made (seconds), `resource` one of the columns of the trace (`cpu`, `disk_read`, ...), `value` the
 * quantile of the maximum over [time + lead, time + lead + hold) in that column's unit.
 *
 * With --horizon and --at: the mean demand of each step of the hours ahead, as `time,vm,resource,step_time,quantile,value`;
 * docs/long-range.md.
 */
export function forecastCommand(errors: ProgressStream = process.stderr): Command {
  return new Command('forecast')
    .description(
      'Replays a recorded trace through a shadow and writes its forecasts; or, with --horizon, the hours ahead.',
    )
    .requiredOption('--trace <file|dir>', 'trace CSV (.csv, .csv.gz), or a folder of them')
    .option('--lead <duration>', 'how far ahead the forecast window begins', '5s')
    .option('--hold <duration>', 'how long the forecast window is', '5s')
    .option('--every <duration>', 'time between two forecasts', '5s')
    .option('--horizon <duration>', 'forecast each step of this time ahead, instead of window maxima, for instance 4h')
    .option('--step <duration>', 'with --horizon: length of a step, a multiple of the sampling (default: "5m")')
    .option('--at <time,...>', 'with --horizon: when the forecasts are made, seconds or ISO 8601')
    .option('--quantiles <level,...>', `levels (default: "${WINDOW_LEVELS}", with --horizon 0.1 to 0.9)`)
    .requiredOption('--out <file>', 'where the forecasts go: a CSV, .gz is compressed, - is standard output')
    .action(async (options: ForecastOptions, command: Command) => {
      if (options.horizon === undefined) await forecastWindows(options, errors);
      else await forecastSteps(stepsOptions(options, command, options.horizon), errors);
    });
}

/** Throws Fault USAGE where options of the one way are mixed with those of the other. */
function stepsOptions(options: ForecastOptions, command: Command, horizon: string): StepsOptions {
  const { trace, out, at, step = '5m', quantiles = STEP_LEVELS } = options;
  const strange = ['lead', 'hold', 'every'].find((name) => command.getOptionValueSource(name) === 'cli');
  if (strange !== undefined) {
    throw new Fault(
      'USAGE',
      `--${strange} got a value beside --horizon: it is for window maxima, leave one of them out`,
    );
  }
  if (at === undefined)
    throw new Fault('USAGE', '--horizon needs --at, when the forecasts are made, for instance --at 2026-01-31T12:00Z');
  return { trace, out, at, step, horizon, quantiles };
}

async function forecastWindows(options: ForecastOptions, errors: ProgressStream): Promise<void> {
  const { at, step, quantiles = WINDOW_LEVELS } = options;
  if (at !== undefined || step !== undefined) {
    throw new Fault(
      'USAGE',
      `${at === undefined ? '--step' : '--at'} needs --horizon, how far ahead, for instance --horizon 4h`,
    );
  }
  const horizon: Horizon = { lead: parseDuration(options.lead), hold: parseDuration(options.hold) };
  const every = parseDuration(options.every);
  const levels = parseShares(quantiles, '--quantiles').sort((a, b) => a - b);
  const [lowest = 0] = LEVELS;
  if ((levels[0] ?? 1) < lowest) {
    throw new Fault('USAGE', `--quantiles got ${levels[0] ?? 1}: a window's maximum is forecast from ${lowest} up`);
  }
  const writer = await openCsvWriter(options.out, ['time', 'vm', 'resource', 'quantile', 'value']);
  const progress = traceProgress(errors);
  try {
    for await (const series of seriesOf(options.trace, progress.done)) {
      const forecasts: Forecast[] = [];
      let next: EpochMs = -Infinity;
      replaySeries(series, horizon, {
        before: () => undefined,
        after: (shadow, at) => {
          if (at < next) return;
          next = at + every;
          const forecast = shadow.forecast();
          if (forecast !== undefined) forecasts.push(forecast);
        },
      });
      for (const forecast of forecasts) await writeForecast(writer, forecast, levels);
    }
  } finally {
    progress.stop();
    await writer.close();
  }
}

async function writeForecast(writer: CsvWriter, forecast: Forecast, levels: readonly Probability[]): Promise<void> {
  for (const meter of METERS) {
    const known = forecast.meters[meter];
    if (known === undefined) continue;
    for (const level of levels) {
      const value = Number(quantileAt(known, forecast.levels, level).toPrecision(8));
      await writer.write([forecast.at / 1000, forecast.vm, meter, level, value]);
    }
  }
}
