import { statOf } from '../allocator/domstats.ts';
import { Deltas, known } from '../collectors/deltas.ts';
import type { DiskUse, Frame, NicUse } from '../../lib/core/trace/frame.ts';
import type { DurationMs, EpochMs } from '../../lib/core/units.ts';
import type { DomainStats } from '../allocator/domstats.ts';

const KIB = 1024;
/** Guest statistics older than this are of another time than the frame; drivers send them every second or so. */
const STALE_AFTER_MS: DurationMs = 15_000;

/** What a domain did between two polls: the part of its frame that comes from `domstats`. */
export type DomainUse = Pick<Frame, 'values' | 'disks' | 'nics'>;

/**
 * Turns the totals that libvirt gives for one domain into use per interval
 * (https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectGetAllDomainStats). Keeps the totals of the last poll.
 */
export class DomainMeter {
  readonly #deltas = new Deltas();
  #polls = 0;

  /** Takes one poll. Counters need the poll before; what this one lacks is left out. */
  read(stats: DomainStats, at: EpochMs, interval: DurationMs): DomainUse {
    this.#deltas.begin();
    this.#polls += 1;
    const stat = (field: string) => statOf(stats, field);
    return {
      values: { ...known(this.#cpu(stat, interval)), ...known(this.#memory(stat, at)) },
      disks: numbered(stat, 'block')
        .map((index) => this.#disk(stats, index, interval))
        .filter((disk) => disk !== undefined),
      nics: numbered(stat, 'net')
        .map((index) => this.#nic(stats, index))
        .filter((nic) => nic !== undefined),
    };
  }

  /**
   * Waiting is `vcpu.N.delay`: time on a run queue of the host. `vcpu.N.wait` is the same time by another of the kernel's
   * accounts (wait_sum; 0 where schedstats are off), so it stands in for a missing delay and is never added to it.
   */
  #cpu(stat: Stat, interval: DurationMs) {
    const slots = slotsOf(stat);
    const sumUs = (field: string) => {
      const parts = slots.map((slot) => this.#sinceBefore(`vcpu.${slot}.${field}`, stat, interval * 1e6));
      const total = parts.reduce<number | undefined>(
        (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
        0,
      );
      return total === undefined || slots.length === 0 ? undefined : total / 1000;
    };
    const delay = sumUs('delay');
    const wait = sumUs('wait');
    const exits = slots.map((slot) => this.#deltas.growth(`exits ${slot}`, stat(`vcpu.${slot}.exits.sum`)));
    return {
      cpuCount: stat('vcpu.current'),
      cpuRunUs: sumUs('time'),
      cpuWaitUs: delay ?? wait,
      vmExits:
        exits.every((count) => count !== undefined) && exits.length > 0
          ? exits.reduce((sum, count) => sum + count, 0)
          : undefined,
    };
  }

  /**
   * The domain has `balloon.current`; of that, `balloon.usable` could be had without swapping. Use is the difference in
   * all cases: with autodeflate the guest still sees its full memory and counts the balloon as used, without it the
   * guest's total shrinks with the balloon; what the guest's kernel keeps for itself counts as used in both.
   */
  #memory(stat: Stat, at: EpochMs) {
    const bytes = (field: string) => times(stat(`balloon.${field}`), KIB);
    const current = bytes('current');
    const maximum = bytes('maximum');
    const levels = {
      memoryTotalBytes: current,
      balloonBytes: current === undefined || maximum === undefined ? undefined : Math.max(0, maximum - current),
    };
    const updatedAt = (stat('balloon.last-update') ?? 0) * 1000;
    const fresh = at - updatedAt <= STALE_AFTER_MS;
    return {
      ...levels,
      ...(fresh ? this.#guestStats(stat, bytes) : {}),
    };
  }

  /** What the balloon driver tells from inside the guest. */
  #guestStats(stat: Stat, bytes: Stat) {
    return {
      memoryFreeBytes: bytes('unused'),
      memoryAvailableBytes: bytes('usable'),
      memoryCachedBytes: bytes('disk_caches'),
      swapInBytes: this.#deltas.growth('swap_in', bytes('swap_in')),
      swapOutBytes: this.#deltas.growth('swap_out', bytes('swap_out')),
      majorFaults: this.#deltas.growth('major_fault', stat('balloon.major_fault')),
      minorFaults: this.#deltas.growth('minor_fault', stat('balloon.minor_fault')),
    };
  }

  /** Growth of a counter in nanoseconds; one of a vCPU plugged in since the last poll began at 0. */
  #sinceBefore(field: string, stat: Stat, longest: number): number | undefined {
    const value = stat(field);
    const isNew = this.#polls > 1 && !this.#deltas.knows(field);
    const growth = this.#deltas.growth(field, value);
    if (!isNew || value === undefined) return growth;
    return value <= longest ? value : undefined;
  }

  #disk(stats: DomainStats, index: number, interval: DurationMs): DiskUse | undefined {
    const grown = (field: string) =>
      this.#deltas.growth(`block ${index} ${field}`, statOf(stats, `block.${index}.${field}`));
    const counts = {
      reads: grown('rd.reqs'),
      writes: grown('wr.reqs'),
      flushes: grown('fl.reqs'),
      readBytes: grown('rd.bytes'),
      writeBytes: grown('wr.bytes'),
      readUs: toUs(grown('rd.times')),
      writeUs: toUs(grown('wr.times')),
    };
    if (Object.values(counts).some((count) => count === undefined)) return undefined;
    const whole = counts as Record<keyof typeof counts, number>;
    const queueUs = whole.readUs + whole.writeUs;
    // the hypervisor does not say how long at least one request was in flight: no longer than all of them together
    const busyUs = Math.min(queueUs, interval * 1000);
    return { name: stats.fields.get(`block.${index}.name`) ?? String(index), ...whole, queueUs, busyUs };
  }

  #nic(stats: DomainStats, index: number): NicUse | undefined {
    const grown = (field: string) =>
      this.#deltas.growth(`net ${index} ${field}`, statOf(stats, `net.${index}.${field}`));
    const counts = {
      rxBytes: grown('rx.bytes'),
      rxPackets: grown('rx.pkts'),
      rxDrops: grown('rx.drop'),
      txBytes: grown('tx.bytes'),
      txPackets: grown('tx.pkts'),
      txDrops: grown('tx.drop'),
    };
    if (Object.values(counts).some((count) => count === undefined)) return undefined;
    return { name: stats.fields.get(`net.${index}.name`) ?? String(index), ...(counts as Omit<NicUse, 'name'>) };
  }
}

type Stat = (field: string) => number | undefined;

/** Numbers of the vCPUs that are plugged in; with hot-unplug there may be gaps. */
function slotsOf(stat: Stat): readonly number[] {
  const most = stat('vcpu.maximum') ?? 0;
  return Array.from({ length: most }, (_, slot) => slot).filter((slot) => stat(`vcpu.${slot}.time`) !== undefined);
}

function numbered(stat: Stat, group: string): readonly number[] {
  return Array.from({ length: stat(`${group}.count`) ?? 0 }, (_, index) => index);
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function toUs(ns: number | undefined): number | undefined {
  return ns === undefined ? undefined : Math.round(ns / 1000);
}
