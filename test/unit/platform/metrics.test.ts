import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { metricsObserver } from '../../../lambdas/platform/metrics-observer.ts';
import type { Outcome } from '../../../lib/core/plan/plan.ts';
import { aFrame, aPlan, aPrimary } from '../../support/builders.ts';

const documented = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');

/** Everything that the path can tell an observer, and the metrics that come of it. */
const emitted = (): Set<string> => {
  const names = new Set<string>();
  const metrics = { addMetric: (name: string) => names.add(name) } as unknown as Metrics;
  const observer = metricsObserver(metrics);
  const plan = aPlan();
  const states: Outcome['state'][] = ['applied', 'refused', 'rolled-back', 'failed'];
  observer.applied('kvm1', aFrame());
  observer.dropped('kvm1', aFrame(), 'duplicate');
  observer.lifecycle({ vm: 'kvm1/web', kind: 'ended', at: 1 });
  observer.planned(plan);
  observer.observed({
    host: 'kvm1',
    primary: aPrimary(),
    frame: aFrame(),
    forecast: { vm: 'kvm1/web', at: 1, lead: 1, hold: 1, levels: [], meters: {} },
    decision: {
      vm: 'kvm1/web',
      policy: 'p',
      meters: [{ meter: 'cpu', kind: 'resize', from: 1, to: 2, mode: 'auto', rule: 'sizing', because: 'more' }],
    },
  });
  for (const state of states) {
    observer.ended(plan, {
      planId: plan.id,
      vm: plan.vm,
      state,
      inForce: {},
      inForceAt: plan.sampledAt + 500,
      because: '',
    });
  }
  return names;
};

describe('metrics', () => {
  it('are all in the document, and the document has no other', () => {
    const rows = [...documented.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)]);

    expect([...emitted()].sort()).toEqual(rows.map(([, name]) => name).sort());
  });
});
