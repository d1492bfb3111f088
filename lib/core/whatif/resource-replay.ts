import type { Allocation } from '../meter.ts';
import type { Candidate } from './candidate.ts';
import { CpuReplay } from './cpu-replay.ts';
import { DiskReplay } from './disk-replay.ts';
import type { Interval } from './interval.ts';
import { MemoryReplay } from './memory-replay.ts';
import type { MissRatioCurve } from './miss-ratio-curve.ts';
import { NetworkReplay } from './network-replay.ts';
import { OwnWaiting } from './own-waiting.ts';
import { cpuCauses, predicted, type Coefficients } from './waiting-causes.ts';
import { WaitingTotal, type WaitingStep } from './waiting.ts';
import type { MemoryWhatIf, WhatIf, WhatIfStep } from './what-if.ts';

/** What the four resources add to an answer. */
type Answers = Pick<WhatIf, 'cpu' | 'memory' | 'disk' | 'netRx' | 'netTx'>;

/** The four resources of one primary at one candidate size, interval by interval. */
export class ResourceReplay {
  readonly #candidate: Candidate;
  readonly #own = new OwnWaiting();
  readonly #curve: MissRatioCurve | undefined;
  readonly #cpu = new CpuReplay();
  readonly #memory: MemoryReplay;
  readonly #disk = new DiskReplay();
  readonly #netRx = new NetworkReplay();
  readonly #netTx = new NetworkReplay();
  readonly #waiting = { cpu: new Sum(), disk: new Sum(), netRx: new Sum(), netTx: new Sum() };
  readonly #short = { episodes: 0, seconds: 0, most: 0, low: 0, high: 0, known: 0 };
  #stall = 0;
  #cpuSeconds = 0;

  constructor(candidate: Candidate, curve: MissRatioCurve | undefined) {
    this.#candidate = candidate;
    this.#curve = curve;
    this.#memory = new MemoryReplay(curve);
  }

  /** One interval at `size`, which is complete: what the candidate does not name is what was in force. */
  step(interval: Interval, size: Allocation): WhatIfStep {
    // Learnt from the intervals before this one only: what is said of it can be compared with what it measured.
    const { coefficients } = this.#own;
    const memory = this.#memoryStep(interval, size);
    const step = {
      at: interval.at,
      seconds: interval.seconds,
      ...this.#cpuStep(interval, size.cpu, coefficients),
      ...memory,
      ...this.#diskStep(interval, size, { extraRead: memory.extraRead ?? 0, fit: coefficients.diskQueue }),
      ...this.#netStep(interval, size),
    };
    this.#own.see(interval);
    return step;
  }

  summary(): Answers {
    const stallFrom = this.#own.knows('cpuStall') ? 'measured' : 'prior';
    const cpu = this.#waiting.cpu.summary();
    const memory = this.#memorySummary();
    const [disk, netRx, netTx] = [this.#waiting.disk, this.#waiting.netRx, this.#waiting.netTx].map((sum) =>
      sum.summary(),
    );
    return {
      ...(cpu !== undefined && { cpu: { ...cpu, stallShare: this.#stall / this.#cpuSeconds, stallFrom } }),
      ...(memory !== undefined && { memory }),
      ...(disk !== undefined && { disk }),
      ...(netRx !== undefined && { netRx }),
      ...(netTx !== undefined && { netTx }),
    };
  }

  #cpuStep(interval: Interval, capacity: number | undefined, fits: Coefficients): Partial<WhatIfStep> {
    const { cpu, seconds } = interval;
    if (cpu === undefined || capacity === undefined) return {};
    const step = this.#cpu.step(cpu, capacity, seconds);
    this.#waiting.cpu.add(step);
    const below = Math.min(1, predicted(fits.cpuStall, cpuCauses(step.stallSignal, interval)));
    const cpuStall = step.saturation + (1 - step.saturation) * below;
    this.#stall += cpuStall * seconds;
    this.#cpuSeconds += seconds;
    return {
      cpuDelay: step.delay,
      cpuStall,
      cpuWaiting: predicted(fits.cpuWaiting, cpuCauses(step.waitingSignal, interval)),
    };
  }

  #memoryStep({ memory, disk, inForce, seconds }: Interval, { memory: size }: Allocation): Partial<WhatIfStep> {
    if (memory === undefined || size === undefined) return {};
    const { short, extraRead, isEpisode } = this.#memory.step(memory, { size, inForce: inForce.memory }, disk);
    const sums = this.#short;
    sums.episodes += isEpisode ? 1 : 0;
    sums.seconds += short > 0 ? seconds : 0;
    sums.most = Math.max(sums.most, short);
    sums.low += extraRead[0] * seconds;
    sums.high += extraRead[1] * seconds;
    sums.known += seconds;
    return { memoryShort: short, extraRead: extraRead[1] };
  }

  #memorySummary(): MemoryWhatIf | undefined {
    const { episodes, seconds, most, low, high, known } = this.#short;
    if (known === 0) return undefined;
    return {
      outOfMemoryEpisodes: episodes,
      violationMinutes: seconds / 60,
      mostShort: most,
      extraRead: [low / known, high / known],
      extraReadFrom: this.#curve === undefined ? 'bounds' : 'curve',
    };
  }

  #diskStep(
    { disk, seconds }: Interval,
    size: Allocation,
    { extraRead, fit }: { readonly extraRead: number; readonly fit: readonly number[] },
  ): Partial<WhatIfStep> {
    if (disk === undefined || !this.#isDiskKnown(disk.busy, size)) return {};
    const { volume } = this.#candidate;
    const limits = { size, ...(volume !== undefined && { volume }) };
    const step = this.#disk.step(disk, limits, { extraRead, seconds, fit });
    this.#waiting.disk.add(step);
    return { diskDelay: step.delay, diskQueue: step.queue };
  }

  /** A disk without limits and without busy times has nothing that anything could wait for. */
  #isDiskKnown(busy: number, { disk_read, disk_write }: Allocation): boolean {
    const isLimited = disk_read !== undefined || disk_write !== undefined || this.#candidate.volume !== undefined;
    return isLimited || busy > 0 || this.#waiting.disk.isStarted;
  }

  #netStep({ netRx, netTx, seconds }: Interval, { net_rx, net_tx }: Allocation): Partial<WhatIfStep> {
    const burst = this.#candidate.netBurst;
    const steps: { netRxDelay?: number; netTxDelay?: number } = {};
    if (netRx !== undefined && net_rx !== undefined) {
      const step = this.#netRx.step(netRx, { rate: net_rx, burst }, seconds);
      this.#waiting.netRx.add(step);
      steps.netRxDelay = step.delay;
    }
    if (netTx !== undefined && net_tx !== undefined) {
      const step = this.#netTx.step(netTx, { rate: net_tx, burst }, seconds);
      this.#waiting.netTx.add(step);
      steps.netTxDelay = step.delay;
    }
    return steps;
  }
}

/** A `WaitingTotal` that knows whether anything was ever added. */
class Sum {
  readonly #total = new WaitingTotal();
  isStarted = false;

  add(step: WaitingStep): void {
    this.isStarted = true;
    this.#total.add(step);
  }

  summary(): ReturnType<WaitingTotal['summary']> | undefined {
    return this.isStarted ? this.#total.summary() : undefined;
  }
}
