import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Fault, messageOf } from '../core/fault.ts';
import { METERS } from '../core/meter.ts';
import type { PriceList } from '../core/score/comparison.ts';

const OWN = fileURLToPath(new URL('./prices.json', import.meta.url));

const priceList = z.strictObject({
  source: z.string().min(1),
  date: z.iso.date(),
  perUnitHour: z.partialRecord(z.enum(METERS), z.number().nonnegative()),
});

/**
 * Reads what capacity costs: USD per hour and vCPU, GiB of memory, MiB/s of disk or network; a meter that is left out has no
 * price. Without a file the list that comes with the command is read. Throws Fault USAGE.
 */
export async function readPrices(file: string = OWN): Promise<PriceList> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Fault('USAGE', `cannot read the prices in ${file}: ${messageOf(cause)}`, { cause });
  }
  const list = priceList.safeParse(parsed);
  if (!list.success) {
    const problems = list.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new Fault(
      'USAGE',
      `${file} is no price list: ${problems}; wanted source, date and perUnitHour, as in ${OWN}`,
    );
  }
  return list.data;
}
