import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, parseProcessName, startTimeOf } from '../spool-lock.ts';
import type { Roots } from '../collectors/collector.ts';

/** Why tracing is not to be had, in the words of a collector's outcome. */
export interface NoTracing {
  readonly because: string;
  readonly wants: string;
}

/** A tracing instance of this process alone: nobody else's tracing is touched (https://docs.kernel.org/trace/ftrace.html#instances). */
export interface TraceInstance {
  readonly path: string;
  /** The event's directory inside the instance. */
  readonly event: string;
  /** Removes the instance from the kernel; files of it must be closed. */
  remove: () => void;
}

const PREFIX = 'shadowcast-';

/**
 * Makes the private instance, after removing those of agents that died without doing so. An instance is named by its
 * process (id and start time); the kernel refuses to remove one whose files are open, so a living agent's stays.
 */
export function openTraceInstance(roots: Roots, event: string): TraceInstance | NoTracing {
  const tracing = tracingRoot(roots);
  if (typeof tracing !== 'string') return tracing;
  if (!exists(join(tracing, 'events', event))) {
    return { because: `the kernel has no event ${event}`, wants: 'a kernel with CONFIG_FTRACE_SYSCALLS' };
  }
  removeStale(join(tracing, 'instances'));
  const path = join(tracing, 'instances', `${PREFIX}${process.pid}-${startTimeOf(process.pid) ?? 0}`);
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      return {
        because: `no tracing instance can be made in ${tracing}: ${String(error)}`,
        wants: 'root, and a kernel that has tracing instances',
      };
    }
  }
  return {
    path,
    event: join(path, 'events', event),
    remove: () => {
      removeQuietly(path);
    },
  };
}

function tracingRoot(roots: Roots): string | NoTracing {
  const places = [join(roots.sys, 'kernel', 'tracing'), join(roots.sys, 'kernel', 'debug', 'tracing')];
  const found = places.find((place) => exists(join(place, 'events')));
  if (found === undefined) {
    return {
      because: `tracefs is not mounted at ${places[0] ?? ''}, or not readable`,
      wants: 'mount -t tracefs nodev /sys/kernel/tracing, and root',
    };
  }
  try {
    accessSync(join(found, 'instances'), constants.W_OK);
    return found;
  } catch {
    return { because: `${found} may not be written to`, wants: 'root' };
  }
}

function removeStale(instances: string): void {
  for (const name of readdirSync(instances)) {
    if (!name.startsWith(PREFIX)) continue;
    const owner = parseProcessName(name.slice(PREFIX.length));
    if (owner !== undefined && !isAlive(owner)) removeQuietly(join(instances, name));
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // in use or gone: the next agent that starts tries again
  }
}

/** Place of a field in an event's record, from the event's `format` file; undefined when there is no such field. */
export function fieldOffset(eventPath: string, field: string): number | undefined {
  const line = readFileSync(join(eventPath, 'format'), 'latin1')
    .split('\n')
    .find((candidate) => candidate.includes(` ${field};`));
  const at = line?.indexOf('offset:') ?? -1;
  return line === undefined || at === -1 ? undefined : Number.parseInt(line.slice(at + 'offset:'.length), 10);
}

/** Writes a word to a control file of tracefs. */
export function control(path: string, word: string): void {
  writeFileSync(path, word);
}
