import type { Allocation } from '../core/meter.ts';
import type { Frame, LifecycleEvent, LifecycleKind, Primary } from '../core/trace/frame.ts';
import type { DurationMs, EpochMs, HostId, VmId } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import { rangeProblems, roomProblems, type HostRoom, type Ranges } from './host/capacity.ts';
import type { DemandPlayer } from './host/demand-player.ts';
import { frameOfLoad } from './host/frame-of-load.ts';
import { openLimitsServer, type LimitChange, type LimitsReading } from './host/limits-server.ts';
import { VmLoad } from './host/vm-load.ts';

/** A VM to simulate. */
export interface VmDefinition {
  readonly vm: VmId;
  readonly name: string;
  readonly image?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly demand: DemandPlayer;
  /** Recorded second to begin with; 0 by default. */
  readonly startSecond?: number;
  /** What the allocator can set. */
  readonly adjustable: Ranges;
  /** Limits in force at the start. */
  readonly limits: Allocation;
}

export interface SimulatedHostOptions extends HostRoom {
  readonly host: HostId;
  readonly vms: readonly VmDefinition[];
  readonly clock: Clock;
  /** Recorded seconds that pass in one second of the clock; 1 by default. */
  readonly speed?: number;
  /** What the control socket wants as bearer token. */
  readonly token: string;
  readonly port?: number;
}

/** What a host's agent would have read at one moment. */
export interface HostTick {
  readonly at: EpochMs;
  readonly frames: readonly Frame[];
  /** Primaries that are new or changed, and all of them now and then. */
  readonly primaries: readonly Primary[];
  readonly events: readonly LifecycleEvent[];
}

/** A KVM host that is not there: VMs that want what was recorded and get what they are allowed. */
export interface SimulatedHost {
  readonly host: HostId;
  /** Base address of the control socket. */
  readonly url: string;
  /**
   * One tick per interval of the clock, on the beat; a beat that was missed is skipped and its time is in the next
   * frame. Ends when the signal aborts. Only one caller may read it.
   */
  readonly ticks: (interval: DurationMs, signal: AbortSignal) => AsyncGenerator<HostTick>;
  /** Throws a RangeError when the id is taken, or its limits are not possible here. */
  readonly add: (vm: VmDefinition) => void;
  readonly end: (vm: VmId) => void;
  readonly suspend: (vm: VmId) => void;
  readonly resume: (vm: VmId) => void;
  /** VMs that have not ended. */
  readonly vms: () => readonly VmId[];
  /** Limits in force; undefined when the VM does not run. */
  readonly limitsOf: (vm: VmId) => Allocation | undefined;
  /** Closes the control socket. */
  readonly stop: () => Promise<void>;
}

interface Running {
  readonly definition: VmDefinition;
  readonly load: VmLoad;
  limits: Allocation;
  /** Recorded second, within the round. */
  second: number;
  isSuspended: boolean;
  isDescribed: boolean;
}

/** All primaries are described again after this many ticks, so that one lost batch does not leave a VM unknown. */
const DESCRIBE_EVERY = 60;

/**
 * Starts the host and its control socket. With `speed` N a frame covers N recorded seconds and carries their means, so
 * peaks shorter than that are flattened: use speed 1 to judge forecasts.
 */
