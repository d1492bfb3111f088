import type { DurationMs } from '../units.ts';
import type { Horizon } from './forecast.ts';

/** A horizon in samples: the window is the samples `lead` to `lead + hold - 1` after the newest one. Both at least 1. */
export interface Steps {
  readonly lead: number;
  readonly hold: number;
}

/** A horizon in samples of the given step; a sample a little early or late counts as the one it stands for. */
export function stepsOf({ lead, hold }: Horizon, step: DurationMs): Steps {
  return { lead: Math.max(1, Math.round(lead / step)), hold: Math.max(1, Math.round(hold / step)) };
}
