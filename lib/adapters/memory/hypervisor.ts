import { Fault } from '../../core/fault.ts';
import { METERS } from '../../core/meter.ts';
import type { Allocation, Meter, Range } from '../../core/meter.ts';
import type { VmId } from '../../core/units.ts';
import type { Hypervisor } from '../../ports/hypervisor.ts';

/** A host in memory, with the trouble that real ones make at hand. */
export interface MemoryHypervisor extends Hypervisor {
  /** Starts a VM with these limits. */
  readonly start: (vm: VmId, limits: Allocation) => void;
  /** Ends a VM. */
  readonly end: (vm: VmId) => void;
  /** The host takes no value outside this range for this meter, on any VM: Fault ACT_FAILED. */
  readonly bound: (meter: Meter, range: Pick<Range, 'min' | 'max'>) => void;
  /** The host takes every value, but the limit in force stops here: a balloon above its guest's working set. */
  readonly stick: (meter: Meter, floor: number) => void;
  /** The limit in force follows only at the n-th read after a set: a balloon on its way. */
  readonly delay: (reads: number) => void;
  /** The next call throws this. */
  readonly failNext: (call: 'read' | 'set', thrown: Error) => void;
  /** Every accepted set, one entry per meter, in order. */
  readonly sets: () => readonly { readonly vm: VmId; readonly meter: Meter; readonly value: number }[];
}

interface Machine {
  limits: Partial<Record<Meter, number>>;
  readonly coming: { readonly meter: Meter; readonly value: number; reads: number }[];
}

/** A real implementation of the port that lives as long as the process; Infinity lifts a limit. */
export function memoryHypervisor(): MemoryHypervisor {
  const machines = new Map<VmId, Machine>();
  const bounds = new Map<Meter, Pick<Range, 'min' | 'max'>>();
  const floors = new Map<Meter, number>();
  const failures: { readonly call: 'read' | 'set'; readonly thrown: Error }[] = [];
  const taken: { readonly vm: VmId; readonly meter: Meter; readonly value: number }[] = [];
  let lag = 0;

  const enter = (call: 'read' | 'set', vm: VmId): Machine => {
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure !== undefined) throw failure.thrown;
    const machine = machines.get(vm);
    if (machine === undefined) throw new Fault('PRIMARY_GONE', `there is no vm ${vm} on this host`);
    return machine;
  };
  const setMeter = (vm: VmId, machine: Machine, meter: Meter): ((value: number) => void) => {
    return (value) => {
      const bound = bounds.get(meter);
      if (bound !== undefined && (value < bound.min || value > bound.max)) {
        throw new Fault('ACT_FAILED', `${meter} ${value} is outside ${bound.min} to ${bound.max}`);
      }
      taken.push({ vm, meter, value });
      machine.coming.push({ meter, value: Math.max(value, floors.get(meter) ?? 0), reads: lag });
    };
  };

  return {
    // promises as a remote host gives them: a fault is a rejection, never thrown at the call
    read: (vm) =>
      Promise.resolve().then(() => {
        const machine = enter('read', vm);
        arrive(machine);
        return { ...machine.limits };
      }),
    set: (vm, limits) =>
      Promise.resolve().then(() => {
        const machine = enter('set', vm);
        for (const meter of Object.keys(limits).filter(isMeter)) {
          const value = limits[meter];
          if (value !== undefined) setMeter(vm, machine, meter)(value);
        }
      }),
    start: (vm, limits) => void machines.set(vm, { limits: { ...limits }, coming: [] }),
    end: (vm) => void machines.delete(vm),
    bound: (meter, range) => void bounds.set(meter, range),
    stick: (meter, floor) => void floors.set(meter, floor),
    delay: (reads) => {
      lag = reads;
    },
    failNext: (call, thrown) => void failures.push({ call, thrown }),
    sets: () => taken,
  };
}

/** Brings into force what has been on its way for long enough. */
function arrive(machine: Machine): void {
  for (const change of machine.coming.splice(0)) {
    if (change.reads > 0) machine.coming.push({ ...change, reads: change.reads - 1 });
    else if (change.value === Infinity) machine.limits = withoutMeter(machine.limits, change.meter);
    else machine.limits[change.meter] = change.value;
  }
}

const isMeter = (name: string): name is Meter => METERS.some((meter) => meter === name);

function withoutMeter(limits: Allocation, meter: Meter): Partial<Record<Meter, number>> {
  return Object.fromEntries(Object.entries(limits).filter(([name]) => name !== meter));
}
