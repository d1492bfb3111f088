import { increaseCause, peakWords, riseWords } from '../increase-cause.ts';
import { directionOf, type MeterContext, type PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { durationWords, shareWords, sizeWords } from '../quantity-words.ts';
import { isLow } from '../remember.ts';

/** Holds a change that no trigger of the policy asks for. */
export const triggered: PolicyRule = (decision, context) => {
  const because = directionOf(decision) === 'up' ? noIncrease(context) : noDecrease(context);
  return because === undefined ? decision : hold(decision, 'trigger', because);
};

function noIncrease(context: MeterContext): string | undefined {
  if (increaseCause(context) !== undefined) return undefined;
  const { within, increase } = context.policy.increase.when;
  const { lead } = context.horizon;
  if (within !== undefined && lead > within) {
    return `the forecast begins in ${durationWords(lead)}, the trigger looks ${durationWords(within)} ahead`;
  }
  return `${peakWords(context)} fits and is less than ${shareWords(increase)} above the demand now`;
}

function noDecrease(context: MeterContext): string | undefined {
  const { meter, from = 0, memory, policy, lastAt } = context;
  const { decrease, for: quiet } = policy.decrease.when;
  if (!isLow(context)) {
    const rise = riseWords(context);
    const because = `it is less than ${shareWords(decrease)} below ${sizeWords(meter, from)}`;
    return rise === undefined ? because : `${rise} and fits; ${because}`;
  }
  if (memory.lowPeakBefore !== undefined) return undefined;
  const low = lastAt - (memory.lowSince ?? lastAt);
  return `low for ${durationWords(low)} of ${durationWords(quiet)}`;
}
