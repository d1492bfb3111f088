import { readTraceSeries, type TraceSeries } from '../adapters/trace/csv.ts';
import {
  compareOurs,
  comparePeers,
  type CompareTerms,
  type VmComparison,
  type VmPeers,
} from '../core/score/compare-vm.ts';
import type { VmChart } from '../core/score/comparison.ts';
import type { VmChartOrder } from '../core/score/compare-set.ts';
import { vmChart } from '../core/score/vm-chart.ts';
import { poolsOf } from './backtest-traces.ts';
import { everyFew } from './compare-terms.ts';

/** A piece of a comparison: ours on all VMs of a set, the peers on the VMs of one file, or the chart of one VM. */
export type CompareJob =
  | {
      readonly kind: 'ours';
      readonly files: readonly string[];
      readonly terms: CompareTerms;
      readonly perFile: number;
    }
  | { readonly kind: 'peers'; readonly file: string; readonly terms: CompareTerms; readonly perFile: number }
  | { readonly kind: 'chart'; readonly file: string; readonly terms: CompareTerms; readonly order: VmChartOrder };

export type CompareResult =
  | { readonly kind: 'ours'; readonly vms: readonly VmComparison[] }
  | { readonly kind: 'peers'; readonly vms: readonly VmPeers[] }
  | { readonly kind: 'chart'; readonly chart: VmChart | undefined };

/** Does one piece. Throws as `readTraceSeries`. */
export async function compareWork(job: CompareJob): Promise<CompareResult> {
  if (job.kind === 'ours') {
    const vms: VmComparison[] = [];
    for await (const pool of poolsOf(vmsOf(job.files, job.perFile))) vms.push(...compareOurs(pool, job.terms));
    return { kind: 'ours', vms };
  }
  const series = await readTraceSeries(job.file);
  if (job.kind === 'peers') {
    const vms = everyFew(Array.from(series.values()), job.perFile);
    return { kind: 'peers', vms: vms.map((one) => comparePeers(one, job.terms)) };
  }
  const own = series.get(job.order.vm);
  return { kind: 'chart', chart: own && vmChart(own, job.terms, job.order) };
}

async function* vmsOf(files: readonly string[], perFile: number): AsyncGenerator<TraceSeries> {
  for (const file of files) yield* everyFew(Array.from((await readTraceSeries(file)).values()), perFile);
}
