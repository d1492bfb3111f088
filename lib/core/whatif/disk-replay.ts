import type { BytesPerSecond } from '../units.ts';
import type { Allocation } from '../meter.ts';
import { Burstiness, burstDelay } from './burstiness.ts';
import type { DiskWork } from './interval.ts';
import { plainLimit, TokenBucket, type BucketLimits, type QueueStep } from './token-bucket.ts';
import type { Volume } from './volume.ts';
import { diskCauses, predicted } from './waiting-causes.ts';
import type { WaitingStep } from './waiting.ts';

/** What a disk is held to. */
export interface DiskLimits {
  readonly size: Allocation;
  readonly volume?: Volume;
}

/** What else one interval's disk depends on. */
export interface DiskInterval {
  /** What a smaller page cache reads again, bytes/s; negative where it reads less. */
  readonly extraRead: number;
  readonly seconds: number;
  /** Coefficients of the causes of `diskQueue`. */
  readonly fit: readonly number[];
}

/** What one interval would have been like behind other limits. */
export interface DiskStep extends WaitingStep {
  /** Mean number of requests waiting or in service at the device itself, by its latency curve. */
  readonly queue: number;
}

/** Bytes of a request where the trace has no counts: what EBS assumes when it states IOPS for gp2 and gp3 volumes. */
const REQUEST_BYTES = 16_384;
/** EBS counts a larger request to an SSD volume as several of this size (user guide, "I/O size and volume throughput limits"). */
const MOST_OPERATION_BYTES = 262_144;

/**
 * Disk requests in line before their limits (token buckets for bytes read, bytes written, bytes in all and operations) and
 * then at the device (M/G/1-like). All limiters see everything that comes; the slowest sets the delay.
 */
export class DiskReplay {
  readonly #read = new Limiter();
  readonly #written = new Limiter();
  readonly #bytes = new Limiter();
  readonly #operations = new Limiter();
  readonly #device = new Device();

  step(work: DiskWork, limits: DiskLimits, { extraRead, seconds, fit }: DiskInterval): DiskStep {
    const read = Math.max(0, (Number.isNaN(work.read) ? 0 : work.read) + extraRead);
    const written = Number.isNaN(work.written) ? 0 : work.written;
    const recorded = (Number.isNaN(work.read) ? 0 : work.read) + written;
    const bytes = read + written;
    const requestBytes = work.requests > 0 && recorded > 0 ? recorded / work.requests : REQUEST_BYTES;
    const delays = this.#delays({ read, written, requestBytes }, limits, seconds);
    const device = this.#device.step(work, { extra: extraRead / requestBytes, seconds, fit });
    const delay = Math.max(0, ...delays.map((one) => one.delay)) + device.waitSeconds;
    return {
      seconds,
      work: bytes * seconds,
      delay,
      backlog: Math.max(0, ...delays.map((one) => one.backlog)),
      isViolation: delays.some((one) => one.isViolation),
      queue: device.queue,
    };
  }

  #delays(
    { read, written, requestBytes }: { read: BytesPerSecond; written: BytesPerSecond; requestBytes: number },
    { size, volume }: DiskLimits,
    seconds: number,
  ): readonly Delay[] {
    const delays: Delay[] = [];
    const put = (limiter: Limiter, limits: BucketLimits | undefined, demand: number, unitBytes = 1): void => {
      if (limits !== undefined) delays.push(limiter.step(limits, demand, { seconds, unitBytes }));
    };
    const counted = Math.ceil(requestBytes / MOST_OPERATION_BYTES);
    put(this.#read, limitOf(size.disk_read), read);
    put(this.#written, limitOf(size.disk_write), written);
    put(this.#bytes, limitOf(volume?.throughput), read + written);
    const operations = ((read + written) / requestBytes) * counted;
    put(this.#operations, operationsOf(volume), operations, requestBytes / counted);
    return delays;
  }
}

interface Delay {
  readonly delay: number;
  /** What is left at the end, bytes. */
  readonly backlog: number;
  readonly isViolation: boolean;
}

/** A token bucket that also knows the bursts of what comes. */
class Limiter {
  readonly #bucket = new TokenBucket();
  readonly #bursts = new Burstiness();

  /** `unitBytes`: bytes of one unit of what is limited. */
  step(limits: BucketLimits, demand: number, { seconds, unitBytes }: { seconds: number; unitBytes: number }): Delay {
    const { area, backlog, service }: QueueStep = this.#bucket.step(limits, demand, seconds);
    const burst = this.#bursts.see(demand * seconds);
    const delay = area / seconds / service + burstDelay({ burst, demand, capacity: service, seconds });
    return { delay, backlog: backlog * unitBytes, isViolation: demand > service };
  }
}

const limitOf = (rate: number | undefined): BucketLimits | undefined =>
  rate === undefined ? undefined : plainLimit(rate);

const operationsOf = (volume: Volume | undefined): BucketLimits | undefined =>
  volume === undefined
    ? undefined
    : { rate: volume.operations, peak: volume.burstOperations, depth: volume.creditOperations };

/** The device behind the limits: its busy time is known for the requests that it had, and grows with their number. */
class Device {
  #busySeconds = 0;
  #requests = 0;

  /** One interval with `extra` requests per second more than recorded: the queue, and the wait without the service. */
  step(
    { busy, requests }: DiskWork,
    { extra, seconds, fit }: { readonly extra: number; readonly seconds: number; readonly fit: readonly number[] },
  ): { readonly queue: number; readonly waitSeconds: number } {
    this.#busySeconds += busy * seconds;
    this.#requests += requests * seconds;
    const service = this.#requests > 0 ? this.#busySeconds / this.#requests : 0;
    const causes = diskCauses(busy + extra * service);
    const [, load] = causes;
    const queue = Math.max(load, predicted(fit, causes));
    const perSecond = requests + extra;
    return { queue, waitSeconds: perSecond > 0 ? (queue - load) / perSecond : 0 };
  }
}
