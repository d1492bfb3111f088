import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Names of the domains that ran, kept over restarts of the agent, so that an end in between is noticed. */
export interface RememberedDomains {
  read: () => readonly string[];
  write: (names: readonly string[]) => void;
}

/** In a file of one name per line. A file that cannot be read is an empty memory; one that cannot be written stays old. */
export function rememberedDomains(path: string): RememberedDomains {
  return {
    read: () => {
      try {
        return readFileSync(path, 'utf8')
          .split('\n')
          .filter((name) => name !== '');
      } catch {
        return [];
      }
    },
    write: (names) => {
      try {
        writeFileSync(`${path}.tmp`, names.map((name) => `${name}\n`).join(''));
        renameSync(`${path}.tmp`, path);
      } catch {
        // a full disk: the worst that comes of it is an end that is noticed late
      }
    },
  };
}
