import type { Range } from '../meter.ts';

/** Share of the present size below which a change is noise: a judgement, well under any step an operator would notice. */
const DEADBAND = 0.02;

/** The smallest change of a size that is worth making: one step of the actuator, and 2 % of the present size. */
export function leastChange(from: number, range: Range | undefined): number {
  return Math.max(range?.step ?? 0, from * DEADBAND);
}
