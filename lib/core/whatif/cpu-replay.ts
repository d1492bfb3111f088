import type { Probability, Vcpus } from '../units.ts';
import { Burstiness, burstDelay } from './burstiness.ts';
import { plainLimit, TokenBucket } from './token-bucket.ts';
import type { WaitingStep } from './waiting.ts';

/** What one interval would have been like with another number of vCPUs. */
export interface CpuStep extends WaitingStep {
  /** The part of the delay that the fluid queue says, without bursts within the interval. */
  readonly fluidDelay: number;
  /** How overloaded the vCPUs are, from 0 to 1: from a delay of a tenth of a second on, something waits all the time. */
  readonly saturation: Probability;
  /** How much an open queue at this load would keep something waiting, and how many; what is measured is some part of it. */
  readonly stallSignal: Probability;
  readonly waitingSignal: number;
}

/** A judgement: longer than the time slices that a scheduler hands out, shorter than anybody's patience. */
const SATURATED_SECONDS = 0.1;
/** Load beyond which a mean queue says nothing: it takes longer than an interval to build up. */
const MOST_LOAD = 0.95;

/**
 * CPU as a work-conserving fluid queue, B' = max(0, B + (D - A) dt), and beside it the waiting of bursts within the interval.
 * Open loop: work comes as it did, however long it waits. One instance per replay.
 */
export class CpuReplay {
  readonly #queue = new TokenBucket();
  readonly #bursts = new Burstiness();

  /** One interval with `demand` vCPUs of work on `capacity` vCPUs. */
  step(demand: Vcpus, capacity: Vcpus, seconds: number): CpuStep {
    const { area, backlog } = this.#queue.step(plainLimit(capacity), demand, seconds);
    const burst = this.#bursts.see(demand * seconds);
    const fluidDelay = area / seconds / capacity;
    const load = Math.min(1, demand / capacity);
    // Sakasegawa (1977): a queue before k servers is about p^sqrt(2(k+1)) / (1 - p) long, also for parts of a server; all
    // but the last factor is the chance that anything waits.
    const stallSignal = load ** Math.sqrt(2 * (capacity + 1));
    return {
      seconds,
      work: demand * seconds,
      delay: fluidDelay + burstDelay({ burst, demand, capacity, seconds }),
      backlog,
      isViolation: demand > capacity,
      fluidDelay,
      saturation: Math.min(1, fluidDelay / SATURATED_SECONDS),
      stallSignal,
      waitingSignal: stallSignal / (1 - Math.min(MOST_LOAD, load)),
    };
  }
}
