import type { Rate } from './rates.ts';
import type { Signature } from './signature.ts';

/** vCPUs that count as next to none: what is counted per CPU time is not blown up by an idle machine. */
const LEAST_RUN = 0.02;

/**
 * What classes are told apart by: logarithms (base 2) of ratios of a signature's rates, so that neither the size of the
 * machine nor how much it has to do decides. What is counted per CPU time has a floor, so that "none of it" is the same for a
 * busy machine and an idle one; ratios of two amounts get a little of a common mixture added to both, so that where nothing
 * happened they are that mixture's and not infinite. Which features there are, and what others were tried: docs/workload.md.
 */
const FEATURES: Readonly<Record<string, Feature>> = {
  load: mixed('share', 0.003, undefined, 1),
  burst: (rate) => burstOf(rate),
  // on the scale of the others: from 0 to 4
  quiet: (rate) => 4 * (rate('quiet') ?? Number.NaN),
  kernel: mixed('system', 0.004, 'run', 0.016),
  calls: perCpu(300, 'calls'),
  switches: perCpu(60, 'switches'),
  forks: perCpu(0.3, 'forks'),
  faults: perCpu(100, 'faults'),
  opens: (rate) => Math.log2((rate('opens') ?? Number.NaN) / ((rate('calls') ?? Number.NaN) + 1) + 2 ** -8),
  ioStall: mixed('ioStall', 0.01, undefined, 1),
  bytes: perCpu(200_000, 'readBytes', 'writeBytes', 'rxBytes', 'txBytes'),
  diskBytes: perCpu(200_000, 'readBytes', 'writeBytes'),
  flushes: mixed('flushes', 0.5, 'writes', 5),
  netBytes: perCpu(50_000, 'rxBytes', 'txBytes'),
  sent: mixed('txBytes', 5000, 'rxBytes', 5000),
  packets: perCpu(100, 'rxPackets', 'txPackets'),
  packetSize: mixed('txBytes', 2000, 'txPackets', 20),
};

type RateOf = (name: Rate) => number | undefined;
type Feature = (rate: RateOf) => number;

export const FEATURE_NAMES: readonly string[] = Object.keys(FEATURES);

/** The features of a signature in the order of their names; NaN for one that a missing rate hides. */
export function featuresOf(signature: Signature): Float64Array {
  const rate: RateOf = (name) => signature.rate(name);
  return Float64Array.from(Object.values(FEATURES), (feature) => feature(rate));
}

/** (a + x) / (b + y). */
function mixed(a: Rate, x: number, b: Rate | undefined, y: number): Feature {
  return (rate) => log(rate(a), x, b === undefined ? 0 : rate(b), y);
}

/** A sum of amounts per second of CPU time, and at least about `floor`. */
function perCpu(floor: number, ...amounts: readonly Rate[]): Feature {
  return (rate) => {
    const sum = amounts.reduce((total, name) => total + (rate(name) ?? Number.NaN), 0);
    return Math.log2(sum / ((rate('run') ?? Number.NaN) + LEAST_RUN) + floor);
  };
}

/** The standard deviation of the CPU share, of its mean. */
function burstOf(rate: RateOf): number {
  const [mean = Number.NaN, square = Number.NaN] = [rate('share'), rate('shareSquared')];
  return log(Math.sqrt(Math.max(0, square - mean * mean)), 0.01, mean, 0.01);
}

function log(a = Number.NaN, x: number, b = Number.NaN, y: number): number {
  return Math.log2((a + x) / (b + y));
}
