import type { PriceList } from '../score/comparison.ts';
import { METERS, type Allocation, type Meter } from '../meter.ts';
import type { Money } from './what-if.ts';

const HOURS_A_MONTH = 730;
/** Units of a price list in the meter's own: GiB, MiB/s. */
const UNIT: Readonly<Record<Meter, number>> = {
  cpu: 1,
  memory: 2 ** 30,
  disk_read: 2 ** 20,
  disk_write: 2 ** 20,
  net_rx: 2 ** 20,
  net_tx: 2 ** 20,
};

/** What a size costs in USD per hour. Meters without a price or without a limit cost nothing. */
export function costPerHour(size: Allocation, { perUnitHour }: PriceList): number {
  let sum = 0;
  for (const meter of METERS) sum += ((size[meter] ?? 0) / UNIT[meter]) * (perUnitHour[meter] ?? 0);
  return sum;
}

/** Money over a replay: what the size costs and what the one in force cost, means over time. */
export class MoneyTotal {
  readonly #prices: PriceList;
  #spent = 0;
  #spentInForce = 0;
  #seconds = 0;

  constructor(prices: PriceList) {
    this.#prices = prices;
  }

  add(size: Allocation, inForce: Allocation, seconds: number): void {
    this.#spent += costPerHour(size, this.#prices) * seconds;
    this.#spentInForce += costPerHour(inForce, this.#prices) * seconds;
    this.#seconds += seconds;
  }

  /** Undefined for no time at all. */
  summary(): Money | undefined {
    if (this.#seconds === 0) return undefined;
    const month = HOURS_A_MONTH / this.#seconds;
    return { perMonth: this.#spent * month, perMonthInForce: this.#spentInForce * month };
  }
}
