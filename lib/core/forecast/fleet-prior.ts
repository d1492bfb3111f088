import type { Resource } from '../meter.ts';
import { Prior } from './prior.ts';
import { PRIOR as CPU } from './priors/cpu.ts';
import { PRIOR as DISK } from './priors/disk.ts';
import { PRIOR as MEMORY } from './priors/memory.ts';
import { PRIOR as NETWORK } from './priors/network.ts';

/** The priors that are shipped, one for each resource: disks burst, memory creeps. */
export const FLEET_PRIORS: Readonly<Record<Resource, Prior>> = {
  cpu: new Prior(CPU),
  memory: new Prior(MEMORY),
  disk: new Prior(DISK),
  network: new Prior(NETWORK),
};
