/** Weight of the past after one more interval: about the last 60 count. */
const MEMORY = 0.98;

/**
 * How large the bursts are in which work comes, learnt from how much neighbouring intervals differ.
 *
 * Bursts of mean size s that come at random (a compound Poisson process) make the work of an interval vary by
 * E[s^2] / E[s] times its mean (index of dispersion). With W the work of an interval, half of that is
 *
 *   b = E[(W_t - W_t-1)^2] / (4 E[W])
 *
 * and by Pollaczek and Khinchine the backlog of such work before one server with utilisation p is b p / (1 - p).
 * Differences of neighbours leave slow changes out, which a fluid queue sees by itself.
 */
export class Burstiness {
  #squares = 0;
  #work = 0;
  #last: number | undefined;

  /** Takes in the work of one interval; answers with b, in units of work. */
  see(work: number): number {
    const change = work - (this.#last ?? work);
    this.#squares = MEMORY * this.#squares + change * change;
    this.#work = MEMORY * this.#work + work;
    this.#last = work;
    return this.#work > 0 ? this.#squares / (4 * this.#work) : 0;
  }
}

/**
 * Share of what the formula below says that bursts within an interval really wait. Learnt from one-second traces, every second
 * VM: what minute means leave out against the replay of the seconds (`test/bench/whatif.bench.ts`).
 */
export const BURST_WEIGHT = 0.37;

/** One interval of work, in units of work per second. */
export interface BurstLoad {
  /** What `Burstiness` says, in units of work. */
  readonly burst: number;
  readonly demand: number;
  readonly capacity: number;
  readonly seconds: number;
}

/**
 * Seconds that work waits because it comes in bursts within an interval, which a fluid queue of the mean rate does not see.
 *
 *   stationary  b / A  p / (1 - p)         for p = D / A < 1
 *   transient   0.75 sqrt(b D dt) / A      mean of a reflected random walk that starts empty
 *
 * The smaller one counts: near p = 1 the stationary queue takes longer than the interval to build up. Several
 * vCPUs count as one fast one, as in the fluid queue.
 */
export function burstDelay({ burst, demand, capacity, seconds }: BurstLoad): number {
  const load = demand / capacity;
  const transient = (0.75 * Math.sqrt(burst * demand * seconds)) / capacity;
  if (load >= 1) return BURST_WEIGHT * transient;
  const stationary = (burst * load) / (1 - load) / capacity;
  return BURST_WEIGHT * Math.min(stationary, transient);
}
