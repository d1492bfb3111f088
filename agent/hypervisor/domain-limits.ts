import { statOf } from '../allocator/domstats.ts';
import { known } from '../collectors/deltas.ts';
import type { Allocation, Meter, Range } from '../../lib/core/meter.ts';
import type { DomainDisk, DomainXml } from '../allocator/domain-xml.ts';
import type { DomainStats } from '../allocator/domstats.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const MEMORY_STEP = 64 * MIB;
const LEAST_MEMORY = 256 * MIB;
/** A guest's kernel sizes its tables for the largest memory it may get and does not live in much less than a quarter. */
const LEAST_MEMORY_SHARE = 1 / 4;
/** Above what one device or link gives today; the hypervisor does not say what the device can do. */
const LARGEST_RATE = 16 * GIB;
const NET_STEP = 128 * KIB;

/** The limits that a running domain has in force, as its driver in the allocator would read them back. */
export function limitsOf(stats: DomainStats, xml: DomainXml | undefined): Allocation {
  const nic = xml?.nics.length === 1 ? xml.nics[0] : undefined;
  const memoryKib = statOf(stats, 'balloon.current');
  return known({
    cpu: xml?.guestCpus ?? statOf(stats, 'vcpu.current'),
    memory: memoryKib === undefined ? undefined : memoryKib * KIB,
    ...diskLimits(xml?.disks ?? []),
    net_rx: nic?.inbound,
    net_tx: nic?.outbound,
  });
}

/** Of all disks together: known when there is one, or when they share one throttle group; a total bounds each direction. */
function diskLimits(disks: readonly DomainDisk[]) {
  const [first] = disks;
  const shared = disks.length === 1 || disks.every(({ group }) => group !== undefined && group === first?.group);
  if (!shared) return { disk_read: undefined, disk_write: undefined };
  return { disk_read: first?.read ?? first?.total, disk_write: first?.write ?? first?.total };
}

/**
 * What can be set. cpu: whole vCPUs up to the domain's maximum. memory: the balloon, when a driver in the guest answers
 * it. disk and network: only where a limit is in force already; a domain that nobody limited is not throttled.
 */
export function adjustableOf(stats: DomainStats, limits: Allocation): Readonly<Partial<Record<Meter, Range>>> {
  const adjustable: Partial<Record<Meter, Range>> = {};
  const vcpus = statOf(stats, 'vcpu.maximum');
  if (vcpus !== undefined) adjustable.cpu = { min: 1, max: vcpus, step: 1 };
  const memory = memoryRange((statOf(stats, 'balloon.maximum') ?? 0) * KIB);
  if (memory !== undefined && hasBalloonDriver(stats)) adjustable.memory = memory;
  for (const meter of ['disk_read', 'disk_write'] as const) {
    if (limits[meter] !== undefined) adjustable[meter] = { min: MIB, max: LARGEST_RATE, step: MIB };
  }
  for (const meter of ['net_rx', 'net_tx'] as const) {
    if (limits[meter] !== undefined) adjustable[meter] = { min: NET_STEP, max: LARGEST_RATE, step: NET_STEP };
  }
  return adjustable;
}

function memoryRange(maximum: number): Range | undefined {
  const max = Math.floor(maximum / MEMORY_STEP) * MEMORY_STEP;
  const floor = Math.max(LEAST_MEMORY, maximum * LEAST_MEMORY_SHARE);
  const min = Math.min(max, Math.ceil(floor / MEMORY_STEP) * MEMORY_STEP);
  return max === 0 ? undefined : { min, max, step: MEMORY_STEP };
}

/** libvirt notes when the guest's balloon driver last spoke; 0 is never. */
function hasBalloonDriver(stats: DomainStats): boolean {
  return (statOf(stats, 'balloon.last-update') ?? 0) > 0;
}
