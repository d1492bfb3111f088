import { openCsvWriter, type TraceSeries } from '../adapters/trace/csv.ts';
import type { CsvWriter } from '../adapters/trace/csv-writer.ts';
import { timeOf } from '../adapters/trace/csv-cells.ts';
import { parseDuration } from '../core/duration.ts';
import { Fault } from '../core/fault.ts';
import { forecastSeries } from '../core/forecast/long-range/forecast-series.ts';
import { samplingOf } from '../core/forecast/long-range/grid.ts';
import { METERS } from '../core/meter.ts';
import { DAY_MS, SECOND_MS, type DurationMs, type EpochMs, type Probability } from '../core/units.ts';
import { parseShares } from './backtest-options.ts';
import { seriesOf, traceProgress, type ProgressStream } from './backtest-traces.ts';

/** The options of a forecast step by step, as they are written. */
export interface StepsOptions {
  readonly trace: string;
  readonly horizon: string;
  readonly step: string;
  readonly at: string;
  readonly quantiles: string;
  readonly out: string;
}

/** Four weeks of five-minute steps: a longer forecast is a typing error. */
const MOST_STEPS = 8_064;
/** How far a step may be from a multiple of the trace's sampling, as a share of the sampling. */
const TOLERANCE = 0.05;

interface Request {
  readonly horizon: number;
  readonly step: DurationMs;
  readonly times: readonly EpochMs[];
  readonly levels: readonly Probability[];
}

/**
 * Writes `time,vm,resource,step_time,quantile,value`: for each VM, each time and each meter, quantiles of the mean demand in
 * the steps that end at time + step, time + 2 step, ... up to the horizon, from samples up to `time` only. Throws Fault USAGE
 * for options that make no sense or do not fit the trace.
 */
export async function forecastSteps(options: StepsOptions, errors: ProgressStream): Promise<void> {
  const request = parseRequest(options);
  const columns = ['time', 'vm', 'resource', 'step_time', 'quantile', 'value'];
  const writer = await openCsvWriter(options.out, columns);
  const progress = traceProgress(errors);
  const forecastAt = new Set<EpochMs>();
  try {
    for await (const series of seriesOf(options.trace, progress.done)) {
      checkStep(series, request.step);
      for (const at of request.times) if (await writeForecasts(writer, series, at, request)) forecastAt.add(at);
    }
  } finally {
    progress.stop();
    await writer.close();
  }
  const missed = request.times.find((at) => !forecastAt.has(at));
  if (missed !== undefined) {
    throw new Fault(
      'USAGE',
      `--at ${missed / SECOND_MS}: no vm of ${options.trace} has a sample until then, wanted a later time`,
    );
  }
}

function parseRequest({ horizon: horizonText, step: stepText, at, quantiles }: StepsOptions): Request {
  const [whole, step] = [parseDuration(horizonText), parseDuration(stepText)];
  if (step === 0 || step > DAY_MS / 2)
    throw new Fault('USAGE', `--step got ${stepText}, wanted at most 12h and more than 0`);
  const horizon = whole / step;
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > MOST_STEPS) {
    const wanted = `a multiple of --step ${stepText}, at most ${MOST_STEPS} of them`;
    throw new Fault('USAGE', `--horizon got ${horizonText}, wanted ${wanted}`);
  }
  const times = at.split(',').map((word) => {
    const time = timeOf(word.trim() === '' ? 'empty' : word);
    if (time !== undefined) return time;
    throw new Fault('USAGE', `--at got "${word.trim()}", wanted seconds or ISO 8601, for instance 2026-01-31T12:00Z`);
  });
  const levels = [...new Set(parseShares(quantiles, '--quantiles'))].sort((a, b) => a - b);
  return { horizon, step, times: [...new Set(times)].sort((a, b) => a - b), levels };
}

function checkStep({ vm, times }: TraceSeries, step: DurationMs): void {
  const sampling = samplingOf(times);
  const ratio = sampling > 0 ? step / sampling : 1;
  if (Math.round(ratio) >= 1 && Math.abs(ratio - Math.round(ratio)) <= TOLERANCE * Math.max(1, ratio / 20)) return;
  const got = `--step got ${step / SECOND_MS}s, but ${vm} has a sample every ${sampling / SECOND_MS}s`;
  throw new Fault('USAGE', `${got}: wanted a multiple of that`);
}

/** Writes the forecasts made at one time; says whether there was anything to make them from. */
async function writeForecasts(writer: CsvWriter, series: TraceSeries, at: EpochMs, request: Request): Promise<boolean> {
  let isKnown = false;
  for (const meter of METERS) {
    const values = series.meters[meter];
    if (values === undefined) continue;
    const forecast = forecastSeries({ times: series.times, values }, at, request);
    if (forecast === undefined) continue;
    isKnown = true;
    for (let k = 1; k <= request.horizon; k += 1) {
      for (const [q, level] of request.levels.entries()) {
        const value = Number((forecast[(k - 1) * request.levels.length + q] ?? Number.NaN).toPrecision(7));
        await writer.write([at / SECOND_MS, series.vm, meter, (at + k * request.step) / SECOND_MS, level, value]);
      }
    }
  }
  return isKnown;
}