export async function startSimulatedHost(options: SimulatedHostOptions): Promise<SimulatedHost> {
  const { host, clock, speed = 1, token } = options;
  const running = new Map<VmId, Running>();
  const events: LifecycleEvent[] = [];
  let playedUntil: EpochMs = clock.now();
  let ticks = 0;

  /** Plays recorded time up to `to` with the limits in force, in steps of at most one recorded second. */
  const play = (to: EpochMs): void => {
    const seconds = (Math.max(0, to - playedUntil) / 1000) * speed;
    playedUntil = Math.max(playedUntil, to);
    for (const vm of running.values()) if (!vm.isSuspended) playVm(vm, seconds);
  };
  const note = (vm: VmId, kind: LifecycleKind): void => {
    events.push({ vm, kind, at: clock.now() });
  };
  const change = (vm: VmId, kind: LifecycleKind, apply: (found: Running) => void): void => {
    const found = running.get(vm);
    if (found === undefined) return;
    play(clock.now());
    apply(found);
    note(vm, kind);
  };
  const othersOf = (vm: VmId): readonly Allocation[] =>
    [...running.values()].filter(({ definition }) => definition.vm !== vm).map(({ limits }) => limits);
  const read = (vm: VmId): LimitsReading | undefined => {
    const found = running.get(vm);
    return found === undefined ? undefined : { limits: found.limits, at: Math.round(clock.now()) };
  };
  const set = (vm: VmId, wanted: LimitChange): LimitsReading | string | undefined => {
    const found = running.get(vm);
    if (found === undefined) return undefined;
    const limits = withChange(found.limits, wanted);
    const changed = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
    const problems = [
      ...rangeProblems(changed, found.definition.adjustable),
      ...roomProblems(options, othersOf(vm), found.limits, changed),
    ];
    if (problems.length > 0) return problems.join('; ');
    play(clock.now());
    found.limits = limits;
    return read(vm);
  };
  const add = (definition: VmDefinition): void => {
    const { vm, limits, adjustable, demand, startSecond = 0 } = definition;
    const problems = [
      ...(running.has(vm) ? ['a vm of this name runs already'] : []),
      ...rangeProblems(limits, adjustable),
      ...roomProblems(options, othersOf(vm), {}, limits),
    ];
    if (problems.length > 0) throw new RangeError(`vm ${vm} cannot start on host ${host}: ${problems.join('; ')}`);
    play(clock.now());
    const second = startSecond % demand.seconds;
    running.set(vm, { definition, load: new VmLoad(), limits, second, isSuspended: false, isDescribed: false });
    note(vm, 'appeared');
  };
  const tick = (at: EpochMs, interval: DurationMs): HostTick => {
    play(at);
    const active = [...running.values()].filter((vm) => !vm.isSuspended);
    const frames = active.map((vm) => frameOf(vm, at, interval));
    const told = [...running.values()].filter((vm) => ticks % DESCRIBE_EVERY === 0 || !vm.isDescribed);
    for (const vm of told) vm.isDescribed = true;
    ticks += 1;
    return { at, frames, primaries: told.map(({ definition }) => primaryOf(definition)), events: events.splice(0) };
  };

  for (const vm of options.vms) add(vm);
  const listener = await openLimitsServer({ read, set }, token, options.port);
  return {
    host,
    url: listener.endpoint,
    add,
    end: (vm) => {
      change(vm, 'ended', () => running.delete(vm));
    },
    suspend: (vm) => {
      change(vm, 'suspended', (found) => (found.isSuspended = true));
    },
    resume: (vm) => {
      change(vm, 'resumed', (found) => (found.isSuspended = false));
    },
    vms: () => [...running.keys()],
    limitsOf: (vm) => running.get(vm)?.limits,
    stop: listener.stop,
    ticks: async function* (interval, signal) {
      let last = Math.round(clock.now());
      while (!signal.aborted) {
        await clock.sleep(Math.max(0, last + interval - clock.now()), signal);
        if (isAborted(signal)) return;
        const beats = Math.max(1, Math.floor((clock.now() - last) / interval));
        const at = last + beats * interval;
        const elapsed = at - last;
        last = at;
        yield tick(at, elapsed);
      }
    },
  };
}

/** Read through a function because the compiler takes `aborted` for constant after the loop's own check. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

function playVm(vm: Running, seconds: number): void {
  const { demand } = vm.definition;
  for (let left = seconds; left > 0;) {
    const dt = Math.min(1, left);
    vm.load.pass(demand.demandAt(vm.second), vm.limits, dt);
    vm.second = (vm.second + dt) % demand.seconds;
    left -= dt;
  }
}

const frameOf = ({ definition, load, limits }: Running, at: EpochMs, interval: DurationMs): Frame =>
  frameOfLoad(load.take(), {
    vm: definition.vm,
    at,
    interval,
    vcpus: Math.ceil(definition.adjustable.cpu?.max ?? limits.cpu ?? 1),
    allocation: limits,
  });

const primaryOf = ({ vm, name, image, tags, adjustable }: VmDefinition): Primary => ({
  vm,
  name,
  ...(image !== undefined && { image }),
  ...(tags !== undefined && { tags }),
  actuator: 'kvm',
  adjustable,
});

/** null lifts a limit. */
const withChange = (limits: Allocation, wanted: LimitChange): Allocation =>
  Object.fromEntries(Object.entries({ ...limits, ...wanted }).filter(([, value]) => value !== null));
