import { PEER_RULES } from '../peers/peer-rules.ts';
import type { Probability } from '../units.ts';
import type { RuleKind } from './comparison.ts';
import { ORACLES } from './oracles.ts';
import { SHORTAGE_PRICES } from './priced-sizes.ts';

/** What is said of a rule, and its settings from the least to the most cautious. */
export interface RuleLabel {
  readonly id: string;
  readonly title: string;
  readonly kind: RuleKind;
  readonly knob: string;
  readonly settings: readonly string[];
}

export const OURS = 'ours';
/** The same forecasts, with one price of a shortage for every VM instead of one risk. */
export const OURS_PRICED = 'ours-priced';

/** All rules of a comparison: ours, the peers, the oracles. */
export function ruleCatalog(risks: readonly Probability[]): RuleLabel[] {
  return [
    { id: OURS, title: 'Shadowcast', kind: 'ours', knob: 'risk', settings: risks.map((risk) => risk.toString()) },
    {
      id: OURS_PRICED,
      title: 'Shadowcast, one price',
      kind: 'ours',
      knob: 'price of a shortage',
      settings: SHORTAGE_PRICES.map((price) => price.toString()),
    },
    ...PEER_RULES.map(({ id, title, knob, settings }) => ({ id, title, kind: 'peer' as const, knob, settings })),
    ...ORACLES.map(({ id, title, knob, settings }) => ({ id, title, kind: 'oracle' as const, knob, settings })),
  ];
}
