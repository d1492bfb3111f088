import { Fault } from '../../core/fault.ts';
import type { VmId } from '../../core/units.ts';
import type { EndedShadow, ShadowStore, StoredElder, StoredShadow } from '../../ports/shadow-store.ts';

/** A shadow store in this process, with the versions of a real one. */
export function memoryShadowStore(): ShadowStore {
  const items = new Map<VmId, StoredShadow | EndedShadow>();
  const elders = new Map<string, StoredElder>();
  return {
    get: (vm) => Promise.resolve(items.get(vm)),
    put: (shadow) => {
      const stored = items.get(shadow.vm);
      const free = stored === undefined || stored.kind === 'ended';
      const follows = shadow.version === 1 ? free : stored?.kind === 'live' && stored.version === shadow.version - 1;
      if (!follows) {
        return Promise.reject(
          new Fault(
            'SHADOW_STALE_WRITE',
            `shadow of ${shadow.vm}: version ${shadow.version} does not follow ${stored?.version ?? 'nothing'}: read it again`,
          ),
        );
      }
      items.set(shadow.vm, { kind: 'live', ...shadow, state: Uint8Array.from(shadow.state) });
      return Promise.resolve();
    },
    end: (vm, endedAt) => {
      const stored = items.get(vm);
      if (stored?.kind !== 'ended' || stored.endedAt < endedAt) {
        items.set(vm, { kind: 'ended', vm, version: (stored?.version ?? 0) + 1, endedAt });
      }
      return Promise.resolve();
    },
    elder: (image) => Promise.resolve(elders.get(image)),
    keepElder: (elder) => {
      if (elder.isGrown || elders.get(elder.image)?.isGrown !== true) {
        elders.set(elder.image, { ...elder, state: Uint8Array.from(elder.state) });
      }
      return Promise.resolve();
    },
  };
}
