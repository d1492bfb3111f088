import type { Primary } from '../trace/frame.ts';
import type { HostId } from '../units.ts';
import { globCovers, globMatches } from './glob.ts';
import type { Glob, Match, Policy, PolicySet } from './policy.ts';

/** One key of a match, and whether a primary meets it. */
export interface MatchedKey {
  /** `name`, `vm`, `host`, `image`, `actuator` or `tags.<key>`. */
  readonly key: string;
  readonly wanted: readonly Glob[];
  /** What the primary has; undefined when it has none. */
  readonly got: string | undefined;
  readonly matched: boolean;
}

/** The policy that governs a primary: the first that matches, or undefined when none does. */
export function selectPolicy(primary: Primary, host: HostId, { policies }: PolicySet): Policy | undefined {
  return policies.find((policy) => matchedKeys(policy.match, primary, host).every(({ matched }) => matched));
}

/** Every key that a match asks for, with what the primary has for it: why a policy does or does not select it. */
export function matchedKeys(match: Match, primary: Primary, host: HostId): readonly MatchedKey[] {
  return wantedKeys(match).map(({ key, wanted }) => {
    const got = valueOf(key, primary, host);
    return { key, wanted, got, matched: got !== undefined && wanted.some((glob) => globMatches(glob, got)) };
  });
}

/**
 * Whether every primary that `inner` selects is selected by `outer` too, so that behind it `inner` is never reached.
 * Never wrongly true.
 */
export function matchCovers(outer: Match, inner: Match): boolean {
  const innerKeys = new Map(wantedKeys(inner).map(({ key, wanted }) => [key, wanted]));
  return wantedKeys(outer).every(({ key, wanted }) => {
    const narrower = innerKeys.get(key);
    return narrower?.every((glob) => wanted.some((wide) => globCovers(wide, glob))) ?? false;
  });
}

function wantedKeys(match: Match): readonly { readonly key: string; readonly wanted: readonly Glob[] }[] {
  const { tags = {}, ...plain } = match;
  const ofTags = Object.entries(tags).map(([tag, wanted]) => ({ key: `tags.${tag}`, wanted }));
  return [...Object.entries(plain).map(([key, wanted]) => ({ key, wanted })), ...ofTags];
}

function valueOf(key: string, primary: Primary, host: HostId): string | undefined {
  if (key.startsWith('tags.')) return ownTag(primary.tags ?? {}, key.slice('tags.'.length));
  const values: Readonly<Record<string, string | undefined>> = {
    name: primary.name,
    vm: primary.vm,
    host,
    image: primary.image,
    actuator: primary.actuator,
  };
  return values[key];
}

/** A tag may be named as something that every object has (`constructor`): only its own count. */
function ownTag(tags: Readonly<Record<string, string>>, tag: string): string | undefined {
  return Object.hasOwn(tags, tag) ? tags[tag] : undefined;
}
