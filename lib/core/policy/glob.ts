import type { Glob } from './policy.ts';

/**
 * Whether a glob matches the whole text, case included. Walks the text once and goes back to the last `*` only, so that
 * no pattern takes more than |glob| x |text| steps; a regular expression built from it could.
 */
export function globMatches(glob: Glob, text: string): boolean {
  return walk(glob, text, (wanted, got) => wanted === '?' || wanted === got);
}

/**
 * Whether every text that `inner` matches is matched by `outer` too. Never wrongly true; may be false where only a
 * closer look would show it (`?*` and `*?` are the same).
 */
export function globCovers(outer: Glob, inner: Glob): boolean {
  // A star of the inner glob stands for any text, so nothing but a star of the outer one can take it.
  return walk(outer, inner, (wanted, got) => got !== '*' && (wanted === '?' || wanted === got));
}

function walk(glob: Glob, text: string, same: (wanted: string, got: string) => boolean): boolean {
  let at = 0;
  let inGlob = 0;
  let star = -1;
  let starTook = 0;
  while (at < text.length) {
    if (glob[inGlob] === '*') {
      star = inGlob++;
      starTook = at;
    } else if (same(glob[inGlob] ?? '', text[at] ?? '')) {
      inGlob++;
      at++;
    } else if (star >= 0) {
      inGlob = star + 1;
      at = ++starTook;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(inGlob));
}
