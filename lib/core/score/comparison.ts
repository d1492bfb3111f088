import type { Meter } from '../meter.ts';
import type { EpochMs, Probability, VmId } from '../units.ts';

/**
 * What `shadowcast backtest --compare` found, as plain data: it is written as JSON, drawn as a page and printed as tables.
 * Rates and shares are from 0 up (0.01 is one in a hundred); sizes are in the meter's unit; times in the unit of their name. A
 * figure that cannot be given is absent, never zero.
 */
export interface Comparison {
  readonly format: 1;
  /** How to make it again. */
  readonly command: string;
  /** Wall clock of the whole run, and processor time of all threads. */
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly prices: PriceList;
  readonly sets: readonly SetComparison[];
}

/** What capacity costs in USD, per unit and hour: vCPU, GiB of memory, MiB/s of disk and network. */
export interface PriceList {
  readonly source: string;
  /** Day of the list, YYYY-MM-DD. */
  readonly date: string;
  /** An absent meter has no price of its own. */
  readonly perUnitHour: Readonly<Partial<Record<Meter, number>>>;
}

/** All rules on one set of traces, under the same constraints. */
export interface SetComparison {
  readonly name: string;
  /** VMs and samples (rows) read, scored or not. */
  readonly vms: number;
  readonly samples: number;
  /** Median time between two samples, median over VMs. */
  readonly stepSeconds: number;
  readonly leadSeconds: number;
  readonly holdSeconds: number;
  /** The beginning of each trace that is not scored; static rules are trained on it. */
  readonly warmUpSeconds: number;
  readonly meters: readonly MeterComparison[];
}

/** All rules on one meter of a set. */
export interface MeterComparison {
  readonly meter: Meter;
  /** VMs with enough samples and with any demand: only these count, each the same. */
  readonly vms: number;
  /** Scored samples of these. */
  readonly samples: number;
  /** Ours first (risk of all VMs together, then of each by itself), then the peers, then the oracles. */
  readonly rules: readonly RuleResult[];
  /** Ours against the best peer, one for each violation rate asked about (0.01, 0.05) that both reach. */
  readonly verdicts: readonly Verdict[];
  /** Asked and realised, one for each risk. */
  readonly calibration: readonly Calibration[];
  /** Asked and realised, one for each level of the forecast. */
  readonly coverage: readonly Coverage[];
  /** Where ours loses most against the best peer at a violation rate of 0.01, the worst first. */
  readonly worst: readonly VmFinding[];
  /** VMs to look at: the one asked for or the typical one, and the worst. */
  readonly charts: readonly VmChart[];
}

export type RuleKind = 'ours' | 'peer' | 'oracle';

/** One rule with its one risk knob swept. */
export interface RuleResult {
  /** Stable: `ours`, `ours-single`, `vpa`, `autopilot`, ... */
  readonly id: string;
  readonly title: string;
  readonly kind: RuleKind;
  /** What is swept: `risk`, `percentile`, `margin`, ... */
  readonly knob: string;
  /** In the order of the knob, from the least to the most cautious. */
  readonly frontier: readonly FrontierPoint[];
  /** Read off the frontier at a violation rate; a rate that the knob does not bracket is absent. */
  readonly at: readonly FrontierReading[];
}

/** What sizes were worth: the mean over VMs of each VM's own figure. */
export interface Worth {
  /** Share of samples in which demand was above the capacity in force. */
  readonly violationRate: Probability;
  /** Demand above the capacity, as a share of demand: sum(D - A)+ / sum D. */
  readonly unserved: number;
  /** Capacity above demand, as a share of demand: sum(A - D)+ / sum D. */
  readonly slack: number;
  /** Capacity above demand, as a share of capacity (Autopilot's relative slack): sum(A - D)+ / sum A. */
  readonly relativeSlack: number;
  /** Changes of the capacity per VM and day. */
  readonly changesPerVmDay: number;
  /** USD per VM and month (730 hours); absent for a meter without a price. */
  readonly cost?: number;
}

