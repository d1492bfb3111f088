import { CpuReplay } from './cpu-replay.ts';
import type { Interval, Measured } from './interval.ts';
import { NonNegativeFit } from './non-negative-fit.ts';
import { CAUSES, cpuCauses, diskCauses, WAITING_KINDS, type Coefficients } from './waiting-causes.ts';

/** Weight of the past after one more interval: about the last 50 count, so that other VMs of the host may come and go. */
const MEMORY = 0.98;
/** Measured on fewer intervals, a kind of waiting is that of other workloads. */
export const LEAST_INTERVALS = 20;

/** Learns from a trace, interval by interval, how its own waiting follows from the size in force. Constant space. */
export class OwnWaiting {
  readonly #inForce = new CpuReplay();
  readonly #fits: Readonly<Record<keyof Measured, NonNegativeFit>> = {
    cpuStall: new NonNegativeFit(CAUSES.cpuStall, MEMORY),
    cpuWaiting: new NonNegativeFit(CAUSES.cpuWaiting, MEMORY),
    diskQueue: new NonNegativeFit(CAUSES.diskQueue, MEMORY),
  };
  readonly #seen: Record<keyof Measured, number> = { cpuStall: 0, cpuWaiting: 0, diskQueue: 0 };

  /** What was learnt up to now: the priors of `CAUSES` where nothing was measured. */
  get coefficients(): Coefficients {
    const { cpuStall, cpuWaiting, diskQueue } = this.#fits;
    return {
      cpuStall: cpuStall.coefficients(),
      cpuWaiting: cpuWaiting.coefficients(),
      diskQueue: diskQueue.coefficients(),
    };
  }

  /** Whether enough of a kind was measured to know it. */
  knows(kind: keyof Measured): boolean {
    return this.#seen[kind] >= LEAST_INTERVALS;
  }

  see(interval: Interval): void {
    const causes = this.#causesOf(interval);
    for (const kind of WAITING_KINDS) {
      const [measured, own] = [interval.measured[kind], causes[kind]];
      if (measured === undefined || own === undefined) continue;
      this.#fits[kind].see(own, measured);
      this.#seen[kind] += 1;
    }
  }

  #causesOf(interval: Interval): Partial<Coefficients> {
    const { cpu, inForce, disk, seconds } = interval;
    const onDisk = disk === undefined ? {} : { diskQueue: diskCauses(disk.busy) };
    if (cpu === undefined || inForce.cpu === undefined) return onDisk;
    const { stallSignal, waitingSignal } = this.#inForce.step(cpu, inForce.cpu, seconds);
    return { ...onDisk, cpuStall: cpuCauses(stallSignal, interval), cpuWaiting: cpuCauses(waitingSignal, interval) };
  }
}
