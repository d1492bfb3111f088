import { METERS, METERS_OF, RESOURCES, type Meter } from '../core/meter.ts';
import type { DecreasePolicy, IncreasePolicy, Match, MeterPolicy, Policy } from '../core/policy/policy.ts';
import { durationWords, levelWords, shareWords, sizeWords } from '../core/policy/quantity-words.ts';

/** What a policy selects, in one line: `name web-*, tag tier web`. */
export function matchWords({ tags = {}, ...plain }: Match): string {
  const keys = [
    ...Object.entries(plain),
    ...Object.entries(tags).map(([key, globs]) => [`tag ${key}`, globs] as const),
  ].map(([key, globs]) => `${key} ${globs.join(' or ')}`);
  return keys.length === 0 ? 'every VM' : keys.join(', ');
}

/** What a policy may do: one line up and one down for all meters that it treats alike. */
export function policyWords({ meters, stale }: Policy): string {
  const alike = new Map<string, Meter[]>();
  for (const meter of METERS) {
    const words = `up   ${increaseWords(meter, meters[meter])}\n     down ${decreaseWords(meter, meters[meter])}`;
    alike.set(words, [...(alike.get(words) ?? []), meter]);
  }
  return [
    ...[...alike].map(([words, covered]) => `   ${namesOf(covered)}\n     ${words}`),
    `   left as it is when its newest sample is older than ${durationWords(stale)}`,
  ].join('\n');
}

/** A resource stands for its meters where all of them are covered. */
function namesOf(covered: readonly Meter[]): string {
  return RESOURCES.flatMap((resource): readonly string[] => {
    const meters = METERS_OF[resource].filter((meter) => covered.includes(meter));
    return meters.length === METERS_OF[resource].length ? [resource] : meters;
  }).join(', ');
}

function increaseWords(meter: Meter, { increase, bounds }: MeterPolicy): string {
  const { when, step, cooldown } = increase;
  const within = when.within === undefined ? '' : ` within ${durationWords(when.within)}`;
  const trigger = `${levelWords(when.confidence)} does not fit or is ${shareWords(when.increase)} above demand${within}`;
  const most = bounds.max === undefined ? '' : `, to at most ${sizeWords(meter, bounds.max)}`;
  return `${increase.mode}: when ${trigger}; by at most ${shareWords(step)}${most}; every ${durationWords(cooldown)}${hours(increase)}`;
}

function decreaseWords(meter: Meter, { decrease, bounds }: MeterPolicy): string {
  const { when, step, cooldown } = decrease;
  const trigger = `${shareWords(when.decrease)} too large for ${durationWords(when.for)}`;
  const least = bounds.min === undefined ? '' : `, to at least ${sizeWords(meter, bounds.min)}`;
  return `${decrease.mode}: when ${trigger}; by at most ${shareWords(step)}${least}; every ${durationWords(cooldown)}${hours(decrease)}`;
}

function hours({ windows }: IncreasePolicy | DecreasePolicy): string {
  return windows.length === 0 ? '' : `; only ${windows.map(({ text }) => text).join(' or ')}`;
}
