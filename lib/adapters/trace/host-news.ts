import { create } from '@bufbuild/protobuf';
import type { LifecycleEvent, LifecycleKind, Primary } from '../../core/trace/frame.ts';
import { METERS } from '../../core/meter.ts';
import type { Meter, Range } from '../../core/meter.ts';
import { malformed } from './malformed.ts';
import { wellFormed } from './name-table.ts';
import type { NameAt, NameTable } from './name-table.ts';
import * as pb from './trace_pb.ts';
import { whole } from './whole.ts';

const ACTUATORS = { none: pb.Actuator.NONE, kvm: pb.Actuator.KVM, ec2: pb.Actuator.EC2 } as const;
const KINDS = {
  appeared: pb.LifecycleKind.APPEARED,
  suspended: pb.LifecycleKind.SUSPENDED,
  resumed: pb.LifecycleKind.RESUMED,
  ended: pb.LifecycleKind.ENDED,
} as const;
const METER_NUMBERS = {
  cpu: pb.Meter.CPU,
  memory: pb.Meter.MEMORY,
  disk_read: pb.Meter.DISK_READ,
  disk_write: pb.Meter.DISK_WRITE,
  net_rx: pb.Meter.NET_RX,
  net_tx: pb.Meter.NET_TX,
} as const;

/** Writes what a host says about its VMs. Throws RangeError for what the format cannot hold. */
export function encodePrimaries(primaries: readonly Primary[], names: NameTable): pb.Primaries {
  return create(pb.PrimariesSchema, { items: primaries.map((primary) => encodePrimary(primary, names)) });
}

/** Reads what `encodePrimaries` wrote. Throws Fault TRACE_MALFORMED. */
export function decodePrimaries({ items }: pb.Primaries, nameAt: NameAt): Primary[] {
  return items.map((item) => ({
    vm: nameAt(item.vm),
    name: item.name,
    ...(item.image === undefined ? {} : { image: item.image }),
    ...(item.tags === undefined ? {} : { tags: item.tags.items }),
    actuator: keyOf(ACTUATORS, item.actuator, 'actuator'),
    ...(item.adjustable === undefined ? {} : { adjustable: decodeAdjustable(item.adjustable) }),
  }));
}

/** Writes changes in the lives of VMs. Throws RangeError for a time that the format cannot hold. */
export function encodeEvents(events: readonly LifecycleEvent[], names: NameTable): pb.Events {
  const items = events.map(({ vm, kind, at }) => ({
    vm: names.positionOf(vm),
    kind: KINDS[kind],
    at: BigInt(whole(`at of ${kind} ${vm}`, at)),
  }));
  return create(pb.EventsSchema, { items });
}

/** Reads what `encodeEvents` wrote. Throws Fault TRACE_MALFORMED. */
export function decodeEvents({ items }: pb.Events, nameAt: NameAt): LifecycleEvent[] {
  return items.map(({ vm, kind, at }) => ({
    vm: nameAt(vm),
    kind: keyOf<LifecycleKind>(KINDS, kind, 'lifecycle kind'),
    at: safeNumber('time of a lifecycle event', at),
  }));
}

/** A whole number of the wire as a number. Throws Fault TRACE_MALFORMED above 2^53 - 1. */
export function safeNumber(what: string, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw malformed(`${what} is ${value.toString()}, wanted at most 2^53 - 1`);
  return Number(value);
}

function encodePrimary({ vm, name, image, tags, actuator, adjustable }: Primary, names: NameTable): pb.Primary {
  const primary = create(pb.PrimarySchema, {
    vm: names.positionOf(vm),
    name: wellFormed('name of a primary', name),
    actuator: ACTUATORS[actuator],
  });
  if (image !== undefined) primary.image = wellFormed('image of a primary', image);
  if (tags !== undefined) {
    for (const [key, value] of Object.entries(tags)) wellFormed(`tag ${wellFormed('tag', key)}`, value);
    primary.tags = create(pb.TagsSchema, { items: { ...tags } });
  }
  if (adjustable !== undefined) {
    const meters = METERS.filter((meter) => adjustable[meter] !== undefined);
    const ranges = meters.map((meter) => encodeRange(vm, meter, adjustable[meter]));
    primary.adjustable = create(pb.AdjustableSchema, { ranges });
  }
  return primary;
}

function encodeRange(vm: string, meter: Meter, range: Range | undefined): pb.MeterRange {
  const { min, max, step } = range ?? { min: Number.NaN, max: Number.NaN, step: Number.NaN };
  if (!isRange({ min, max, step })) {
    throw new RangeError(`range of ${meter} of ${vm} is ${min} to ${max} by ${step}, wanted finite numbers from 0`);
  }
  return create(pb.MeterRangeSchema, { meter: METER_NUMBERS[meter], min, max, step });
}

function decodeAdjustable({ ranges }: pb.Adjustable): Partial<Record<Meter, Range>> {
  const adjustable: Partial<Record<Meter, Range>> = {};
  for (const { meter, min, max, step } of ranges) {
    const key = keyOf<Meter>(METER_NUMBERS, meter, 'meter');
    if (adjustable[key] !== undefined) throw malformed(`range of ${key} is there twice`);
    if (!isRange({ min, max, step })) throw malformed(`range of ${key} is ${min} to ${max} by ${step}`);
    adjustable[key] = { min, max, step };
  }
  return adjustable;
}

const isRange = (range: Range): boolean =>
  Object.values(range).every((bound) => Number.isFinite(bound) && !(bound < 0) && !Object.is(bound, -0));

function keyOf<Key extends string>(numbers: Readonly<Record<Key, number>>, number: number, what: string): Key {
  const found = (Object.keys(numbers) as Key[]).find((key) => numbers[key] === number);
  if (found === undefined) throw malformed(`${what} ${number} is not known`);
  return found;
}
