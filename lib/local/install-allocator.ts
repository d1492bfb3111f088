import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const SOURCE = join(import.meta.dirname, '../../agent/allocator/main.ts');

/**
 * Puts `shadowcast-allocator` into a folder, as one bundled file and a command that runs it, which is how a host has it:
 * it is started for every plan, and the bundle starts in less than half the time of the sources. Returns the folder.
 */
export async function installAllocator(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const bundle = join(folder, 'allocator.mjs');
  await build({
    entryPoints: [SOURCE],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
  });
  const command = join(folder, 'shadowcast-allocator');
  await writeFile(command, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(bundle)} "$@"\n`);
  await chmod(command, 0o755);
  return folder;
}

const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;
