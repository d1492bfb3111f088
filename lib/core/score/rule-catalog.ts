import { PEER_RULES } from '../peers/peer-rules.ts';
import type { Probability } from '../units.ts';
import type { RuleKind } from './comparison.ts';
import { ORACLES } from './oracles.ts';

/** What is said of a rule, and its settings from the least to the most cautious. */
export interface RuleLabel {
  readonly id: string;
  readonly title: string;
  readonly kind: RuleKind;
  readonly knob: string;
  readonly settings: readonly string[];
}

export const OURS = 'ours';
/** The same forecasts, with the risk for each VM by itself instead of for all together. */
export const OURS_SINGLE = 'ours-single';

/** All rules of a comparison: ours, the peers, the oracles. */
export function ruleCatalog(risks: readonly Probability[]): RuleLabel[] {
  const settings = risks.map((risk) => risk.toString());
  return [
    { id: OURS, title: 'Shadowcast', kind: 'ours', knob: 'risk', settings },
    { id: OURS_SINGLE, title: 'Shadowcast, risk of each VM', kind: 'ours', knob: 'risk', settings },
    ...PEER_RULES.map(({ id, title, knob, settings }) => ({ id, title, kind: 'peer' as const, knob, settings })),
    ...ORACLES.map(({ id, title, knob, settings }) => ({ id, title, kind: 'oracle' as const, knob, settings })),
  ];
}
