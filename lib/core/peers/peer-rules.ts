import { autopilotMl } from './autopilot-ml.ts';
import { autopilotLoad, autopilotWindow } from './autopilot-window.ts';
import { computeOptimizer, computeOptimizerLive } from './compute-optimizer.ts';
import { craneDsp } from './crane-dsp.ts';
import { lastValue, movingMaximum } from './moving-maximum.ts';
import type { PeerRule } from './peer-rule.ts';
import { reactive, reactiveQuick } from './reactive.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { staticSize } from './static-size.ts';
import { vpa, vpaUngated } from './vpa.ts';

/** Every rule that ours is compared with, in the order of the tables. */
export const PEER_RULES: readonly PeerRule[] = [
  vpa,
  vpaUngated,
  autopilotWindow,
  autopilotLoad,
  autopilotMl,
  computeOptimizer,
  computeOptimizerLive,
  craneDsp,
  reactive,
  reactiveQuick,
  movingMaximum,
  lastValue,
  seasonalNaive,
  staticSize,
];
