import type { Probability } from '../units.ts';
import type { Chance } from './chance.ts';
import type { Estimate, RuleResult, Verdict } from './comparison.ts';
import { crossingOf, valueAt } from './frontier.ts';
import { OURS_SINGLE } from './rule-catalog.ts';
import { FIGURES, type SizeScore } from './size-score.ts';

/** Resamplings of the VMs behind each confidence interval. */
const DRAWS = 2000;
const CONFIDENCE = 0.95;
/** Slack within this share of the peer's is a tie. */
const TIE = 0.02;

const VIOLATION = FIGURES.indexOf('violationRate');
const UNSERVED = FIGURES.indexOf('unserved');
const SLACK = FIGURES.indexOf('slack');

/** The peer with the least slack at a violation rate, among those whose knob reaches it. */
export function bestPeerAt(rules: readonly RuleResult[], rate: Probability): RuleResult | undefined {
  let best: RuleResult | undefined;
  let least = Infinity;
  for (const rule of rules) {
    const slack = rule.kind === 'peer' ? slackAt(rule, rate) : undefined;
    if (slack !== undefined && slack < least) [best, least] = [rule, slack];
  }
  return best;
}

const slackAt = ({ at }: RuleResult, rate: Probability): number | undefined =>
  at.find(({ violationRate }) => violationRate === rate)?.slack;

/** The peer with the least slack at the unserved share that ours has at a violation rate, and ours over its slack. */
export function sameUnserved(rules: readonly RuleResult[], rate: Probability): Verdict['sameUnserved'] {
  const ours = rules.find(({ kind }) => kind === 'ours')?.at.find(({ violationRate }) => violationRate === rate);
  if (ours === undefined) return undefined;
  let bestPeer: string | undefined;
  let least = Infinity;
  for (const { id, kind, frontier } of rules) {
    const slacks = frontier.map(({ slack }) => slack);
    const crossing = crossingOf(
      frontier.map(({ unserved }) => unserved),
      slacks,
      ours.unserved,
    );
    if (kind !== 'peer' || crossing === undefined || valueAt(slacks, crossing) >= least) continue;
    least = valueAt(slacks, crossing);
    bestPeer = id;
  }
  return bestPeer === undefined ? undefined : { bestPeer, slackRatio: ours.slack / least };
}

/**
 * Ours over a peer's slack where ours is no worse in either: violations at most at the rate, and unserved at most what the peer has there.
 * Undefined when one of the two does not reach it.
 */
export function slackNoWorse(rules: readonly RuleResult[], peer: string, rate: Probability): number | undefined {
  const ours = rules.find(({ kind }) => kind === 'ours');
  const [own, other] = [ours, rules.find(({ id }) => id === peer)].map((rule) =>
    rule?.at.find(({ violationRate }) => violationRate === rate),
  );
  if (ours === undefined || own === undefined || other === undefined) return undefined;
  if (own.unserved <= other.unserved) return own.slack / other.slack;
  const slacks = ours.frontier.map(({ slack }) => slack);
  const crossing = crossingOf(
    ours.frontier.map(({ unserved }) => unserved),
    slacks,
    other.unserved,
  );
  return crossing === undefined ? undefined : valueAt(slacks, crossing) / other.slack;
}

/** Ours with the risk of each VM over a peer, at a violation rate that both reach. */
export function singleOver(rules: readonly RuleResult[], bestPeer: string, rate: Probability): Verdict['single'] {
  const [own, other] = [OURS_SINGLE, bestPeer].map((id) =>
    rules.find((rule) => rule.id === id)?.at.find(({ violationRate }) => violationRate === rate),
  );
  if (own === undefined || other === undefined) return undefined;
  return { slackRatio: own.slack / other.slack, unservedRatio: own.unserved / Math.max(other.unserved, 1e-12) };
}

/** Two rules on the same VMs, in the same order. */
export interface Pair {
  readonly ours: readonly SizeScore[];
  readonly peer: readonly SizeScore[];
}

/**
 * Ours against a peer at one violation rate, with the 95 % interval of 2,000 resamplings of the VMs: each draws VMs with
 * replacement, the same for both rules, and reads both frontiers again. Draws in which a knob does not reach the rate are left
 * out. Undefined when one of the two does not reach it.
 */
