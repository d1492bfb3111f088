import { activityCollector } from './activity.ts';
import { cpuCollector } from './cpu.ts';
import { disksCollector } from './disks.ts';
import { memoryCollector } from './memory.ts';
import { networkCollector } from './network.ts';
import { pageAgeCollector } from './page-age.ts';
import { pressureCollector } from './pressure.ts';
import { systemCallsCollector } from './system-calls.ts';
import type { CollectorMaker } from './collector.ts';

/** Every collector, in the order in which they read. A new one is a file and a line here. */
export const COLLECTORS: Readonly<Record<string, CollectorMaker>> = {
  cpu: cpuCollector,
  memory: memoryCollector,
  pressure: pressureCollector,
  disks: disksCollector,
  network: networkCollector,
  activity: activityCollector,
  'system-calls': systemCallsCollector,
  'page-age': pageAgeCollector,
};
