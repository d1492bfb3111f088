import type { Probability, VmId } from '../units.ts';
import type { VmFinding, VmTraits, Worth } from './comparison.ts';
import { crossingOf, type Crossing } from './frontier.ts';
import { meanFigures, worthOf, type Pricing } from './rule-result.ts';
import { FIGURES, type SizeScore } from './size-score.ts';

/** VMs that are named. */
const WORST = 5;
const RATE: Probability = 0.01;

/** One VM under two rules. */
export interface VmPair {
  readonly vm: VmId;
  readonly ours: SizeScore;
  readonly peer: SizeScore;
  readonly traits: VmTraits;
}

/**
 * The VMs where ours loses most against the best peer, each rule at the setting that gives the whole set a violation rate
 * of 0.01. A VM has one violation rate under ours and another under the peer's, so what is compared is the loss that a quantile
 * of that level minimises, 0.01 slack + 0.99 unserved. Only VMs with a loss are named.
 */
export function worstVms(vms: readonly VmPair[], pricing: Pricing): VmFinding[] {
  const ours = crossingOfAll(vms.map((vm) => vm.ours));
  const peer = crossingOfAll(vms.map((vm) => vm.peer));
  if (ours === undefined || peer === undefined) return [];
  const findings = vms.map(({ vm, traits, ...scores }): VmFinding => {
    const own = worthAt(scores.ours, ours, pricing);
    const other = worthAt(scores.peer, peer, pricing);
    return { vm, ours: own, bestPeer: other, traits, reason: reasonOf(traits, own, other) };
  });
  const loss = ({ slack, unserved }: Worth): number => RATE * slack + (1 - RATE) * unserved;
  return findings
    .filter((finding) => loss(finding.ours) > loss(finding.bestPeer))
    .sort((a, b) => loss(b.ours) - loss(b.bestPeer) - (loss(a.ours) - loss(a.bestPeer)))
    .slice(0, WORST);
}

function crossingOfAll(scores: readonly SizeScore[]): Crossing | undefined {
  const [violationRates = [], , slacks = []] = meanFigures(scores, (scores[0]?.worth.length ?? 0) / FIGURES.length);
  return crossingOf(violationRates, slacks, RATE);
}

/** A VM's figures between two settings, linear: its own may be zero at one of them. */
function worthAt({ worth }: SizeScore, { below, above, share }: Crossing, pricing: Pricing): Worth {
  const figure = (k: number, f: number): number => worth[k * FIGURES.length + f] ?? 0;
  return worthOf(
    FIGURES.map((_, f) => figure(below, f) + share * (figure(above, f) - figure(below, f))),
    pricing,
  );
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** From which value on each trait is remarkable, and what is said then. */
const REMARKABLE: readonly {
  readonly trait: keyof VmTraits;
  readonly from: number;
  readonly words: (value: number) => string;
}[] = [
  {
    trait: 'burstShare',
    from: 0.3,
    words: (value) => `bursts: ${percent(value)} of its demand lies above four times its mean`,
  },
  {
    trait: 'levelShifts',
    from: 2,
    words: (value) => `level shifts: ${value} lasting changes by a factor of 2 or more`,
  },
  { trait: 'holes', from: 0.05, words: (value) => `holes: ${percent(value)} of its samples are unknown` },
  { trait: 'coldStart', from: 0.3, words: (value) => `cold start: ${percent(value)} of the error in the first tenth` },
  { trait: 'zeros', from: 0.5, words: (value) => `rarely used: ${percent(value)} of its samples are zero` },
];

/** The most remarkable trait, or which side ours errs on when there is none. */
export function reasonOf(traits: VmTraits, ours: Worth, peer: Worth): string {
  let [reason, most] = ['', 1];
  for (const { trait, from, words } of REMARKABLE) {
    const strength = traits[trait] / from;
    if (strength >= most) [reason, most] = [words(traits[trait]), strength];
  }
  if (reason !== '') return reason;
  const side = ours.violationRate > peer.violationRate ? 'too small' : 'too large';
  return `${side}: it passes ours in ${percent(ours.violationRate)} of samples, the peer's in ${percent(peer.violationRate)}`;
}
