import type { MeterDecision } from '../core/policy/decision.ts';
import type { DecisionView } from './fleet.ts';
import { formatChange, formatValue, meterName } from './quantity.ts';

/** `cpu 1 → 1.5 vCPU`, or `cpu stays at 1 vCPU`. */
export function changeWords(decision: MeterDecision): string {
  const name = meterName(decision.meter);
  if (decision.kind === 'resize') return `${name} ${formatChange(decision.meter, decision.from, decision.to)}`;
  return decision.from === undefined
    ? `${name} stays`
    : `${name} stays at ${formatValue(decision.meter, decision.from)}`;
}

/** The whole reason in one line: `cpu 1 → 1.5 vCPU: forecast p95 1.42 in 5 s does not fit 1`. */
export function decisionWords(decision: MeterDecision): string {
  return `${changeWords(decision)}: ${decision.because}`;
}

/** What came of a resize: `in force after 412 ms`, `refused: ...`, `recommended`, `under way`. */
export function outcomeWords(decision: DecisionView): string {
  const { outcome, sampleToEffect } = decision;
  if (outcome === undefined) return decision.planId === undefined ? unplannedWords(decision) : 'under way';
  if (outcome.state !== 'applied') return `${outcome.state.replace('-', ' ')}: ${outcome.because}`;
  return sampleToEffect === undefined ? 'in force' : `in force after ${Math.round(sampleToEffect)} ms`;
}

function unplannedWords(decision: DecisionView): string {
  if (decision.mode === 'auto') return 'decided';
  return decision.mode === 'approve' ? 'waits for approval' : 'recommended only';
}
