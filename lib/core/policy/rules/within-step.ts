import { directionOf, type PolicyRule } from '../meter-context.ts';
import { stopAt } from '../narrow.ts';
import { shareWords } from '../quantity-words.ts';
import { gridAbove, gridBelow } from '../size-grid.ts';

/** Keeps one change to the policy's share of the present size; one whole step of the actuator is always allowed. */
export const withinStep: PolicyRule = (decision, { from, policy, range }) => {
  if (from === undefined) return decision;
  const up = directionOf(decision) === 'up';
  const share = up ? policy.increase.step : policy.decrease.step;
  const least = range?.step ?? 0;
  const size = up
    ? Math.max(from * (1 + share), gridAbove(from + least, range))
    : Math.min(from * (1 - share), gridBelow(from - least, range));
  return stopAt(decision, { size, rule: 'step', because: `at most ${shareWords(share)} at once` }, range);
};
