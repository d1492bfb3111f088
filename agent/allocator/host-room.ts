import type { PerMeter } from '../../lib/core/meter.ts';
import type { Bytes } from '../../lib/core/units.ts';
import { statOf } from './domstats.ts';
import type { DomainStats } from './domstats.ts';
import type { Room } from './hypervisor-driver.ts';

/** What the host keeps for itself. */
export interface HostReserve {
  /** Memory that no guest's growth may take. */
  readonly reserveMemory: Bytes;
  /** vCPUs of all running guests for each CPU of the host, at most. */
  readonly cpuOvercommit: number;
}

export interface HostFacts {
  readonly cpus: number;
  /** Free memory and page cache. */
  readonly available: Bytes;
}

const KIB = 1_024;
/** No Linux guest lives below this; a plan that asks for less has its units wrong. */
const LEAST_MEMORY: Bytes = 32 * 2 ** 20;

/** Reads `virsh nodeinfo` and `virsh nodememstats` (KiB). */
export function parseHostFacts(nodeinfo: string, nodememstats: string): HostFacts {
  const field = (text: string, name: string): number =>
    Number(new RegExp(`^${name}\\s*:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const kib = field(nodememstats, 'free') + field(nodememstats, 'buffers') + field(nodememstats, 'cached');
  return { cpus: field(nodeinfo, 'CPU\\(s\\)'), available: kib * KIB };
}

/**
 * What one guest may be set to. Its memory may grow by what is available on the host, less the host's reserve, less what
 * the running guests were promised and have not touched yet, less what other allocators have pledged:
 *
 *   spare = available - reserve - Σ max(0, balloon.current - balloon.rss) - pledged
 *
 * Its vCPUs by what the overcommit ratio leaves over the vCPUs of all running guests. A meter whose stats the hypervisor
 * does not give at this moment (a busy domain) is left out: then nothing is known against it.
 */
export function hostRoom(own: DomainStats, running: readonly DomainStats[], state: HostState): HostRoom {
  const cpu = cpuRoom(own, running, state);
  const memory = memoryRoom(own, running, state);
  return { ...(cpu && { cpu }), ...(memory && { memory }) };
}

/** The host at this moment. */
export interface HostState {
  readonly facts: HostFacts;
  readonly reserve: HostReserve;
  /** Growth that other allocators on this host have claimed. */
  readonly pledged: PerMeter;
}
export interface HostRoom {
  readonly cpu?: Room;
  readonly memory?: Room;
}

function cpuRoom(own: DomainStats, running: readonly DomainStats[], state: HostState): Room | undefined {
  const { facts, reserve, pledged } = state;
  const now = statOf(own, 'vcpu.current');
  const most = statOf(own, 'vcpu.maximum');
  if (now === undefined || most === undefined) return undefined;
  const used = sum(running, (stats) => statOf(stats, 'vcpu.current') ?? 0);
  const spare = Math.max(0, Math.floor(facts.cpus * reserve.cpuOvercommit) - used - (pledged.cpu ?? 0));
  const because =
    most <= now + spare
      ? `the domain's maximum is ${most} vcpus`
      : `the host has ${spare} vcpus to give: ${facts.cpus} cpus x ${reserve.cpuOvercommit}, ${used} are in use`;
  return { min: 1, max: Math.min(most, now + spare), step: 1, because };
}

function memoryRoom(own: DomainStats, running: readonly DomainStats[], state: HostState): Room | undefined {
  const { facts, reserve, pledged } = state;
  const now = statOf(own, 'balloon.current');
  const most = statOf(own, 'balloon.maximum');
  if (now === undefined || most === undefined) return undefined;
  const kib = (stats: DomainStats, field: string): number => statOf(stats, field) ?? 0;
  const untouched = sum(running, (stats) => Math.max(0, kib(stats, 'balloon.current') - kib(stats, 'balloon.rss')));
  const free = facts.available - reserve.reserveMemory - untouched * KIB - (pledged.memory ?? 0);
  const spare = Math.max(0, free);
  const because =
    most * KIB <= now * KIB + spare
      ? `the domain's maximum is ${mib(most * KIB)} MiB`
      : `the host has ${mib(spare)} MiB to give above its reserve of ${mib(reserve.reserveMemory)} MiB`;
  return { min: LEAST_MEMORY, max: Math.min(most * KIB, now * KIB + spare), step: 1, because };
}

const sum = (running: readonly DomainStats[], of: (stats: DomainStats) => number): number =>
  running.reduce((total, stats) => total + of(stats), 0);
const mib = (bytes: Bytes): number => Math.floor(bytes / 2 ** 20);
