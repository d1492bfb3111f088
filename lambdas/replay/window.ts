import type { Horizon } from '../../lib/core/forecast/forecast.ts';
import { endsAsElder, isElder, isGrown } from '../../lib/core/shadow/elders.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import { RiskPool } from '../../lib/core/sizing/risk-pool.ts';
import { RISK_BYTES, RiskTracker } from '../../lib/core/sizing/risk-tracker.ts';
import { isFault } from '../../lib/core/fault.ts';
import type { Primary } from '../../lib/core/trace/frame.ts';
import type { EpochMs, HostId, Probability, VmId } from '../../lib/core/units.ts';
import type { EndedShadow, ShadowStore } from '../../lib/ports/shadow-store.ts';
import { shadowOf, storedShadow } from './stored-shadow.ts';

/** The shadows of one shard as they ride from invocation to invocation: VM to checkpoint bytes in base64. */
export type WindowState = Readonly<Record<VmId, string>>;

/**
 * Lambda ends a window whose state passes 1 MB; past this many characters the shadows are put into the store instead and
 * are read back when their next frame comes. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
 */
export const STATE_LIMIT_CHARS = 900_000;

/** In which share of its samples demand may pass its size, and of whom: of all VMs of the shard together, or of each by itself. */
export interface ReplayRisk {
  readonly share: Probability;
  readonly of: 'shard' | 'vm';
}

/** A shadow, and what sizes its primary. */
export interface Live {
  readonly shadow: Shadow;
  readonly sizer: RiskTracker;
}

/**
 * The shadows of one shard during one invocation; their primaries share a risk, or each has it. Shadows are read from the store
 * only when a record names them.
 */
export class Window {
  readonly #store: ShadowStore;
  readonly #risk: ReplayRisk;
  readonly #pool: RiskPool;
  readonly #live = new Map<VmId, Live>();
  readonly #ended = new Map<VmId, EndedShadow>();
  /** Versions of checkpoints that this code cannot read; the shadow that is begun in their place goes on from there. */
  readonly #unreadable = new Map<VmId, number>();
  /** Images whose elder could not be read or kept, and why. Shadows begin without, learning is lost; neither stops a stream. */
  readonly withoutElder = new Map<string, string>();

  /** A shadow of another format (an upgrade went by) is left out: it is read from the store, or begun anew. */
  constructor(store: ShadowStore, state: WindowState, risk: ReplayRisk) {
    this.#store = store;
    this.#risk = risk;
    this.#pool = new RiskPool(risk.share);
    for (const bytes of Object.values(state)) {
      const shadow = shadowOf(Buffer.from(bytes, 'base64'));
      if (shadow !== undefined) this.#take(shadow);
    }
  }

  /** The VM's shadow, its end, or undefined when it was never seen. Throws Fault STORE_UNAVAILABLE (retryable). */
  async find(vm: VmId): Promise<Live | EndedShadow | undefined> {
    const known = this.#live.get(vm) ?? this.#ended.get(vm);
    if (known !== undefined) return known;
    const stored = await this.#store.get(vm);
    if (stored === undefined) return undefined;
    if (stored.kind === 'ended') {
      this.#ended.set(vm, stored);
      return stored;
    }
    const shadow = shadowOf(stored.state);
    if (shadow === undefined) {
      this.#unreadable.set(vm, stored.version);
      return undefined;
    }
    shadow.version = stored.version;
    return this.#take(shadow);
  }

  /** Begins the shadow of a primary that was never seen: from what is known of VMs with its image, where that is anything. */
  async begin(
    primary: Primary,
    { host, horizon, at }: { readonly host: HostId; readonly horizon: Horizon; readonly at: EpochMs },
  ): Promise<Live> {
    const shadow = Shadow.create(primary, host, horizon, at);
    const { image } = primary;
    const kept = image === undefined ? undefined : await this.#advised(image, this.#store.elder(image));
    const elder = kept === undefined ? undefined : shadowOf(kept.state);
    if (elder !== undefined) shadow.inherit(elder);
    return this.add(shadow);
  }

  /** To be called after each frame of a shadow: those who have seen much teach the next VMs with their image. */
  async teach({ shadow }: Live): Promise<void> {
    if (isElder(shadow.frames)) await this.#keepElder(shadow);
  }

  /** Takes a shadow that is not in the store yet. */
  add(shadow: Shadow): Live {
    shadow.version = this.#unreadable.get(shadow.primary.vm) ?? shadow.version;
    this.#ended.delete(shadow.primary.vm);
    return this.#take(shadow);
  }

  /**
   * No shadow survives its primary, not in the window, not in the store; what it has learnt about its image may (without whose
   * it was).
   */
  async end(vm: VmId, endedAt: EpochMs): Promise<void> {
    const live = this.#live.get(vm);
    if (live !== undefined && endsAsElder(live.shadow.frames)) await this.#keepElder(live.shadow);
    await this.#store.end(vm, endedAt);
    live?.sizer.leave();
    this.#live.delete(vm);
    this.#ended.set(vm, { kind: 'ended', vm, version: 0, endedAt });
  }

  /** What the next invocation of the window gets. Empty, after a checkpoint, when it would be too large to ride. */
  async state(): Promise<WindowState> {
    const state: Record<VmId, string> = {};
    let chars = 0;
    for (const [vm, live] of this.#live) {
      const bytes = Buffer.from(encoded(live)).toString('base64');
      chars += vm.length + bytes.length + 8;
      state[vm] = bytes;
    }
    if (chars <= STATE_LIMIT_CHARS) return state;
    await this.checkpoint();
    return {};
  }

  /**
   * Writes every shadow. Another writer's newer version wins (a resharded stream, a retried final invocation): ours is
   * let go and read again when needed. Returns the VMs for which that was so.
   */
  async checkpoint(): Promise<readonly VmId[]> {
    const writes = [...this.#live].map(async ([vm, live]): Promise<VmId | undefined> => {
      const { shadow, sizer } = live;
      shadow.version += 1;
      try {
        await this.#store.put({ vm, version: shadow.version, state: encoded(live), seenAt: shadow.lastAt });
        return undefined;
      } catch (error) {
        if (!isFault(error) || error.code !== 'SHADOW_STALE_WRITE') throw error;
        sizer.leave();
        this.#live.delete(vm);
        return vm;
      }
    });
    return (await Promise.all(writes)).filter((vm) => vm !== undefined);
  }

  async #keepElder(shadow: Shadow): Promise<void> {
    const { image } = shadow.primary;
    if (image === undefined) return;
    const state = storedShadow(shadow.elderOf(image));
    const elder = { image, isGrown: isGrown(shadow.frames), state, seenAt: shadow.lastAt };
    await this.#advised(image, this.#store.keepElder(elder));
  }

  /** Elders are advice: a frame that was applied must not be retried, nor a VM go without a shadow, because one is out of reach. */
  async #advised<T>(image: string, call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      if (!isFault(error)) throw error;
      this.withoutElder.set(image, error.message);
      return undefined;
    }
  }

  #take(shadow: Shadow): Live {
    const known = shadow.sizing.length === RISK_BYTES ? shadow.sizing : undefined;
    const pool = this.#risk.of === 'shard' ? this.#pool : new RiskPool(this.#risk.share);
    const live = { shadow, sizer: new RiskTracker(pool, known) };
    this.#live.set(shadow.primary.vm, live);
    return live;
  }
}

function encoded({ shadow, sizer }: Live): Uint8Array {
  shadow.sizing = sizer.bytes;
  return storedShadow(shadow);
}
