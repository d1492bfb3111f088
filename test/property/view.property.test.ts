import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { METERS } from '../../lib/core/meter.ts';
import type { MeterView } from '../../lib/view/fleet.ts';
import { escapeText } from '../../lib/view/markup.ts';
import { chartSvg } from '../../lib/view/svg/chart.ts';
import { niceTicks } from '../../lib/view/svg/scale.ts';
import { sparkSvg } from '../../lib/view/svg/spark.ts';
import { expectWellFormed } from '../support/view-builders.ts';

const now = 1_700_000_000_000;
const amount = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2 ** 53, noNaN: true }));
const point = fc.record(
  { at: fc.integer({ min: now - 200_000, max: now }), demandLow: amount, demandHigh: amount, allocation: amount },
  { requiredKeys: ['at', 'demandLow', 'demandHigh'] },
);
/** Control characters, markup, lone surrogates; fast-check's own `binary` takes seconds to set up. */
const anyText = fc
  .array(fc.oneof(fc.nat({ max: 0x7f }), fc.nat({ max: 0xffff })), { minLength: 1 })
  .map((codes) => String.fromCharCode(...codes));
const meterView: fc.Arbitrary<MeterView> = fc.record({
  meter: fc.constantFrom(...METERS),
  points: fc.array(point, { maxLength: 20 }).map((points) => points.toSorted((a, b) => a.at - b.at)),
  forecast: fc.array(amount, { maxLength: 6 }).map((values) => ({
    at: now,
    lead: 5_000,
    hold: 5_000,
    levels: values.map((_, index) => (index + 1) / 10),
    values: values.toSorted((a, b) => a - b),
  })),
  pastForecasts: fc.array(
    amount.map((value) => ({ from: now - 50_000, until: now - 45_000, level: 0.95, value })),
    { maxLength: 5 },
  ),
});

describe('charts, for any samples', () => {
  it('are well-formed, finite and inside their frame', () => {
    fc.assert(
      fc.property(meterView, anyText, (meter, of) => {
        const chart = chartSvg(meter, { width: 480, height: 200, now, past: 75_000, of }).text;
        const spark = sparkSvg(meter, { width: 132, height: 26, now, past: 60_000 }).text;

        for (const svg of [chart, spark]) {
          expectWellFormed(svg);
          expect(svg.replace(/<title>.*?<\/title>/s, '')).not.toMatch(/NaN|Infinity|undefined/);
        }
        const heights = [...chart.matchAll(/[ML]-?[\d.]+ (-?[\d.e+]+)/g)].map(([, y]) => Number(y));
        expect(Math.min(0, ...heights)).toBeGreaterThanOrEqual(-10);
        expect(Math.max(0, ...heights)).toBeLessThanOrEqual(210);
      }),
    );
  });
});

describe('escapeText, for any text', () => {
  it('comes back as it was from a parser, up to what XML forbids', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      trimValues: false,
      parseTagValue: false,
      htmlEntities: true,
    });
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parser.parse(`<a>.${escapeText(text)}</a>`) as { a: string };

        // eslint-disable-next-line no-control-regex -- what no XML document may hold
        const allowed = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
        expect(parsed.a).toBe(`.${allowed.replace(/\r\n?/g, '\n')}`);
      }),
    );
  });
});

describe('niceTicks, for any maximum', () => {
  it('rise from zero to at least it, in few and equal steps', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e18, noNaN: true }), fc.integer({ min: 1, max: 8 }), (max, count) => {
        const ticks = niceTicks(max, count);

        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9));
        expect(ticks.length).toBeLessThanOrEqual(count + 2);
      }),
    );
  });
});
