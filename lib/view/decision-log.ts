import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { MeterDecision } from '../core/policy/decision.ts';
import type { EpochMs } from '../core/units.ts';
import type { DecisionView } from './fleet.ts';

/** The resizes of one primary, newest first. */
export interface DecisionLog {
  /** Notes a decision; gives its line when it is a resize that was not there yet. */
  decided: (decision: MeterDecision, at: EpochMs) => DecisionView | undefined;
  /** Notes a plan; gives the lines that came with it. */
  planned: (plan: Plan) => readonly DecisionView[];
  /** Notes what came of a plan; gives its lines. */
  settled: (plan: Plan, outcome: Outcome) => readonly DecisionView[];
  list: () => readonly DecisionView[];
}

type Line = { -readonly [Key in keyof DecisionView]: DecisionView[Key] };

/**
 * Keeps the newest `size` resizes.
 *
 * The same resize decided again at the next sample (a policy that only recommends, a plan under way) is the same line
 * counted up, or one unmet wish would push everything else out within a minute. A plan belongs to the line whose
 * decision it carries; where the plan is heard of first, it brings the line.
 */
export function createDecisionLog(size = 50): DecisionLog {
  const lines: Line[] = [];
  let made = 0;

  const add = (decision: MeterDecision, at: EpochMs): Line => {
    made += 1;
    const line: Line = { ...decision, id: String(made), at, lastAt: at, times: 1 };
    lines.unshift(line);
    lines.length = Math.min(lines.length, size);
    return line;
  };

  const newestOf = (decision: MeterDecision): Line | undefined => {
    const newest = lines.find((line) => line.meter === decision.meter);
    return newest?.from === decision.from && newest?.to === decision.to ? newest : undefined;
  };

  return {
    decided: (decision, at) => {
      if (decision.kind !== 'resize') return undefined;
      const same = newestOf(decision);
      if (same === undefined || same.outcome !== undefined) return { ...add(decision, at) };
      if (at > same.lastAt) {
        same.lastAt = at;
        same.times += 1;
        same.because = decision.because;
      }
      return undefined;
    },
    planned: (plan) =>
      resizesOf(plan).flatMap((decision) => {
        const same = newestOf(decision);
        const known = same?.outcome === undefined && same?.planId === undefined ? same : undefined;
        const line = known ?? add(decision, plan.sampledAt);
        line.planId = plan.id;
        return known === undefined ? [{ ...line }] : [];
      }),
    settled: (plan, outcome) => {
      for (const decision of resizesOf(plan)) {
        if (!lines.some((line) => line.planId === plan.id && line.meter === decision.meter)) {
          add(decision, plan.sampledAt).planId = plan.id;
        }
      }
      const settled = lines.filter((line) => line.planId === plan.id && line.outcome === undefined);
      for (const line of settled) settle(line, plan, outcome);
      return settled.map((line) => ({ ...line }));
    },
    list: () => lines.map((line) => ({ ...line })),
  };
}

function settle(line: Line, plan: Plan, outcome: Outcome): void {
  line.outcome = { state: outcome.state, because: outcome.because };
  if (outcome.state !== 'applied' || outcome.inForceAt === undefined) return;
  line.inForceAt = outcome.inForceAt;
  line.sampleToEffect = Math.max(0, outcome.inForceAt - plan.sampledAt);
}

function resizesOf(plan: Plan): readonly MeterDecision[] {
  return plan.decisions.filter((decision) => decision.kind === 'resize');
}
