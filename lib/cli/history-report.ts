import { writeFile } from 'node:fs/promises';
import { Fault, messageOf } from '../core/fault.ts';
import type { PerMeter } from '../core/meter.ts';
import { vmHistory, type HistoryTerms, type VmHistory } from '../core/score/history.ts';
import type { UseSeries } from '../core/shadow/replay-series.ts';
import { historyHtml } from '../view/report/history-html.ts';

/** Collects what a backtest replays, for the page of `--report`. */
export interface HistoryCollector {
  /** Takes one VM: `sizes[i]` was in force for row i, undefined while there was none. */
  readonly add: (series: UseSeries, sizes: readonly (PerMeter | undefined)[]) => void;
  /** Writes the page. Throws Fault USAGE when the file cannot be written. */
  readonly write: (path: string) => Promise<void>;
}

/** A collector for a backtest under these terms. */
export function historyCollector(terms: HistoryTerms): HistoryCollector {
  const vms: VmHistory[] = [];
  return {
    add: (series, sizes) => {
      vms.push(vmHistory(series, sizes, { prices: terms.prices, warmUp: terms.warmUpSeconds * 1_000 }));
    },
    write: async (path) => {
      try {
        await writeFile(path, historyHtml({ terms, vms }));
      } catch (cause) {
        throw new Fault('USAGE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
      }
    },
  };
}
