import { METERS, type Allocation, type Meter, type PerMeter, type Range } from '../../core/meter.ts';

export type Ranges = Readonly<Partial<Record<Meter, Range>>>;

/** What a host can hand out: its capacity without the reserve it keeps for itself. An absent meter is not bounded. */
export interface HostRoom {
  readonly capacity: PerMeter;
  readonly reserve: PerMeter;
}

/** Steps are compared with this tolerance, relative to the step: 0.25 vCPU has no exact multiples after a sum. */
const STEP_TOLERANCE = 1e-6;

/** Why an actuator cannot set these limits; empty when it can. */
export function rangeProblems(limits: Allocation, adjustable: Ranges): readonly string[] {
  return METERS.flatMap((meter) => {
    const value = limits[meter];
    if (value === undefined) return [];
    const range = adjustable[meter];
    if (range === undefined) return [`${meter} cannot be set on this vm`];
    if (value < range.min || value > range.max) return [`${meter} ${value} is outside ${range.min} to ${range.max}`];
    const steps = value / range.step;
    return Math.abs(steps - Math.round(steps)) > STEP_TOLERANCE
      ? [`${meter} ${value} is not a multiple of ${range.step}`]
      : [];
  });
}

/**
 * Why limits do not fit beside those of the other VMs; empty when they do. Only growth is refused: a host that is
 * over-committed already may always be relieved.
 */
export function roomProblems(
  room: HostRoom,
  others: readonly Allocation[],
  from: Allocation,
  to: Allocation,
): readonly string[] {
  return METERS.flatMap((meter) => {
    const wanted = to[meter];
    const total = room.capacity[meter];
    if (wanted === undefined || total === undefined || wanted <= (from[meter] ?? 0)) return [];
    const taken = others.reduce((sum, limits) => sum + (limits[meter] ?? 0), 0);
    const free = total - (room.reserve[meter] ?? 0) - taken;
    return wanted > free ? [`${meter} ${wanted} does not fit: ${free} of ${total} are free for it`] : [];
  });
}
