import fc from 'fast-check';
import { METERS } from '../../lib/core/meter.ts';
import type { Meter } from '../../lib/core/meter.ts';
import { FRAME_FIELDS } from '../../lib/core/trace/fields.ts';
import type { FrameField } from '../../lib/core/trace/fields.ts';
import type { Batch, Frame, LifecycleEvent, Primary } from '../../lib/core/trace/frame.ts';

/** Whole numbers over the whole domain of the trace format, small ones and the ends among them. */
const whole = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER, 4096, 2 ** 52, 2 ** 32),
);
const vm = fc.oneof(fc.constantFrom('h/a', 'h/b', 'h', '/', '\\', ''), fc.string({ unit: 'binary', maxLength: 12 }));
const name = fc.oneof(fc.constantFrom('vda', 'vdb', 'eth0'), fc.string({ unit: 'binary', maxLength: 6 }));

const disk = fc.record({
  name,
  reads: whole,
  writes: whole,
  flushes: whole,
  readBytes: whole,
  writeBytes: whole,
  readUs: whole,
  writeUs: whole,
  busyUs: whole,
  queueUs: whole,
});
const nic = fc.record({
  name,
  rxBytes: whole,
  rxPackets: whole,
  rxDrops: whole,
  txBytes: whole,
  txPackets: whole,
  txDrops: whole,
});
const tally = fc.record({ key: fc.oneof(fc.integer({ min: -1, max: 60 }), fc.constant(2 ** 32 - 1)), count: whole });
const age = fc.record({ ageMs: whole, bytes: whole });
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 3 });

const fields = Object.fromEntries(Object.keys(FRAME_FIELDS).map((field) => [field, whole])) as Record<
  FrameField,
  fc.Arbitrary<number>
>;
const allocation = fc.record(
  {
    cpu: fc.nat({ max: 1_000_000_000 }).map((millionths) => millionths / 1_000_000),
    memory: whole,
    disk_read: whole,
    disk_write: whole,
    net_rx: whole,
    net_tx: whole,
  },
  { requiredKeys: [] },
);

const frames: fc.Arbitrary<Frame> = fc.record(
  {
    vm,
    at: whole,
    interval: whole,
    values: fc.record(fields, { requiredKeys: [] }),
    disks: list(disk),
    nics: list(nic),
    syscalls: list(tally),
    exits: list(tally),
    ages: list(age),
    allocation,
  },
  { requiredKeys: ['vm', 'at', 'interval', 'values'] },
);

// Minus zero is no bound that a range would have; the format refuses it.
const bound = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => Math.abs(value));
const range = fc.record({ min: bound, max: bound, step: bound });
const ranges = Object.fromEntries(METERS.map((meter) => [meter, range])) as Record<Meter, typeof range>;
// Keys of messages are plain objects' keys; __proto__ is none.
const tags = fc
  .dictionary(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 }), { maxKeys: 4 })
  .map((items) => ({ ...items }));

const primaries: fc.Arbitrary<Primary> = fc.record(
  {
    vm,
    name: fc.string({ unit: 'binary', maxLength: 12 }),
    image: fc.string({ unit: 'binary', maxLength: 12 }),
    tags,
    actuator: fc.constantFrom('kvm' as const, 'ec2' as const, 'none' as const),
    adjustable: fc.record(ranges, { requiredKeys: [] }),
  },
  { requiredKeys: ['vm', 'name', 'actuator'] },
);
const events: fc.Arbitrary<LifecycleEvent> = fc.record({
  vm,
  kind: fc.constantFrom('appeared' as const, 'suspended' as const, 'resumed' as const, 'ended' as const),
  at: whole,
});

/** Batches over the whole domain of the format: gaps, backward times, repeated VMs, empty lists, odd names. */
export const batches: fc.Arbitrary<Batch> = fc.record(
  {
    host: fc.oneof(fc.constant('h'), fc.string({ unit: 'binary', maxLength: 8 })),
    epoch: fc.string({ unit: 'binary', maxLength: 16 }),
    sequence: whole,
    frames: fc.array(frames, { maxLength: 8 }),
    primaries: fc.array(primaries, { maxLength: 3 }),
    events: fc.array(events, { maxLength: 3 }),
  },
  { requiredKeys: ['host', 'epoch', 'sequence', 'frames'] },
);
