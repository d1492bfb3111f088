import { Fault, isFault, messageOf } from '../../lib/core/fault.ts';
import type { Allocation, Meter, PerMeter } from '../../lib/core/meter.ts';
import type { VmId } from '../../lib/core/units.ts';
import { KIB, METADATA_URI, parseDomainXml } from './domain-xml.ts';
import type { DomainDisk, DomainXml } from './domain-xml.ts';
import { parseDomstats, statOf } from './domstats.ts';
import type { DomainStats } from './domstats.ts';
import { hostRoom, parseHostFacts } from './host-room.ts';
import type { HostReserve, HostRoom } from './host-room.ts';
import type { HypervisorDriver } from './hypervisor-driver.ts';
import { metersOf } from './read-back.ts';
import type { Virsh } from './virsh.ts';

/** virDomainState: running, and blocked on a resource, which is a way of running. */
const RUNNING = new Set([1, 2]);
/** A guest agent that is there answers in 0.2 s. */
const AGENT_TIMEOUT = 3_000;

interface Domain {
  readonly name: string;
  readonly stats: DomainStats;
  readonly xml: DomainXml;
}

/**
 * The driver of a KVM host: virsh, live, on the running domain only (its stored definition is left alone, so a restart of
 * the domain begins with what its owner defined).
 *
 *   cpu         setvcpus --live; an unplug that the guest does not allow falls back to switching the CPU off in the guest
 *               (guest agent), which is noted in the domain's metadata so that later reads know
 *   memory      setmem --live: the balloon, up to the domain's maximum
 *   disk_*      blkdeviotune, bytes/s; several disks share one throttle group
 *   net_*       domiftune average, rounded up to whole KiB/s; only on a domain with one shapeable interface
 */
export function libvirtHypervisor(virsh: Virsh, reserve: HostReserve): HypervisorDriver {
  return {
    read: async (vm) => inForce(virsh, await domainOf(virsh, vm)),
    set: async (vm, limits) => {
      for (const meter of metersOf(limits)) {
        const value = limits[meter];
        if (value !== undefined) await setMeter(virsh, await domainOf(virsh, vm), { meter, value });
      }
    },
    room: (vm, pledged) => roomOf(virsh, vm, { reserve, pledged }),
  };
}

interface Setting {
  readonly meter: Meter;
  readonly value: number;
}

async function setMeter(virsh: Virsh, domain: Domain, { meter, value }: Setting): Promise<void> {
  switch (meter) {
    case 'cpu':
      return setCpu(virsh, domain, value);
    case 'memory':
      await virsh(['setmem', domain.name, String(Math.ceil(value / KIB)), '--live']);
      return;
    case 'disk_read':
    case 'disk_write':
      return setDisks(virsh, domain, { meter, value });
    case 'net_rx':
    case 'net_tx':
      return setNic(virsh, domain, { meter, value });
  }
}

async function setCpu(virsh: Virsh, { name, stats, xml }: Domain, count: number): Promise<void> {
  if (!Number.isInteger(count)) {
    throw new Fault('PLAN_REFUSED', `cpu ${count} is not whole, and libvirt plugs whole vcpus`);
  }
  const plugged = statOf(stats, 'vcpu.current') ?? count;
  if (count > plugged) await virsh(['setvcpus', name, String(count), '--live']);
  if (count >= plugged) {
    if (xml.guestCpus === undefined) return;
    await virsh(['setvcpus', name, String(count), '--guest'], AGENT_TIMEOUT);
    await virsh(['metadata', name, METADATA_URI, '--live', '--remove']);
    return;
  }
  try {
    await virsh(['setvcpus', name, String(count), '--live']);
  } catch (thrown) {
    if (isGone(thrown) || !xml.guestAgent) throw thrown;
    await switchOffInGuest(virsh, name, { count, unplug: thrown });
  }
}

async function switchOffInGuest(
  virsh: Virsh,
  name: string,
  { count, unplug }: { readonly count: number; readonly unplug: unknown },
): Promise<void> {
  try {
    await virsh(['setvcpus', name, String(count), '--guest'], AGENT_TIMEOUT);
  } catch (cause) {
    throw new Fault('ACT_FAILED', `${messageOf(unplug)}; nor in the guest: ${messageOf(cause)}`, { cause });
  }
  const element = `<guest cpus="${count}"/>`;
  await virsh(['metadata', name, METADATA_URI, '--live', '--key', 'shadowcast', '--set', element]);
}

/**
 * libvirt takes the three byte rates of a disk as a whole and forbids a total beside a direction, so both directions are
 * always given; a total that was in force goes on as the limit of the other direction.
 */