/** The rule at one setting of its knob. */
export interface FrontierPoint extends Worth {
  /** The setting, in words: `0.01`, `P95`, `+50 %`. */
  readonly knob: string;
  /**
   * Seconds that the work left over would need: the 99th percentile of B / A over all samples, each VM counting the same, where
   * B = max(0, B + (D - A) * dt). At most 1e6. Absent for memory, which cannot be served later.
   */
  readonly backlogSeconds?: number;
}

/** A point between two of a frontier's: linear in the violation rate, the rest on a logarithmic scale. */
export type FrontierReading = Worth;

/** A figure with its 95 % bootstrap confidence over VMs. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Ours against the peer with the least slack, at the same violation rate. */
export interface Verdict {
  readonly violationRate: Probability;
  /** Id of the peer with the least slack there. */
  readonly bestPeer: string;
  /** Ours over the peer's: below 1 is less. */
  readonly slackRatio: Estimate;
  /** Absent when the peer leaves nothing unserved. */
  readonly unservedRatio?: Estimate;
  /** Ours minus the peer's slack, as a share of demand. */
  readonly slackDifference: Estimate;
  /**
   * The peer with the least slack at the unserved share that ours has here, and ours over its slack: a rule that gives up on tall
   * spikes misses no more often, but more. Absent when no peer's knob reaches that share.
   */
  readonly sameUnserved?: { readonly bestPeer: string; readonly slackRatio: number };
  /**
   * Ours over the best peer's slack where ours has no more violations and leaves no more unserved than the peer: at a lower violation
   * rate than this one when ours leaves more unserved here. Absent when the knob does not reach that.
   */
  readonly slackNoWorse?: number;
  /** Ours with the risk for each VM by itself, over the best peer at the same rate; absent when its knob does not reach the rate. */
  readonly single?: { readonly slackRatio: number; readonly unservedRatio: number };
  /** VMs, each rule at the knob that gives the VM itself this violation rate: less slack, within 2 %, more; `open` cannot be told. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  readonly open: number;
}

/** How often demand really passed the capacity, against the risk asked for. */
export interface Calibration {
  readonly risk: Probability;
  readonly violationRate: Probability;
}

/** Share of hold windows whose maximum stayed at or below the forecast's quantile at `level`. */
export interface Coverage {
  readonly level: Probability;
  readonly covered: Probability;
}

/** What can be told of a VM's demand, measured on its scored samples. */
export interface VmTraits {
  /** Share of demand that lies in samples above four times the VM's mean. */
  readonly burstShare: number;
  /** Lasting changes of level (a day's median, or a tenth of the trace's, a factor of 2 or more off the one before). */
  readonly levelShifts: number;
  /** Share of rows in which the meter is unknown. */
  readonly holes: number;
  /** Share of our slack and unserved demand that falls in the first tenth of the scored samples. */
  readonly coldStart: number;
  /** Share of samples without demand. */
  readonly zeros: number;
}

/** One VM, ours against the best peer, both at the knob that gives the whole set the violation rate of 0.01. */
export interface VmFinding {
  readonly vm: VmId;
  readonly ours: Worth;
  readonly bestPeer: Worth;
  readonly traits: VmTraits;
  /** The trait that stands out, in words with its figure. */
  readonly reason: string;
}

/** One VM over time, in columns of the same length; null is unknown. Two rows per slice of time: its lowest and its highest values. */
export interface VmChart {
  readonly vm: VmId;
  readonly why: 'asked for' | 'typical' | 'worst';
  readonly bestPeer: string;
  /** Beginning of the slice. */
  readonly times: readonly EpochMs[];
  readonly demand: readonly (number | null)[];
  /** In force, at a risk of 0.01 of its own. */
  readonly ours: readonly (number | null)[];
  /** In force, at the setting nearest to a violation rate of 0.01 over the set. */
  readonly peer: readonly (number | null)[];
  /** Forecasts of the windows that hold the sample, one column for each level. */
  readonly quantiles: readonly { readonly level: Probability; readonly values: readonly (number | null)[] }[];
}
