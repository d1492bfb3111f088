import { join } from 'node:path';
import { Deltas, known } from './deltas.ts';
import { ProcFile } from './proc-file.ts';
import type { CollectorMaker } from './collector.ts';

const RESOURCES = ['cpu', 'memory', 'io'] as const;

/**
 * Pressure stall totals, microseconds, from /proc/pressure (https://docs.kernel.org/accounting/psi.html): `some` is time
 * in which at least one task waited for the resource, `full` in which all did. Linux 4.20 with CONFIG_PSI.
 */
export const pressureCollector: CollectorMaker = ({ roots }) => {
  const files = RESOURCES.map((resource) => [resource, new ProcFile(join(roots.proc, 'pressure', resource))] as const);
  const deltas = new Deltas();
  return {
    name: 'pressure',
    collect: () => {
      deltas.begin();
      const texts = new Map(files.map(([resource, file]) => [resource, file.readIfThere()]));
      if ([...texts.values()].every((text) => text === undefined)) {
        return {
          kind: 'noData',
          because: 'the kernel gives no pressure stall information',
          wants: 'Linux 4.20 or newer with CONFIG_PSI, and psi=1 on its command line where it is off by default',
        };
      }
      const grown = (resource: (typeof RESOURCES)[number], line: 'some' | 'full') =>
        deltas.growth(`${resource} ${line}`, parseTotal(texts.get(resource), line));
      return {
        kind: 'data',
        values: known({
          cpuSomeUs: grown('cpu', 'some'),
          memorySomeUs: grown('memory', 'some'),
          memoryFullUs: grown('memory', 'full'),
          ioSomeUs: grown('io', 'some'),
          ioFullUs: grown('io', 'full'),
        }),
      };
    },
    close: () => {
      for (const [, file] of files) file.close();
    },
  };
};

/** The total of a line such as `some avg10=0.00 avg60=0.00 avg300=0.00 total=4711`. */
function parseTotal(text: string | undefined, line: 'some' | 'full'): number | undefined {
  const found = text?.split('\n').find((candidate) => candidate.startsWith(line));
  const at = found?.indexOf('total=') ?? -1;
  return found === undefined || at === -1 ? undefined : Number(found.slice(at + 'total='.length));
}
