import { readFileSync } from 'node:fs';
import type { Holder } from './claim-record.ts';

/** This process, by marks that no later process will carry. */
export function thisProcess(): Holder {
  return { pid: process.pid, started: startOf(process.pid) ?? '', boot: bootId() };
}

/**
 * Whether a holder still runs: same boot, same pid, same start. Where the system has no /proc, the pid alone must do.
 */
export function isAlive(holder: Holder): boolean {
  if (holder.boot !== bootId()) return false;
  if (holder.started !== '') return startOf(holder.pid) === holder.started;
  try {
    return process.kill(holder.pid, 0);
  } catch {
    return false;
  }
}

function startOf(pid: number): string | undefined {
  // the command's name (field 2) may contain spaces and parentheses: count from its last parenthesis
  const stat = textOf(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

const bootId = (): string => textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