async function setDisks(virsh: Virsh, { name, xml }: Domain, { meter, value }: Setting): Promise<void> {
  if (xml.disks.length === 0) throw new Fault('PLAN_REFUSED', `${name} has no disk to set ${meter} on`);
  const before = diskLimits(xml.disks);
  const rate = value === Infinity ? 0 : Math.ceil(value);
  const read = meter === 'disk_read' ? rate : (before.disk_read ?? 0);
  const write = meter === 'disk_write' ? rate : (before.disk_write ?? 0);
  const group = xml.disks.length > 1 ? ['--group-name', `shadowcast-${name}`] : [];
  for (const { device } of xml.disks) {
    const rates = ['--total-bytes-sec', '0', '--read-bytes-sec', String(read), '--write-bytes-sec', String(write)];
    await virsh(['blkdeviotune', name, device, '--live', ...rates, ...group]);
  }
}

async function setNic(virsh: Virsh, { name, xml }: Domain, { meter, value }: Setting): Promise<void> {
  const [nic, second] = xml.nics;
  if (nic?.device === undefined || second !== undefined) {
    const why = second === undefined ? 'no interface that can be shaped' : `${xml.nics.length} interfaces, wanted one`;
    throw new Fault('PLAN_REFUSED', `${name} has ${why}, so ${meter} cannot be set`);
  }
  const side = meter === 'net_rx' ? '--inbound' : '--outbound';
  const rate = value === Infinity ? 0 : Math.ceil(value / KIB);
  await virsh(['domiftune', name, nic.device, '--live', side, String(rate)]);
}

async function inForce(virsh: Virsh, { name, stats, xml }: Domain): Promise<Allocation> {
  const plugged = statOf(stats, 'vcpu.current');
  const balloon = statOf(stats, 'balloon.current');
  const cpu = xml.guestCpus === undefined ? plugged : await onlineInGuest(virsh, name, plugged);
  const [nic, second] = xml.nics;
  const only = second === undefined ? nic : undefined;
  return {
    ...(cpu !== undefined && { cpu }),
    ...(balloon !== undefined && { memory: balloon * KIB }),
    ...diskLimits(xml.disks),
    ...(only?.inbound !== undefined && { net_rx: only.inbound }),
    ...(only?.outbound !== undefined && { net_tx: only.outbound }),
  };
}

/** Asked of the guest itself; when its agent is silent, what is plugged in counts: the higher number promises less. */
async function onlineInGuest(virsh: Virsh, name: string, plugged: number | undefined): Promise<number | undefined> {
  try {
    return Number((await virsh(['vcpucount', name, '--guest'], AGENT_TIMEOUT)).trim());
  } catch {
    return plugged;
  }
}

/** Of all disks together: known when there is one, or when they share one group; the total bounds both directions. */
function diskLimits(disks: readonly DomainDisk[]): { readonly disk_read?: number; readonly disk_write?: number } {
  const [first] = disks;
  const shared = disks.length === 1 || disks.every(({ group }) => group !== undefined && group === first?.group);
  if (first === undefined || !shared) return {};
  const read = first.read ?? first.total;
  const write = first.write ?? first.total;
  return { ...(read !== undefined && { disk_read: read }), ...(write !== undefined && { disk_write: write }) };
}

async function domainOf(virsh: Virsh, vm: VmId): Promise<Domain> {
  const name = vm.slice(vm.indexOf('/') + 1);
  // virsh takes a number for a domain's id before it looks for the name
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+@:-]*$/.test(name) || /^\d+$/.test(name)) {
    throw new Fault('PLAN_REFUSED', `${JSON.stringify(name)} is not a domain name that can be given to virsh safely`);
  }
  try {
    const [text, xml] = await Promise.all([virsh(['domstats', '--raw', name]), virsh(['dumpxml', name])]);
    const [stats] = parseDomstats(text);
    const state = stats && statOf(stats, 'state.state');
    if (stats?.name === name && state !== undefined && RUNNING.has(state)) {
      return { name, stats, xml: parseDomainXml(xml) };
    }
    throw new Fault('PRIMARY_GONE', `domain ${name} does not run (libvirt's state ${state ?? 'unknown'})`);
  } catch (thrown) {
    if (!isGone(thrown)) throw thrown;
    throw new Fault('PRIMARY_GONE', messageOf(thrown), { cause: thrown });
  }
}

function isGone(thrown: unknown): boolean {
  if (isFault(thrown) && thrown.code === 'PRIMARY_GONE') return true;
  return /failed to get domain|Domain not found|domain is not running/.test(messageOf(thrown));
}

async function roomOf(
  virsh: Virsh,
  vm: VmId,
  { reserve, pledged }: { readonly reserve: HostReserve; readonly pledged: PerMeter },
): Promise<HostRoom> {
  const name = vm.slice(vm.indexOf('/') + 1);
  const [nodeinfo, memory, text] = await Promise.all([
    virsh(['nodeinfo']),
    virsh(['nodememstats']),
    virsh(['domstats', '--raw', '--vcpu', '--balloon', '--list-running', '--nowait']),
  ]);
  const running = parseDomstats(text);
  const own = running.find((stats) => stats.name === name);
  if (own === undefined) throw new Fault('PRIMARY_GONE', `domain ${name} does not run`);
  return hostRoom(own, running, { facts: parseHostFacts(nodeinfo, memory), reserve, pledged });
}
