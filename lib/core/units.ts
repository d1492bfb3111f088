declare const unit: unique symbol;

/**
 * A number that remembers its unit: bytes cannot be passed where milliseconds are expected, while a plain number
 * (a literal, a parsed cell) may enter anywhere. The unit exists for the compiler only.
 */
export type Quantity<Unit extends string> = number & { readonly [unit]?: Unit };

/** A point in time: milliseconds since 1970-01-01T00:00Z. Whole. */
export type EpochMs = Quantity<'epochMs'>;
/** A length of time in milliseconds. Never negative. */
export type DurationMs = Quantity<'durationMs'>;
/** Virtual CPUs: 1.5 is one and a half. Never negative; whole only where an actuator says so. */
export type Vcpus = Quantity<'vcpus'>;
/** Bytes. Whole, never negative, at most 2^53 - 1. */
export type Bytes = Quantity<'bytes'>;
/** Bytes per second. Never negative. */
export type BytesPerSecond = Quantity<'bytesPerSecond'>;
/** A probability, quantile level or share, from 0 to 1. */
export type Probability = Quantity<'probability'>;

/** An EC2 instance id or a libvirt domain, unique in a fleet: `i-0abc...` or `kvm1/web`. */
export type VmId = string;
/** The machine that sends traces: an EC2 instance id, an SSM node id (`mi-...`) or a host name. */
export type HostId = string;

export const SECOND_MS: DurationMs = 1_000;
export const MINUTE_MS: DurationMs = 60_000;
export const HOUR_MS: DurationMs = 3_600_000;
export const DAY_MS: DurationMs = 86_400_000;
