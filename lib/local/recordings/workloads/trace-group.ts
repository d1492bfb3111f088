/**
 * Traces one control group into a file: the agent's own collectors and loop, with system calls and context switches of the
 * group beside them. `GROUP=name node trace-group.ts` and the options of `agent/main.ts`.
 */
import { createLoop } from '../../../../agent/loop.ts';
import { guestSource } from '../../../../agent/guest-source.ts';
import { jsonLog } from '../../../../agent/log.ts';
import { openCollectors } from '../../../../agent/open-source.ts';
import { parseCommand } from '../../../../agent/options.ts';
import { monotonicNow, systemClock } from '../../../../agent/system-clock.ts';
import { openTraceFile } from '../../../adapters/trace/file.ts';
import { Fault } from '../../../core/fault.ts';
import { groupActivity } from './group-activity.ts';

const command = parseCommand(process.argv.slice(2), process.env);
const group = process.env['GROUP'];
if (command.kind !== 'run' || command.options.out === undefined || group === undefined) {
  throw new Fault('USAGE', "give GROUP in the environment and the agent's --out FILE and --for TIME");
}
const { host, vm, name, image, tags, interval, batch, duration = 0, out } = command.options;
const log = jsonLog((line) => process.stderr.write(line), systemClock.now);
const collectors = [...openCollectors(command.options, Math.random), groupActivity(group)];
const primary = { vm, name, ...(image !== undefined && { image }), tags, actuator: 'none' as const };
const source = guestSource({ primary, collectors, clock: systemClock, monotonicNow, log });
const file = await openTraceFile(out);
let sequence = 0;
const sink = {
  append: async (content: Omit<Parameters<typeof file.append>[0], 'epoch' | 'sequence'>) => {
    sequence += 1;
    await file.append({ ...content, epoch: 'recording', sequence });
    return sequence;
  },
};
const loop = createLoop({ host, source, sink, clock: systemClock, monotonicNow, interval, batchEvery: batch, log });
// perf needs a moment to open its events; the first frame is to have them
for (const collector of collectors) collector.collect();
await systemClock.sleep(1000, AbortSignal.timeout(2000));
await loop.run(AbortSignal.timeout(duration + interval / 2));
log.info('stopped', { parts: source.reports() });
source.close();
await file.close();
