import { PricedChoice } from '../../../lib/core/sizing/priced-choice.ts';

/** Sizes at three risks: below the burst, above it, and far above. */
const SIZES = [2, 10, 100];

/** A burst of 8 in every tenth sample of 1, against SIZES. */
function afterBursts(samples: number): PricedChoice {
  const choice = new PricedChoice([0.1, 0.01, 0.001]);
  for (let i = 0; i < samples; i += 1) choice.see(i % 10 === 0 ? 8 : 1, (k) => SIZES[k] ?? Number.NaN);
  return choice;
}

describe('a price of a shortage instead of a risk', () => {
  it('follows the small size while a shortage is cheap and the large one when it is dear', () => {
    const choice = afterBursts(2000);
    expect([0.1, 100, 1000].map((price) => choice.at(price, 0))).toEqual([0, 1, 1]);
  });

  it('turns where the price of the shortages saved is the capacity that saving them leaves idle', () => {
    // 10 % short, 0.9 idle at the size 2; never short, 8.3 idle at the size 10; mean demand 1.7: turns at 7.4 / 1.7 / 0.1 = 43.5.
    const choice = afterBursts(50_000);
    expect(choice.at(40, 0)).toBe(0);
    expect(choice.at(47, 0)).toBe(1);
  });

  it('is told what the sizings promise, so that a quiet beginning is no proof', () => {
    const choice = new PricedChoice([0.1, 0.01, 0.001]);
    for (let i = 0; i < 20; i += 1) choice.see(1, (k) => [1.1, 1.2, 1.3][k] ?? Number.NaN);
    expect(choice.at(1000, 0)).toBe(2);
  });

  it('follows what it is told to while nothing was wanted', () => {
    const choice = new PricedChoice([0.1, 0.01]);
    expect(choice.at(10, 1)).toBe(1);
    choice.see(0, () => 1);
    expect(choice.at(10, 1)).toBe(1);
  });

  it('leaves a size that is not in force yet out', () => {
    const choice = new PricedChoice([0.1, 0.01]);
    choice.see(5, (k) => (k === 0 ? Number.NaN : 6));
    choice.see(5, () => 6);
    expect(choice.at(1000, 0)).toBe(1);
  });
});
