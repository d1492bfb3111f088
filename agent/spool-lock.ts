import { readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../lib/core/fault.ts';

/**
 * Holds a directory for this process until the returned function is called or the process dies. The lock is a symbolic
 * link: made in one step, with the owner inside, without a block of disk (so also on a full one). The owner is named by
 * process id and start time: what `kill -9` left behind is recognised at once, also when the id has a new bearer. Throws
 * Fault USAGE when a living process holds it, and what the file system says when it cannot be written.
 */
export function lockDirectory(dir: string): () => void {
  const path = join(dir, 'lock');
  const self = `${process.pid}-${startTimeOf(process.pid) ?? 0}`;
  if (!claim(self, path)) {
    const owner = ownerOf(path);
    if (owner !== undefined && isAlive(owner)) {
      throw new Fault('USAGE', `${dir} is in use by process ${owner.pid}: stop it, or take another directory`);
    }
    unlinkSync(path);
    if (!claim(self, path)) throw new Fault('USAGE', `${dir} was taken by another process just now`);
  }
  return () => {
    const owner = ownerOf(path);
    if (owner?.pid === process.pid) unlinkSync(path);
  };
}

/** A process by id and start time, as `<pid>-<start time>`. */
export interface ProcessName {
  readonly pid: number;
  readonly startTime: number;
}

/** Reads `<pid>-<start time>`; undefined for anything else. */
export function parseProcessName(text: string): ProcessName | undefined {
  const dash = text.indexOf('-');
  const pid = Number(text.slice(0, dash));
  const startTime = Number(text.slice(dash + 1));
  return dash > 0 && Number.isSafeInteger(pid) && Number.isSafeInteger(startTime) ? { pid, startTime } : undefined;
}

export const isAlive = (name: ProcessName): boolean => startTimeOf(name.pid) === name.startTime;

/** Clock ticks from boot to the start of a process (proc(5), stat field 22); undefined when there is none. */
export function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the command in field 2 may hold spaces and brackets, so fields are counted from the last closing one
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

function claim(self: string, path: string): boolean {
  try {
    symlinkSync(self, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ownerOf(path: string): ProcessName | undefined {
  try {
    return parseProcessName(readlinkSync(path));
  } catch {
    return undefined;
  }
}
