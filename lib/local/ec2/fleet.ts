import type { DurationMs, EpochMs } from '../../core/units.ts';
import { ServiceError } from '../json-service.ts';
import { INSTANCE_TYPES } from './instance-types.ts';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** The code that goes with a state's name. */
export const STATE_CODE: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** An instance to begin with; it runs. */
export interface InstanceDefinition {
  readonly id: string;
  readonly type: string;
  readonly image?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** `ebs` by default; `instance-store` cannot be stopped. */
  readonly rootDevice?: 'ebs' | 'instance-store';
}

export interface Instance {
  readonly id: string;
  readonly image: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly rootDevice: 'ebs' | 'instance-store';
  readonly volumeId: string;
  type: string;
  state: InstanceState;
  launchedAt: EpochMs;
  /** When it was last started; its status checks begin then. */
  runningSince: EpochMs | undefined;
}

/** How long real EC2 takes; tests make it short. */
export interface Ec2Delays {
  /** stopping -> stopped. */
  readonly stop: DurationMs;
  /** pending -> running. */
  readonly start: DurationMs;
  /** running -> both status checks ok. */
  readonly checks: DurationMs;
}

/** Faults that a test, or a demonstration, can switch on and off while it runs. */
export interface Ec2Faults {
  /** Types that have no capacity: starting on one fails with InsufficientInstanceCapacity. */
  readonly exhausted: Set<string>;
  /** Instances whose stop never ends, until they are taken out again. */
  readonly hanging: Set<string>;
  /** Types whose status checks fail. */
  readonly impaired: Set<string>;
  /** How many of the next calls are refused with RequestLimitExceeded. */
  throttled: number;
}

/** An EC2 Instance State-change Notification as EventBridge delivers it. */
export interface StateChangeEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'EC2 Instance State-change Notification';
  readonly source: 'aws.ec2';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: { readonly 'instance-id': string; readonly state: InstanceState };
}

export interface FleetOptions {
  readonly delays: Ec2Delays;
  readonly faults: Ec2Faults;
  readonly now: () => EpochMs;
  readonly onState: (instance: Instance) => void;
}

export interface StateChange {
  readonly instance: Instance;
  readonly previous: InstanceState;
}

/** EC2's default waits are in the range of a minute; these are the order of a quick instance. */
export const REAL_DELAYS: Ec2Delays = { stop: 20_000, start: 10_000, checks: 60_000 };

/** How often a stop that hangs looks whether it still has to. */
const HANG_POLL_MS = 50;

/** The instances and the rules by which they change. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #instances = new Map<string, Instance>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  add({ id, type, image = 'ami-0123456789abcdef0', tags = {}, rootDevice = 'ebs' }: InstanceDefinition): void {
    if (!INSTANCE_TYPES.has(type)) throw new RangeError(`instance ${id}: type ${type} is not offered here`);
    const now = this.#options.now();
    const volumeId = `vol-${id.replace(/^i-/, '').padStart(17, '0')}`;
    const instance: Instance = {
      id,
      image,
      tags,
      rootDevice,
      volumeId,
      type,
      state: 'running',
      launchedAt: now,
      runningSince: now - this.#options.delays.checks,
    };
    this.#instances.set(id, instance);
    this.#options.onState(instance);
  }

  find(id: string): Instance {
    const found = this.#instances.get(id);
    if (found === undefined)
      throw new ServiceError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return found;
  }

  stop(id: string): StateChange {
    const instance = this.find(id);
    const previous = instance.state;
    if (previous === 'stopped' || previous === 'stopping') return { instance, previous };
    if (previous !== 'running') throw wrongState(instance, 'stopped');
    if (instance.rootDevice === 'instance-store') {
      throw new ServiceError(
        'UnsupportedOperation',
        `The instance '${id}' does not have an 'ebs' root device type and cannot be stopped`,
      );
    }
    this.#enter(instance, 'stopping');
    this.#finishStop(instance, this.#options.delays.stop);
    return { instance, previous };
  }

  start(id: string): StateChange {
    const instance = this.find(id);
    const previous = instance.state;
    if (previous === 'running' || previous === 'pending') return { instance, previous };
    if (previous !== 'stopped') throw wrongState(instance, 'started');
    if (this.#options.faults.exhausted.has(instance.type)) {
      const message = `We currently do not have sufficient ${instance.type} capacity in the Availability Zone you requested`;
      throw new ServiceError('InsufficientInstanceCapacity', message, 500);
    }
    instance.launchedAt = this.#options.now();
    this.#enter(instance, 'pending');
    this.#after(this.#options.delays.start, () => {
      instance.runningSince = this.#options.now();
      this.#enter(instance, 'running');
    });
    return { instance, previous };
  }

  terminate(id: string): StateChange {
    const instance = this.find(id);
    const previous = instance.state;
    this.#enter(instance, 'shutting-down');
    this.#after(this.#options.delays.stop, () => {
      this.#enter(instance, 'terminated');
    });
    return { instance, previous };
  }

  /** Sets the type of a stopped instance. */
  changeType(id: string, type: string): void {
    const instance = this.find(id);
    if (instance.state !== 'stopped') {
      throw new ServiceError('IncorrectInstanceState', `The instance '${id}' is not in the 'stopped' state.`);
    }
    if (!INSTANCE_TYPES.has(type)) {
      throw new ServiceError('InvalidInstanceAttributeValue', `The instance type '${type}' does not exist`);
    }
    instance.type = type;
  }

  /** One status check of a running instance. */
  healthOf(instance: Instance): 'ok' | 'initializing' | 'impaired' {
    const { now, delays, faults } = this.#options;
    if (now() - (instance.runningSince ?? Infinity) < delays.checks) return 'initializing';
    return faults.impaired.has(instance.type) ? 'impaired' : 'ok';
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #finishStop(instance: Instance, wait: DurationMs): void {
    this.#after(wait, () => {
      if (this.#options.faults.hanging.has(instance.id)) this.#finishStop(instance, HANG_POLL_MS);
      else this.#enter(instance, 'stopped');
    });
  }

  #enter(instance: Instance, state: InstanceState): void {
    instance.state = state;
    if (state !== 'running') instance.runningSince = undefined;
    this.#options.onState(instance);
  }

  #after(wait: DurationMs, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, wait);
    this.#timers.add(timer);
  }
}

const wrongState = ({ id, state }: Instance, wanted: string): ServiceError =>
  new ServiceError(
    'IncorrectInstanceState',
    `The instance '${id}' is not in a state from which it can be ${wanted}: ${state}`,
  );
