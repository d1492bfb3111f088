import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { FLEET_PRIORS } from '../../../lib/core/forecast/fleet-prior.ts';
import { INPUTS, Prior } from '../../../lib/core/forecast/prior.ts';

const Q = LEVELS.length;
const WIDE = INPUTS + 1;

/** A table of one hidden unit that looks at input 0, and a bias for each level. */
const table = (bias: readonly number[]) => {
  const linear = new Array<number>(Q * WIDE).fill(0);
  for (const [q, value] of bias.entries()) linear[q * WIDE + INPUTS] = value;
  const lower = new Array<number>(WIDE).fill(0);
  lower[0] = 2;
  lower[INPUTS] = -1;
  return { hidden: 1, lower, linear, upper: new Array<number>(Q).fill(3) };
};

function foreseen(prior: Prior, first: number): number[] {
  const inputs = new Float64Array(INPUTS);
  inputs[0] = first;
  const out = new Float64Array(Q);
  prior.foresee(inputs, out);
  return Array.from(out);
}

describe('Prior', () => {
  it('adds what its hidden units see to a linear map', () => {
    const prior = new Prior(table([0, 1, 2, 3, 4, 5]));

    expect(foreseen(prior, 0.5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(foreseen(prior, 2)).toEqual([9, 10, 11, 12, 13, 14]);
  });

  it('rises with the level even where its table does not', () => {
    expect(foreseen(new Prior(table([2, 1, 3, 0, 4, 4])), 0)).toEqual([2, 2, 3, 3, 4, 4]);
  });

  it('has numbers for all inputs in the table that is shipped', () => {
    for (const value of foreseen(FLEET_PRIORS.cpu, 1)) expect(Number.isFinite(value)).toBe(true);
  });
});
