import fc from 'fast-check';
import { NonNegativeFit } from '../../lib/core/whatif/non-negative-fit.ts';
import { replayAt } from '../../lib/core/whatif/replay-at.ts';
import { framesOfSeries } from '../../lib/core/whatif/series-frames.ts';
import { TokenBucket } from '../../lib/core/whatif/token-bucket.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';

const demand = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 50, noNaN: true }));
const demands = fc.array(demand, { minLength: 1, maxLength: 80 });
const rate = fc.double({ min: 0.1, max: 20, noNaN: true });
const limits = fc.record({
  rate,
  more: fc.double({ min: 0, max: 20, noNaN: true }),
  depth: fc.double({ min: 0, max: 100, noNaN: true }),
});

/** Seconds of use of cpu and of the network, on 8 vCPUs. */
const traceOf = (cpu: readonly number[]): Frame[] => {
  const n = cpu.length;
  return Array.from(
    framesOfSeries({
      vm: 'a',
      times: Float64Array.from({ length: n }, (_, i) => 1000 * (i + 1)),
      meters: { cpu: Float64Array.from(cpu), net_rx: Float64Array.from(cpu), memory: Float64Array.from(cpu) },
      cpuCapacity: new Float64Array(n).fill(8),
    }),
  );
};

describe('a token bucket', () => {
  it('serves no more than came, than its peak allows, and than its tokens and rate pay for', () => {
    fc.assert(
      fc.property(demands, limits, (all, { rate: base, more, depth }) => {
        const bucket = new TokenBucket();
        const limit = { rate: base, peak: base + more, depth };
        let [came, backlog] = [0, 0];
        for (const [i, one] of all.entries()) {
          const before = backlog;
          const step = bucket.step(limit, one, 1);
          came += one;
          backlog = step.backlog;
          const served = before + one - backlog;
          expect(served).toBeGreaterThanOrEqual(-1e-9);
          expect(served).toBeLessThanOrEqual(limit.peak + 1e-9);
          expect(came - backlog).toBeLessThanOrEqual(depth + (i + 1) * base + 1e-6);
        }
      }),
    );
  });

  it('keeps the area under its backlog what Little says of the delays', () => {
    fc.assert(
      fc.property(demands, rate, (all, base) => {
        const bucket = new TokenBucket();
        const limit = { rate: base, peak: base, depth: 0 };
        const steps = [...all.map((one) => [one, 1] as const), [0, 1e5] as const].map(([one, seconds]) => ({
          work: one * seconds,
          ...bucket.step(limit, one, seconds),
          seconds,
        }));

        // All work has been served at the end: the integral of the backlog is the sum of what all work waited.
        const area = steps.reduce((sum, step) => sum + step.area, 0);
        const waited = steps.reduce((sum, step, i) => sum + waitOf(step, steps[i - 1]?.backlog ?? 0, base), 0);
        expect(steps.at(-1)?.backlog).toBe(0);
        expect(Math.abs(waited - area)).toBeLessThan(0.01 * (1 + area));
      }),
    );
  });
});

/** What the work of one interval waits in sum: work that comes at t finds B(t) before it and waits B(t) / A. */
function waitOf({ work, seconds }: { work: number; seconds: number }, before: number, base: number): number {
  const slope = work / seconds - base;
  const pieces = 300;
  let sum = 0;
  if (work === 0) return 0;
  for (let i = 0; i < pieces; i += 1) {
    const t = ((i + 0.5) / pieces) * seconds;
    sum += (Math.max(0, before + slope * t) / base) * (work / pieces);
  }
  return sum;
}

describe('a replay', () => {
  it('waits no longer at a larger size', () => {
    fc.assert(
      fc.property(demands, rate, fc.double({ min: 1, max: 3, noNaN: true }), (all, base, times) => {
        const at = (cpu: number): number[] => {
          const { cpu: own, netRx } = replayAt({ label: '', size: { cpu, net_rx: cpu } }, traceOf(all));
          return [own, netRx].flatMap((waiting) => [
            waiting?.meanSeconds ?? Number.NaN,
            waiting?.p99Seconds ?? Number.NaN,
            waiting?.violationMinutes ?? Number.NaN,
            waiting?.unservedShare ?? Number.NaN,
          ]);
        };
        const [small, large] = [at(base), at(base * times)];
        for (const [i, value] of large.entries())
          expect(value).toBeLessThanOrEqual((small[i] ?? 0) * (1 + 1e-9) + 1e-9);
      }),
    );
  });

  it('is finite and the same twice, whatever came', () => {
    fc.assert(
      fc.property(demands, rate, (all, base) => {
        const size = { label: '', size: { cpu: base, memory: base, net_rx: base } };
        const answer = replayAt(size, traceOf(all));

        expect(replayAt(size, traceOf(all))).toEqual(answer);
        expect(JSON.stringify(answer)).not.toContain('null');
        expect(answer.memory?.mostShort).toBe(Math.max(0, Math.max(...all) - base));
      }),
    );
  });
});

describe('a fit without negative coefficients', () => {
  const coefficient = fc.double({ min: 0, max: 5, noNaN: true });

  it('finds the coefficients that made the data, but for what the prior holds it back', () => {
    const row = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 30, maxLength: 60 }), coefficient, coefficient, (rows, a, b) => {
        const fit = new NonNegativeFit(
          [
            { prior: a, firmness: 1 },
            { prior: b, firmness: 1 },
          ],
          1,
        );
        for (const [x, y] of rows) fit.see([x, y], a * x + b * y);

        const [foundA = Number.NaN, foundB = Number.NaN] = fit.coefficients();
        expect(foundA).toBeCloseTo(a, 6);
        expect(foundB).toBeCloseTo(b, 6);
      }),
    );
  });

  it('is never negative', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(demand, demand, demand)), (rows) => {
        const fit = new NonNegativeFit(
          [
            { prior: 0.2, firmness: 1 },
            { prior: 0, firmness: 0 },
          ],
          0.98,
        );
        for (const [x, y, target] of rows) fit.see([x, y], target);

        for (const found of fit.coefficients()) expect(found).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
