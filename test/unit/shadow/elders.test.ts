import type { Horizon } from '../../../lib/core/forecast/forecast.ts';
import { Elders } from '../../../lib/core/shadow/elders.ts';
import { Shadow } from '../../../lib/core/shadow/shadow.ts';
import { frameOfSample } from '../../../lib/core/trace/sample.ts';
import type { PerMeter } from '../../../lib/core/meter.ts';

const HORIZON: Horizon = { lead: 5_000, hold: 5_000 };
const SOURCE = { host: 'kvm1', epoch: '1' };

/** Seven idle seconds, then a load of 6 to 7 vCPUs: what a service does that starts. */
const startUp = (i: number): number => (i < 7 ? 0.1 : 6 + ((i * 7919) % 101) / 100);

function born(vm: string, elder?: Shadow, horizon = HORIZON): Shadow {
  const shadow = Shadow.create({ vm, name: vm, image: 'ami-1', actuator: 'none' }, SOURCE.host, horizon, 0);
  if (elder !== undefined) shadow.inherit(elder);
  return shadow;
}

function see(shadow: Shadow, count: number, use: (i: number) => PerMeter): Shadow {
  const from = shadow.frames;
  for (let i = from; i < from + count; i += 1) {
    const sample = { time: 1_700_000_000_000 + i * 1000, vm: shadow.primary.vm, use: use(i), capacity: {} };
    shadow.apply({ ...SOURCE, sequence: i + 1 }, frameOfSample(sample, 1000));
  }
  return shadow;
}

const cpu = (i: number): PerMeter => ({ cpu: startUp(i) });
const cpuAndMemory = (i: number): PerMeter => ({ cpu: startUp(i), memory: 4e9 });
const highest = (shadow: Shadow): number => shadow.forecast()!.meters.cpu!.values.at(-1)!;

describe('a shadow that is born of an elder', () => {
  it('expects while its VM still idles what VMs with its image go on to do', () => {
    const elder = see(born('a'), 400, cpu);

    expect(highest(see(born('b', elder), 3, cpu))).toBeGreaterThan(6);
    expect(highest(see(born('b'), 3, cpu))).toBeLessThan(3);
  });

  it('has not seen anything yet, and says nothing of what it was only told of', () => {
    const shadow = born('b', see(born('a'), 400, cpuAndMemory));

    expect(shadow.frames).toBe(0);
    expect(shadow.forecast()).toBeUndefined();
    see(shadow, 1, cpu);
    expect(shadow.forecast()!.meters.cpu!.samples).toBe(1);
    expect(shadow.forecast()!.meters.memory).toBeUndefined();
  });

  it('is not begun by a late frame in a meter that was only inherited', () => {
    const shadow = see(born('b', see(born('a'), 400, cpuAndMemory)), 2, cpu);
    const sample = { time: 1_700_000_000_500, vm: 'b', use: { memory: 1e9 }, capacity: {} };

    expect(shadow.apply({ ...SOURCE, sequence: 9 }, frameOfSample(sample, 1000))).toBe('late');
    expect(shadow.forecast()!.meters.memory).toBeUndefined();
  });

  it('begins anew when the elder forecasts for another horizon, or has seen too little', () => {
    const elsewhere = see(born('a', undefined, { lead: 1_000, hold: 1_000 }), 400, cpu);
    const young = see(born('a'), 99, cpu);
    const anew = highest(see(born('b'), 3, cpu));

    for (const elder of [elsewhere, young]) expect(highest(see(born('b', elder), 3, cpu))).toBe(anew);
  });

  it('leaves the elder as it was', () => {
    const elder = see(born('a'), 400, cpu);
    const before = elder.encode();
    see(born('b', elder), 50, (i) => ({ cpu: 20 + i }));

    expect(elder.encode()).toEqual(before);
  });
});

describe('what is kept for an image', () => {
  it('says nothing of the VM that it was learnt from, and survives a checkpoint', () => {
    const shadow = see(born('a-vm-with-a-name'), 400, cpu);
    shadow.memory = { note: 'a-vm-with-a-name' };
    const elder = shadow.elderOf('ami-1');

    expect(Buffer.from(elder.encode()).toString('latin1')).not.toContain('a-vm-with-a-name');
    const again = Shadow.decode(elder.encode());
    expect(highest(see(born('b', again), 3, cpu))).toBe(highest(see(born('b', shadow), 3, cpu)));
  });

  it('is taken at 100 frames, at 1,000, and at an end, the newest; a grown one before one that is not', () => {
    const elders = new Elders();
    const a = born('a');
    const framesAt = (count: number): number | undefined => {
      see(a, count, cpu);
      elders.see('ami-1', a);
      return elders.of('ami-1')?.frames;
    };

    expect(framesAt(99)).toBeUndefined();
    expect(framesAt(1)).toBe(100);
    expect(framesAt(50)).toBe(100);
    expect(framesAt(850)).toBe(1000);
    elders.end('ami-1', see(born('b'), 500, cpu));
    expect(elders.of('ami-1')!.frames).toBe(1000);
    elders.end('ami-1', see(born('b'), 1200, cpu));
    expect(elders.of('ami-1')!.frames).toBe(1200);
    elders.end('ami-1', see(a, 1, cpu));
    expect(elders.of('ami-1')!.frames).toBe(1001);
    elders.end('ami-2', see(born('c'), 99, cpu));
    expect(elders.of('ami-2')).toBeUndefined();
  });
});
