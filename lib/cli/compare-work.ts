import { readTraceSeries } from '../adapters/trace/csv.ts';
import { compareVm, type CompareTerms, type VmComparison } from '../core/score/compare-vm.ts';
import type { VmChart } from '../core/score/comparison.ts';
import type { VmChartOrder } from '../core/score/compare-set.ts';
import { vmChart } from '../core/score/vm-chart.ts';
import { everyFew } from './compare-terms.ts';

/** A piece of a comparison: the VMs of one file, or the chart of one of them. */
export type CompareJob =
  | { readonly kind: 'compare'; readonly file: string; readonly terms: CompareTerms; readonly most: number }
  | { readonly kind: 'chart'; readonly file: string; readonly terms: CompareTerms; readonly order: VmChartOrder };

export type CompareResult =
  | { readonly kind: 'compare'; readonly vms: readonly VmComparison[] }
  | { readonly kind: 'chart'; readonly chart: VmChart | undefined };

/** Does one piece. Throws as `readTraceSeries`. */
export async function compareWork(job: CompareJob): Promise<CompareResult> {
  const series = await readTraceSeries(job.file);
  if (job.kind === 'compare') {
    const vms = everyFew(Array.from(series.values()), job.most);
    return { kind: 'compare', vms: vms.map((one) => compareVm(one, job.terms)) };
  }
  const own = series.get(job.order.vm);
  return { kind: 'chart', chart: own && vmChart(own, job.terms, job.order) };
}
