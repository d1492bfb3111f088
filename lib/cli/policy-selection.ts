import type { Policy, PolicySet } from '../core/policy/policy.ts';
import { matchedKeys, selectPolicy, type MatchedKey } from '../core/policy/select-policy.ts';
import type { Primary } from '../core/trace/frame.ts';
import type { HostId } from '../core/units.ts';
import { policyWords } from './policy-words.ts';

/** Which policy governs a primary and why: each policy up to the one that matches, key by key, and what that one may do. */
export function selectionWords(policies: PolicySet, primary: Primary, host: HostId): string {
  const selected = selectPolicy(primary, host, policies);
  const asked = policies.policies.slice(
    0,
    selected === undefined ? undefined : policies.policies.indexOf(selected) + 1,
  );
  const reasons = asked.map((policy) => reasonWords(policy, primary, host));
  const end = selected === undefined ? 'no policy selects it: it is only watched' : `${selected.name} governs it:`;
  return [...reasons, end, ...(selected === undefined ? [] : [policyWords(selected)])].join('\n');
}

function reasonWords({ name, match }: Policy, primary: Primary, host: HostId): string {
  const keys = matchedKeys(match, primary, host);
  const missed = keys.filter(({ matched }) => !matched);
  if (missed.length > 0) return `${name} does not match: ${missed.map(missWords).join(', ')}`;
  return `${name} matches: ${keys.length === 0 ? 'it selects every VM' : keys.map(hitWords).join(', ')}`;
}

function hitWords({ key, wanted, got }: MatchedKey): string {
  return `${key} ${got ?? ''} is ${wanted.join(' or ')}`;
}

function missWords({ key, wanted, got }: MatchedKey): string {
  return got === undefined
    ? `it has no ${key}, ${wanted.join(' or ')} is wanted`
    : `${key} ${got} is not ${wanted.join(' or ')}`;
}
