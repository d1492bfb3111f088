import { Shadow } from '../../lib/core/shadow/shadow.ts';
import { isFault } from '../../lib/core/fault.ts';
import type { EpochMs, VmId } from '../../lib/core/units.ts';
import type { EndedShadow, ShadowStore } from '../../lib/ports/shadow-store.ts';

/** The shadows of one shard as they ride from invocation to invocation: VM to checkpoint bytes in base64. */
export type WindowState = Readonly<Record<VmId, string>>;

/**
 * Lambda ends a window whose state passes 1 MB; past this many characters the shadows are put into the store instead and
 * are read back when their next frame comes. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
 */
export const STATE_LIMIT_CHARS = 900_000;

/** The shadows of one shard during one invocation. Shadows are read from the store only when a record names them. */
export class Window {
  readonly #store: ShadowStore;
  readonly #live = new Map<VmId, Shadow>();
  readonly #ended = new Map<VmId, EndedShadow>();
  /** Versions of checkpoints that this code cannot read; the shadow that is begun in their place goes on from there. */
  readonly #unreadable = new Map<VmId, number>();

  /** A shadow of another format (an upgrade went by) is left out: it is read from the store, or begun anew. */
  constructor(store: ShadowStore, state: WindowState) {
    this.#store = store;
    for (const [vm, bytes] of Object.entries(state)) {
      const shadow = readable(Buffer.from(bytes, 'base64'));
      if (shadow !== undefined) this.#live.set(vm, shadow);
    }
  }

  /** The VM's shadow, its end, or undefined when it was never seen. Throws Fault STORE_UNAVAILABLE (retryable). */
  async find(vm: VmId): Promise<Shadow | EndedShadow | undefined> {
    const known = this.#live.get(vm) ?? this.#ended.get(vm);
    if (known !== undefined) return known;
    const stored = await this.#store.get(vm);
    if (stored === undefined) return undefined;
    if (stored.kind === 'ended') {
      this.#ended.set(vm, stored);
      return stored;
    }
    const shadow = readable(stored.state);
    if (shadow === undefined) {
      this.#unreadable.set(vm, stored.version);
      return undefined;
    }
    shadow.version = stored.version;
    this.#live.set(vm, shadow);
    return shadow;
  }

  add(shadow: Shadow): void {
    shadow.version = this.#unreadable.get(shadow.primary.vm) ?? shadow.version;
    this.#ended.delete(shadow.primary.vm);
    this.#live.set(shadow.primary.vm, shadow);
  }

  /** Nothing survives its primary: not in the window, not in the store. */
  async end(vm: VmId, endedAt: EpochMs): Promise<void> {
    await this.#store.end(vm, endedAt);
    this.#live.delete(vm);
    this.#ended.set(vm, { kind: 'ended', vm, version: 0, endedAt });
  }

  /** What the next invocation of the window gets. Empty, after a checkpoint, when it would be too large to ride. */
  async state(): Promise<WindowState> {
    const state: Record<VmId, string> = {};
    let chars = 0;
    for (const [vm, shadow] of this.#live) {
      const bytes = Buffer.from(shadow.encode()).toString('base64');
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
    const writes = [...this.#live].map(async ([vm, shadow]): Promise<VmId | undefined> => {
      shadow.version += 1;
      try {
        await this.#store.put({ vm, version: shadow.version, state: shadow.encode(), seenAt: shadow.lastAt });
        return undefined;
      } catch (error) {
        if (!isFault(error) || error.code !== 'SHADOW_STALE_WRITE') throw error;
        this.#live.delete(vm);
        return vm;
      }
    });
    return (await Promise.all(writes)).filter((vm) => vm !== undefined);
  }
}

/** A checkpoint of a format that this code does not know is lost learning, not a reason to stop a stream. */
function readable(bytes: Uint8Array): Shadow | undefined {
  try {
    return Shadow.decode(bytes);
  } catch (error) {
    if (isFault(error) && error.code === 'SHADOW_FORMAT') return undefined;
    throw error;
  }
}
