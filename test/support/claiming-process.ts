import { appendFileSync } from 'node:fs';
import { fileFences } from '../../agent/allocator/fences.ts';
import { isAlive, thisProcess } from '../../agent/allocator/process-identity.ts';
import { systemClock as clock } from '../../agent/system-clock.ts';
import { aPlan } from './builders.ts';

/**
 * A program: claims each of the fences given for one VM and holds every claim for some milliseconds, noting its begin
 * and end in a log that all such processes share. `hold` as last argument: keeps its first claim until it is killed.
 */
const [directory = '', log = '', fences = '', hold] = process.argv.slice(2);
const host = fileFences({ directory, clock, holder: thisProcess(), isAlive, patience: 30_000 });
for (const fence of fences.split(',').map(Number)) {
  const taken = await host.claim(aPlan({ id: `plan-${fence}`, fence }));
  if (taken.kind !== 'claimed') continue;
  appendFileSync(log, `begin ${process.pid}\n`);
  await clock.sleep(hold === 'hold' ? 60_000 : 3);
  appendFileSync(log, `end ${process.pid}\n`);
  taken.claim.end({ planId: `plan-${fence}`, vm: 'kvm1/web', state: 'applied', inForce: {}, because: 'held' });
}
