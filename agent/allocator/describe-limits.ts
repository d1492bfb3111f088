import { RESOURCE_OF } from '../../lib/core/meter.ts';
import type { Meter } from '../../lib/core/meter.ts';

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** One limit for a person: `cpu 2`, `memory 300 MiB`, `disk_read 5 MiB/s`, `net_rx not limited`. */
export function describeLimit(meter: Meter, value: number | undefined): string {
  return `${meter} ${describeAmount(meter, value)}`;
}

/** One change for a person: `memory 256 MiB -> 300 MiB`. */
export function describeChange(meter: Meter, from: number | undefined, to: number): string {
  return `${meter} ${describeAmount(meter, from)} -> ${describeAmount(meter, to)}`;
}

/** One amount for a person: `300 MiB`. */
export function describeAmount(meter: Meter, value: number | undefined): string {
  if (value === undefined || value === Infinity) return 'not limited';
  const resource = RESOURCE_OF[meter];
  if (resource === 'cpu') return String(round(value));
  let rest = value;
  let step = 0;
  while (rest >= 1_024 && step < STEPS.length - 1) {
    rest /= 1_024;
    step += 1;
  }
  return `${round(rest)} ${STEPS[step] ?? 'B'}${resource === 'memory' ? '' : '/s'}`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
