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

interface ForecastOptions {
  readonly trace: string;
  readonly lead: string;
  readonly hold: string;
  readonly every: string;
  readonly quantiles: string;
  readonly out: string;
}

/**
 * `shadowcast forecast`: what a shadow would have forecast on a recorded trace, as `time,vm,resource,quantile,value`. `time`
 * is when the forecast was made (seconds), `resource` one of the columns of the trace (`cpu`, `disk_read`, ...), `value` the
 * quantile of the maximum over [time + lead, time + lead + hold) in that column's unit.
 */
export function forecastCommand(errors: ProgressStream = process.stderr): Command {
  return new Command('forecast')
    .description('Replays a recorded trace through a shadow and writes its forecasts.')
    .requiredOption('--trace <file|dir>', 'trace CSV (.csv, .csv.gz), or a folder of them')
    .option('--lead <duration>', 'how far ahead the forecast window begins', '5s')
    .option('--hold <duration>', 'how long the forecast window is', '5s')
    .option('--every <duration>', 'time between two forecasts', '5s')
    .option('--quantiles <level,...>', 'levels of the forecast', '0.5,0.9,0.99')
    .requiredOption('--out <file>', 'where the forecasts go: a CSV, .gz is compressed, - is standard output')
    .action((options: ForecastOptions) => forecastTrace(options, errors));
}

async function forecastTrace(options: ForecastOptions, errors: ProgressStream): Promise<void> {
  const horizon: Horizon = { lead: parseDuration(options.lead), hold: parseDuration(options.hold) };
  const every = parseDuration(options.every);
  const levels = parseShares(options.quantiles, '--quantiles').sort((a, b) => a - b);
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
