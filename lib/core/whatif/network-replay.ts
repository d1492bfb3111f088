import type { BytesPerSecond } from '../units.ts';
import { plainLimit, TokenBucket, type BucketLimits } from './token-bucket.ts';
import { Burstiness, burstDelay } from './burstiness.ts';
import type { WaitingStep } from './waiting.ts';

/** Amazon EC2 User Guide, "Amazon EC2 instance network bandwidth": bursts last 5 to 60 minutes, by the size of the instance. */
const BURST_SECONDS = 300;

/** One direction of the network behind a token bucket. What does not fit waits; packets that are dropped come again. */
export class NetworkReplay {
  readonly #bucket = new TokenBucket();
  readonly #bursts = new Burstiness();

  /** One interval with `demand` bytes/s at `rate`, or at `burst` while credits last. */
  step(
    demand: BytesPerSecond,
    { rate, burst }: { rate: BytesPerSecond; burst?: BytesPerSecond | undefined },
    seconds: number,
  ): WaitingStep {
    const { area, backlog, service } = this.#bucket.step(limitsOf(rate, burst), demand, seconds);
    const size = this.#bursts.see(demand * seconds);
    return {
      seconds,
      work: demand * seconds,
      delay: area / seconds / service + burstDelay({ burst: size, demand, capacity: service, seconds }),
      backlog,
      isViolation: demand > service,
    };
  }
}

const limitsOf = (rate: BytesPerSecond, burst: BytesPerSecond | undefined): BucketLimits =>
  burst === undefined || burst <= rate
    ? plainLimit(rate)
    : { rate, peak: burst, depth: (burst - rate) * BURST_SECONDS };
