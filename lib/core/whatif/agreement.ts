/** How well a replay at the size in force says what was measured at it. */
export interface Agreement {
  /** Intervals in which it was measured. */
  readonly intervals: number;
  readonly predictedMean: number;
  readonly measuredMean: number;
  /** |predicted - measured| / measured of the means; absent where nothing was measured to be waiting. */
  readonly relativeError?: number;
  /** Spearman's, over intervals; absent where either is constant. */
  readonly rankCorrelation?: number;
}

/** Compares two columns of one length. Undefined without intervals. */
export function agreementOf(predicted: readonly number[], measured: readonly number[]): Agreement | undefined {
  if (predicted.length === 0) return undefined;
  const [predictedMean, measuredMean] = [mean(predicted), mean(measured)];
  const rank = correlation(ranksOf(predicted), ranksOf(measured));
  return {
    intervals: predicted.length,
    predictedMean,
    measuredMean,
    ...(measuredMean > 0 && { relativeError: Math.abs(predictedMean - measuredMean) / measuredMean }),
    ...(rank !== undefined && { rankCorrelation: rank }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Ranks from 0; equal values share their mean rank. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let at = from; at < to; at += 1) ranks[order[at] ?? 0] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** Pearson's; undefined when either column is constant. */
function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : undefined;
}
