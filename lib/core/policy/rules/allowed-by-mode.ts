import type { Mode } from '../decision.ts';
import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';

/** Holds what the policy does not let be done without a person. Last, so that it says exactly what would be done. */
export const allowedByMode: PolicyRule = (decision) =>
  decision.mode === 'auto' ? decision : hold(decision, 'mode', BECAUSE[decision.mode]);

const BECAUSE: Readonly<Record<Exclude<Mode, 'auto'>, string>> = {
  observe: 'the policy only observes',
  recommend: 'the policy only recommends',
  approve: 'the policy wants it approved by a person, which this version cannot ask for',
};
