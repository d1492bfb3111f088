import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Fault, messageOf } from '../core/fault.ts';
import { METERS } from '../core/meter.ts';
import type { PriceList } from '../core/score/comparison.ts';

/** The list that comes with the program. */
const OWN_PRICES = fileURLToPath(new URL('prices.json', import.meta.url));

const price = z.number().nonnegative().optional();
const PRICES = z.object({
  source: z.string().min(1),
  date: z.iso.date(),
  perUnitHour: z.strictObject(Object.fromEntries(METERS.map((meter) => [meter, price]))),
});

/**
 * Reads a price list: JSON with `source`, `date` (YYYY-MM-DD) and `perUnitHour`, USD per vCPU, GiB, or MiB/s and hour by meter.
 * Without a path, the one that comes with the program. Throws Fault USAGE when it cannot be read or says something else.
 */
export async function readPrices(path: string = OWN_PRICES): Promise<PriceList> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Fault('USAGE', `cannot read the prices in ${path}: ${messageOf(cause)}`, { cause });
  }
  const parsed = PRICES.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Fault('USAGE', `prices in ${path}: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`, {
    cause: parsed.error,
  });
}
