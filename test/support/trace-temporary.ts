import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of one test file's own. */
export interface TemporaryFolder {
  readonly path: (name: string) => string;
  /** Writes a file and gives its path. */
  readonly write: (name: string, content: string | Uint8Array) => string;
}

/** Makes a folder that is removed after the tests of the file that calls this. */
export function aTemporaryFolder(): TemporaryFolder {
  const folder = mkdtempSync(join(tmpdir(), 'shadowcast-trace-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
}