export function verdictOf(
  bestPeer: string,
  pair: Pair,
  { rate, chance }: { rate: Probability; chance: Chance },
): Verdict | undefined {
  const vms = pair.ours.length;
  const everyone = Array.from({ length: vms }, (_, i) => i);
  const found = versus(pair, everyone, rate);
  if (found === undefined) return undefined;
  const draws: Versus[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const drawn = versus(
      pair,
      everyone.map(() => Math.floor(chance() * vms)),
      rate,
    );
    if (drawn !== undefined) draws.push(drawn);
  }
  const estimate = (of: (one: Versus) => number): Estimate => estimateOf(of(found), draws.map(of));
  return {
    violationRate: rate,
    bestPeer,
    slackRatio: estimate(({ ours, peer }) => ours.slack / peer.slack),
    ...(found.peer.unserved > 0 && {
      unservedRatio: estimate(({ ours, peer }) => ours.unserved / Math.max(peer.unserved, 1e-12)),
    }),
    slackDifference: estimate(({ ours, peer }) => ours.slack - peer.slack),
    ...tally(pair, rate),
  };
}

interface Reading {
  readonly slack: number;
  readonly unserved: number;
}

interface Versus {
  readonly ours: Reading;
  readonly peer: Reading;
}

function versus({ ours, peer }: Pair, vms: readonly number[], rate: Probability): Versus | undefined {
  const [own, other] = [readAt(ours, vms, rate), readAt(peer, vms, rate)];
  return own === undefined || other === undefined ? undefined : { ours: own, peer: other };
}

function readAt(scores: readonly SizeScore[], vms: readonly number[], rate: Probability): Reading | undefined {
  const violations = meanOf(scores, vms, VIOLATION);
  const slack = meanOf(scores, vms, SLACK);
  const crossing = crossingOf(violations, slack, rate);
  if (crossing === undefined) return undefined;
  return { slack: valueAt(slack, crossing), unserved: valueAt(meanOf(scores, vms, UNSERVED), crossing) };
}

/** By setting, the mean of one figure over the VMs drawn. */
function meanOf(scores: readonly SizeScore[], vms: readonly number[], figure: number): Float64Array {
  const means = new Float64Array((scores[0]?.worth.length ?? 0) / FIGURES.length);
  for (const vm of vms) {
    const worth = scores[vm]?.worth ?? means;
    for (let k = 0; k < means.length; k += 1) means[k] = (means[k] ?? 0) + (worth[k * FIGURES.length + figure] ?? 0);
  }
  return means.map((sum) => sum / vms.length);
}

function estimateOf(value: number, draws: readonly number[]): Estimate {
  const sorted = Float64Array.from(draws).sort();
  const at = (level: number): number => sorted[Math.round(level * (sorted.length - 1))] ?? value;
  return { value, low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) };
}

function tally({ ours, peer }: Pair, rate: Probability): Pick<Verdict, 'wins' | 'ties' | 'losses' | 'open'> {
  const count = { wins: 0, ties: 0, losses: 0, open: 0 };
  for (const [vm, own] of ours.entries()) {
    const other = peer[vm];
    const [mine, its] = [leastSlack(own, rate), other === undefined ? undefined : leastSlack(other, rate)];
    if (mine === undefined || its === undefined) count.open += 1;
    else if (Math.abs(mine - its) <= TIE * its) count.ties += 1;
    else if (mine < its) count.wins += 1;
    else count.losses += 1;
  }
  return count;
}

/** A VM's own slack at a violation rate; the least of all settings when even that one misses less; undefined when all miss more. */
function leastSlack({ worth }: SizeScore, rate: Probability): number | undefined {
  const settings = Array.from({ length: worth.length / FIGURES.length }, (_, k) => k * FIGURES.length);
  const violations = settings.map((f) => worth[f + VIOLATION] ?? 0);
  const slacks = settings.map((f) => worth[f + SLACK] ?? 0);
  const crossing = crossingOf(violations, slacks, rate);
  if (crossing !== undefined) return valueAt(slacks, crossing);
  return violations.every((violation) => violation <= rate) ? Math.min(...slacks) : undefined;
}
