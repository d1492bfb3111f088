import { join } from 'node:path';
import { COLLECTORS } from './collectors/catalog.ts';
import { pageSizeOfKernel } from './collectors/page-size.ts';
import { guestSource } from './guest-source.ts';
import { hardwareCounters } from './hardware-counters.ts';
import { monotonicNow } from './system-clock.ts';
import type { Clock } from '../lib/ports/clock.ts';
import type { Collector } from './collectors/collector.ts';
import type { FrameSource } from './frame-source.ts';
import type { Log } from './log.ts';
import type { AgentOptions } from './options.ts';

/** The surroundings of the agent, as arguments. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The source of frames that the options ask for. What it needs of the hypervisor is loaded only then. */
export async function openSource(options: AgentOptions, around: Surroundings): Promise<FrameSource> {
  return options.source === 'guest' ? openGuest(options, around) : openHypervisor(options, around);
}

function openGuest(options: AgentOptions, { clock, random, log }: Surroundings): FrameSource {
  const { vm, name, image, tags } = options;
  const primary = {
    vm,
    name,
    ...(image === undefined ? {} : { image }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    // a guest cannot resize itself; the fleet's own interface can, and knows the types
    actuator: /^i-[0-9a-f]{8,}$/.test(vm) ? ('ec2' as const) : ('none' as const),
  };
  return guestSource({ primary, collectors: openCollectors(options, random), clock, monotonicNow, log });
}

/** The collectors that the options name, in the catalogue's order. */
export function openCollectors(options: AgentOptions, random: () => number): readonly Collector[] {
  const { collectors, interval, proc, sys, nics, disks } = options;
  const settings = {
    roots: { proc, sys },
    interval,
    pageSize: pageSizeOfKernel(),
    random,
    ...(nics === undefined ? {} : { nics }),
    ...(disks === undefined ? {} : { disks }),
  };
  const ordinary = Object.entries(COLLECTORS).filter(([name]) => collectors.includes(name));
  const opened = ordinary.map(([, make]) => make(settings));
  return collectors.includes('hardware') ? [...opened, hardwareCounters(settings)] : opened;
}

async function openHypervisor(options: AgentOptions, { clock, log }: Surroundings): Promise<FrameSource> {
  const { hypervisorSource } = await import('./hypervisor-source.ts');
  const { rememberedDomains } = await import('./hypervisor/remembered-domains.ts');
  const { virsh } = await import('./allocator/virsh.ts');
  const { host, interval, tags, libvirt, stream, spool } = options;
  return hypervisorSource({
    host,
    virsh: virsh({ uri: libvirt, program: 'virsh' }),
    interval,
    tags,
    clock,
    monotonicNow,
    log,
    ...(stream === undefined ? {} : { remembered: rememberedDomains(join(spool, 'domains')) }),
  });
}
