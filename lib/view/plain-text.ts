import type { LifecycleEvent } from '../core/trace/frame.ts';
import type { EpochMs } from '../core/units.ts';
import { decisionWords, outcomeWords } from './decision-words.ts';
import type { DecisionView, FleetSummary, VmView } from './fleet.ts';

/** One line on how far things are: `1,234 frames · 9 vms · 12 plans · 11 applied · p99 668 ms`. */
export function progressLine(summary: FleetSummary): string {
  const { frames, running, plans, applied, failed, p99Ms } = summary;
  const parts = [
    `${grouped(frames)} frames`,
    `${grouped(running)} vms`,
    `${grouped(plans)} plans`,
    `${grouped(applied)} applied`,
    ...(failed > 0 ? [`${grouped(failed)} FAILED`] : []),
    `p99 ${milliseconds(p99Ms)}`,
  ];
  return parts.join(' · ');
}

/** A decision, its reason and what came of it: `12:40:17 web cpu 1 → 1.5 vCPU: ... (in force after 346 ms)`; UTC. */
export function decisionLine(vm: VmView, decision: DecisionView): string {
  return printable(`${clock(decision.at)} ${vm.name}  ${decisionWords(decision)} (${outcomeWords(decision)})`);
}

/** `12:40:17 web ended`; UTC. */
export function lifecycleLine({ vm, kind, at }: LifecycleEvent): string {
  return printable(`${clock(at)} ${vm} ${kind}`);
}

/** All numbers of a run, one a line, right-aligned. */
export function summaryTable(summary: FleetSummary): string {
  const rows: readonly (readonly [string, string])[] = [
    ['frames', grouped(summary.frames)],
    ['not applied', grouped(summary.dropped)],
    ['vms', grouped(summary.vms)],
    ['forecasts', grouped(summary.forecasts)],
    ['triggers', grouped(summary.triggers)],
    ['plans', grouped(summary.plans)],
    ['applied', grouped(summary.applied)],
    ['refused', grouped(summary.refused)],
    ['rolled back', grouped(summary.rolledBack)],
    ['failed', grouped(summary.failed)],
    ['sample to effect p50', milliseconds(summary.p50Ms)],
    ['sample to effect p99', milliseconds(summary.p99Ms)],
  ];
  const names = Math.max(...rows.map(([name]) => name.length));
  const values = Math.max(...rows.map(([, value]) => value.length));
  return rows.map(([name, value]) => `${name.padEnd(names)}  ${value.padStart(values)}\n`).join('');
}

/** Names come from strangers: what could move a cursor or turn the text round is shown as a question mark. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

function clock(at: EpochMs): string {
  return new Date(at).toISOString().slice(11, 19);
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function milliseconds(latency: number | undefined): string {
  return latency === undefined ? '–' : `${grouped(Math.round(latency))} ms`;
}
