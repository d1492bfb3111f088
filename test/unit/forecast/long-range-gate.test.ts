import { trainedGates } from '../../../lib/core/forecast/long-range/gate-model.ts';
import { Gate, type GateModel } from '../../../lib/core/forecast/long-range/gate.ts';
import { EXPERTS } from '../../../lib/core/forecast/long-range/experts.ts';
import { FEATURES } from '../../../lib/core/forecast/long-range/features.ts';
import { GATE_LEVELS } from '../../../lib/core/forecast/long-range/long-range.ts';

/** One input, one hidden unit a layer, two experts, one level: the first expert's score is the doubled input. */
const aGate: GateModel = {
  inputs: 1,
  hidden: 1,
  experts: 2,
  levels: 1,
  means: Float64Array.of(10),
  scales: Float64Array.of(0.5),
  // biases, then weights, of hidden, hidden and the two experts
  weights: Float32Array.of(0, 1, 0, 1, 0, 0, 2, 0),
};

describe('Gate', () => {
  it('gives weights that sum to one, by the scores of its last layer', () => {
    const weights = new Gate(aGate).weigh(Float64Array.of(12));

    expect(Array.from(weights)).toEqual([
      expect.closeTo(1 / (1 + Math.exp(-2)), 12),
      expect.closeTo(1 / (1 + Math.exp(2)), 12),
    ]);
  });

  it('takes what is below the mean as nothing, through its rectifiers, and cuts what is far above', () => {
    const gate = new Gate(aGate);

    expect(Array.from(gate.weigh(Float64Array.of(8)))).toEqual([0.5, 0.5]);
    expect(gate.weigh(Float64Array.of(1e9))[0]).toBeCloseTo(1 / (1 + Math.exp(-10)), 12);
  });
});

describe('trainedGates', () => {
  it('has gates for exactly these experts, features and levels: train them again after a change of either', () => {
    for (const gate of trainedGates()) {
      const { inputs, hidden, experts, levels } = gate;
      expect({ inputs, experts, levels }).toEqual({
        inputs: FEATURES,
        experts: EXPERTS.length,
        levels: GATE_LEVELS.length,
      });
      expect(gate.means).toHaveLength(inputs);
      expect(gate.scales).toHaveLength(inputs);
      expect(gate.weights).toHaveLength(
        (inputs + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * experts * levels,
      );
      expect(gate.weights.every(Number.isFinite)).toBe(true);
    }
    expect(trainedGates().length).toBeGreaterThan(0);
  });
});
