import { PENDING, PLATEAU, S_AGE, S_REACHED, SLOT, SLOTS } from './meter-layout.ts';
import { shorten } from './short-number.ts';
import type { Steps } from './steps.ts';

/*
 * Forecasts that wait for their outcome: SLOTS of them, each with what it was made from (S_SHORT and following), its age in
 * samples (0 for a free slot) and the most that its window has reached so far.
 */

/** Whether a forecast made after sample number `n` (0 is the first) is one of those that wait: as many as slots allow. */
export const isDue = (n: number, { lead, hold }: Steps): boolean => n % Math.ceil((lead + hold - 1) / SLOTS) === 0;

/** Where a free slot begins; undefined when all wait. */
export function freeSlot(floats: Float32Array): number | undefined {
  for (let slot = PENDING; slot < PLATEAU; slot += SLOT) if (floats[slot + S_AGE] === 0) return slot;
  return undefined;
}

/** The slot's forecast waits from now on; it was made after the newest sample. */
export function begin(floats: Float32Array, slot: number): void {
  floats[slot + S_AGE] = 1;
  floats[slot + S_REACHED] = 0;
}

/** Gives a sample to the forecast in a slot; whether it ended its window. */
export function reach(floats: Float32Array, slot: number, value: number, { lead, hold }: Steps): boolean {
  const age = floats[slot + S_AGE] ?? 0;
  if (age === 0) return false;
  if (age >= lead) floats[slot + S_REACHED] = shorten(Math.max(floats[slot + S_REACHED] ?? 0, value));
  floats[slot + S_AGE] = age + 1;
  return age >= lead + hold - 1;
}

/** Frees a slot. */
export const clear = (floats: Float32Array, slot: number): void => {
  floats.fill(0, slot, slot + SLOT);
};

/** Frees all: forecasts of another level, or of another VM, are answered by samples that they are not about. */
export const clearAll = (floats: Float32Array): void => {
  floats.fill(0, PENDING, PLATEAU);
};
