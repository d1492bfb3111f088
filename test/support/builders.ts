import type { Plan } from '../../lib/core/plan/plan.ts';
import type { Batch, Frame, Primary } from '../../lib/core/trace/frame.ts';

/** A plan that raises the cpu of `kvm1/web` from 1 to 2 vCPUs. */
export const aPlan = (parts: Partial<Plan> = {}): Plan => ({
  id: 'plan-1',
  vm: 'kvm1/web',
  host: 'kvm1',
  rung: 'kvm',
  set: { cpu: 2 },
  from: { cpu: 1 },
  decisions: [],
  policy: 'demo',
  sampledAt: 1_000_000,
  expiresAt: 1_010_000,
  fence: 0,
  ...parts,
});

/** One second of `kvm1/web` with `cpu` vCPUs busy, `memory` bytes in use of 1 GiB, and 1 vCPU and 1 GiB in force. */
export const aFrame = ({
  cpu = 0.5,
  memory = 256 * 2 ** 20,
  ...parts
}: Partial<Frame> & { readonly cpu?: number; readonly memory?: number } = {}): Frame => ({
  vm: 'kvm1/web',
  at: 1_000_000,
  interval: 1_000,
  values: {
    cpuCount: 1,
    cpuRunUs: Math.round(cpu * 1e6),
    cpuWaitUs: 0,
    memoryTotalBytes: 2 ** 30,
    memoryAvailableBytes: 2 ** 30 - memory,
  },
  allocation: { cpu: 1, memory: 2 ** 30 },
  ...parts,
});

export const aPrimary = (parts: Partial<Primary> = {}): Primary => ({
  vm: 'kvm1/web',
  name: 'web',
  image: 'debian-12',
  actuator: 'kvm',
  adjustable: { cpu: { min: 0.25, max: 8, step: 0.25 }, memory: { min: 2 ** 28, max: 2 ** 33, step: 2 ** 26 } },
  ...parts,
});

export const aBatch = (parts: Partial<Batch> = {}): Batch => ({
  host: 'kvm1',
  epoch: 'e1',
  sequence: 1,
  frames: [aFrame()],
  ...parts,
});
