import { demandOf } from '../../../lib/core/demand/demand.ts';
import { Shadow } from '../../../lib/core/shadow/shadow.ts';
import { recommend } from '../../../lib/core/sizing/size.ts';
import { CappedPrimary, type CappedOptions } from '../../support/capped-primary.ts';
import { chance, NOISE, type NoiseKind } from '../../support/noise-series.ts';

const CUTS = [0.6, 0.7, 0.8, 0.9];
const KINDS = Object.keys(NOISE) as NoiseKind[];
const WAYS: readonly (readonly [name: string, way: Pick<CappedOptions, 'queues' | 'tells'>])[] = [
  ['what does not fit is lost', { queues: false, tells: false }],
  ['what does not fit waits', { queues: true, tells: false }],
  ['what does not fit waits, and the frames tell', { queues: true, tells: true }],
];

const seriesOf = (kind: NoiseKind, length: number): number[] => {
  const noise = NOISE[kind](chance(17));
  return Array.from({ length }, () => noise());
};

describe.each(WAYS)('demand that was cut, where %s', (_name, way) => {
  it.each(['cpu', 'disk_write', 'net_rx'] as const)('is held by its interval nine times in ten (%s)', (meter) => {
    for (const kind of KINDS) {
      const series = seriesOf(kind, 400);
      for (const share of CUTS) {
        const cut = share * Math.max(...series);
        const primary = new CappedPrimary({ meter, step: 1000, ...way });
        let [above, held, width] = [0, 0, 0];
        for (const [i, wanted] of series.entries()) {
          const { low, high } = demandOf(primary.frame(wanted, cut, i * 1000))[meter]!;
          if (wanted <= cut) continue;
          above += 1;
          held += wanted >= low * (1 - 1e-9) && wanted <= high * (1 + 1e-9) ? 1 : 0;
          width += (high - low) / cut;
        }

        expect(held / above).toBeGreaterThanOrEqual(0.9);
        expect(width / above).toBeLessThanOrEqual(0.67);
      }
    }
  });
});

describe('demand that was not cut', () => {
  it('is exact', () => {
    const primary = new CappedPrimary({ meter: 'cpu', step: 1000, queues: true, tells: true });
    for (const [i, wanted] of seriesOf('wild', 400).entries()) {
      const { low, high } = demandOf(primary.frame(wanted, 20, i * 1000)).cpu!;

      expect(high).toBe(low);
      expect(low).toBeCloseTo(wanted, 12);
    }
  });
});

describe('a vm that is short', () => {
  const STEP = 1000;
  const HOLD = 5;
  const horizon = { lead: HOLD * STEP, hold: HOLD * STEP };

  /** Sizes in force, decision by decision, of a VM that wants around 1, is cut there, and wants `need` from decision 20 to 40. */
  function sizesOf(need: number, way: Pick<CappedOptions, 'queues' | 'tells'>): number[] {
    const shadow = Shadow.create({ vm: 'a', name: 'a', actuator: 'none' }, 'h', horizon, 0);
    const primary = new CappedPrimary({ meter: 'cpu', step: STEP, ...way });
    const noise = NOISE.calm(chance(5));
    const sizes: number[] = [];
    let [size, next] = [1.4, 1.4];
    for (let i = 0; i < 140 * HOLD; i += 1) {
      const decision = Math.floor(i / HOLD);
      if (i % HOLD === 0) {
        size = next;
        sizes.push(size);
        if (decision >= 20) next = recommend(shadow.forecast()!).target.cpu!;
      }
      const wanted = (decision >= 20 && decision < 40 ? need : 1) * Math.min(1.1, noise());
      shadow.apply({ host: 'h', epoch: 'e', sequence: i + 1 }, primary.frame(wanted, size, (i + 1) * STEP));
    }
    return sizes;
  }

  it.each(WAYS)(
    'has 95 %% of its need within ten decisions, not wildly more, and is let down again (%s)',
    (_name, way) => {
      for (const need of [2, 4]) {
        const sizes = sizesOf(need, way);
        const reached = sizes.findIndex((size, decision) => decision >= 20 && size >= 0.95 * need);

        expect(reached - 20).toBeGreaterThan(0);
        expect(reached - 20).toBeLessThanOrEqual(10);
        expect(Math.max(...sizes)).toBeLessThan(3 * need);
        expect(sizes.at(-1)!).toBeLessThan(0.85 * need);
      }
    },
  );

  it('is not forecast to want less than it was seen to want, however long it is held at its limit', () => {
    const shadow = Shadow.create({ vm: 'a', name: 'a', actuator: 'none' }, 'h', horizon, 0);
    const primary = new CappedPrimary({ meter: 'cpu', step: STEP, queues: false, tells: false });
    const noise = NOISE.wild(chance(9));
    const apply = (i: number, wanted: number, size: number): void => {
      shadow.apply({ host: 'h', epoch: 'e', sequence: i }, primary.frame(wanted, size, i * STEP));
    };
    let most = 0;
    for (let i = 1; i <= 300; i += 1) {
      const wanted = noise();
      most = Math.max(most, wanted);
      apply(i, wanted, 100);
    }
    // Forecasts made before the limit came are settled first.
    for (let i = 301; i <= 320; i += 1) apply(i, 1, 0.3);
    const before = shadow.forecast()!.meters.cpu!.values;
    for (let i = 321; i <= 600; i += 1) apply(i, 1, 0.3);
    const after = shadow.forecast()!.meters.cpu!.values;

    for (const [q, value] of after.entries()) {
      expect(value).toBeGreaterThanOrEqual(0.95 * Math.min(before[q]!, 0.85 * most));
    }
  });

  it('is not thought to want for ever what it was never seen to want', () => {
    const shadow = Shadow.create({ vm: 'a', name: 'a', actuator: 'none' }, 'h', horizon, 0);
    const primary = new CappedPrimary({ meter: 'cpu', step: STEP, queues: false, tells: false });
    const noise = NOISE.wild(chance(9));
    for (let i = 1; i <= 400; i += 1) {
      const wanted = i <= 20 ? 0.2 * noise() : 8;
      shadow.apply({ host: 'h', epoch: 'e', sequence: i }, primary.frame(wanted, 1, i * STEP));
    }

    for (const value of shadow.forecast()!.meters.cpu!.values) expect(value).toBeLessThan(1.5);
  });
});
