/** One of the four resources that a VM runs out of. Each has a shadow of its own. */
export type Resource = 'cpu' | 'memory' | 'disk' | 'network';

/**
 * One measured and limited quantity of a resource; disk and network have one for each direction.
 * cpu in vCPUs, memory in bytes, the rest in bytes per second.
 */
export type Meter = 'cpu' | 'memory' | 'disk_read' | 'disk_write' | 'net_rx' | 'net_tx';

/** Every meter, in the order of the columns of all CSV files and of a shadow's parts. */
export const METERS: readonly Meter[] = ['cpu', 'memory', 'disk_read', 'disk_write', 'net_rx', 'net_tx'];
export const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'disk', 'network'];

/** The resource that a meter measures. */
export const RESOURCE_OF: Readonly<Record<Meter, Resource>> = {
  cpu: 'cpu',
  memory: 'memory',
  disk_read: 'disk',
  disk_write: 'disk',
  net_rx: 'network',
  net_tx: 'network',
};

/** The meters of a resource. */
export const METERS_OF: Readonly<Record<Resource, readonly Meter[]>> = {
  cpu: ['cpu'],
  memory: ['memory'],
  disk: ['disk_read', 'disk_write'],
  network: ['net_rx', 'net_tx'],
};

/** A number for some meters, in the meter's own unit; an absent one is unknown, never zero. */
export type PerMeter = Readonly<Partial<Record<Meter, number>>>;
/** Limits in force, in each meter's unit. An absent meter is not limited, or its limit is not known. */
export type Allocation = PerMeter;

/** What an actuator can set one meter to: from `min` to `max` in whole multiples of `step` (all in the meter's unit). */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}
