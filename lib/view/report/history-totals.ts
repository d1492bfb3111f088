import type { HistoryReport, MeterHistory } from '../../core/score/history.ts';

/** Sums over all VMs and meters; money and limits only of meters that have both sides. */
export interface HistoryTotals {
  readonly vms: number;
  readonly vmDays: number;
  /** Hours at the limit of the trace's capacity, and what ours would have made of them. */
  readonly limit: {
    readonly before: number;
    readonly avoided: number;
    readonly remaining: number;
    readonly added: number;
  };
  /** Whether any capacity was known. */
  readonly hasBefore: boolean;
  /** USD per month. `before` and `ours` over the same meters; `peak` and `oursAll` over all with a price. */
  readonly money: { readonly before: number; readonly ours: number; readonly peak: number; readonly oursAll: number };
  readonly hasMoney: boolean;
  /** Share of judged hours with demand above our size. */
  readonly shortShare: number;
  readonly resizesPerVmDay: number;
  readonly largeResizesPerVmDay: number;
}

/** Adds a report up. */
export function historyTotals({ vms }: HistoryReport): HistoryTotals {
  const meters = vms.flatMap((vm) => vm.meters);
  const sum = (of: (meter: MeterHistory) => number | undefined, from = meters): number =>
    from.reduce((total, meter) => total + (of(meter) ?? 0), 0);
  const before = meters.filter((meter) => meter.before !== undefined);
  const paid = before.filter((meter) => meter.before?.costPerMonth !== undefined);
  const hours = sum(({ hours: own }) => own);
  const daysOf = (own: readonly MeterHistory[]): number => Math.max(0, ...own.map((meter) => meter.hours)) / 24;
  const vmDays = vms.reduce((total, vm) => total + daysOf(vm.meters), 0);
  const perVmDay = (of: (meter: MeterHistory) => number): number =>
    vmDays === 0 ? 0 : sum((meter) => (of(meter) * meter.hours) / 24) / vmDays;
  return {
    vms: vms.length,
    vmDays,
    limit: {
      before: sum((meter) => meter.before?.shortHours),
      avoided: sum(({ limit }) => limit?.avoided),
      remaining: sum(({ limit }) => limit?.remaining),
      added: sum(({ limit }) => limit?.added),
    },
    hasBefore: before.length > 0,
    money: {
      before: sum((meter) => meter.before?.costPerMonth, paid),
      ours: sum(({ ours }) => ours.costPerMonth, paid),
      peak: sum(({ peak }) => peak.costPerMonth),
      oursAll: sum(({ ours }) => ours.costPerMonth),
    },
    hasMoney: paid.length > 0,
    shortShare: hours === 0 ? 0 : sum(({ ours }) => ours.shortHours) / hours,
    resizesPerVmDay: perVmDay(({ resizesPerDay }) => resizesPerDay),
    largeResizesPerVmDay: perVmDay(({ largeResizesPerDay }) => largeResizesPerDay),
  };
}
