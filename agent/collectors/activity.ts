import { join } from 'node:path';
import { Deltas, known } from './deltas.ts';
import { ProcFile } from './proc-file.ts';
import type { CollectorMaker } from './collector.ts';

/**
 * Context switches, forks and runnable tasks from /proc/stat (proc(5): ctxt, processes, procs_running). The reader itself
 * runs while it reads and is not counted as runnable.
 */
export const activityCollector: CollectorMaker = ({ roots }) => {
  const stat = new ProcFile(join(roots.proc, 'stat'));
  const deltas = new Deltas();
  return {
    name: 'activity',
    collect: () => {
      deltas.begin();
      const text = stat.read();
      const running = lineValue(text, 'procs_running');
      return {
        kind: 'data',
        values: known({
          contextSwitches: deltas.growth('ctxt', lineValue(text, 'ctxt')),
          forks: deltas.growth('processes', lineValue(text, 'processes')),
          runnableTasks: running === undefined ? undefined : Math.max(0, running - 1),
        }),
      };
    },
    close: () => {
      stat.close();
    },
  };
};

function lineValue(text: string, name: string): number | undefined {
  const at = text.indexOf(`\n${name} `);
  return at === -1 ? undefined : Number.parseInt(text.slice(at + name.length + 2), 10);
}
