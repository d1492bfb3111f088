import { COLLECTOR_NAMES } from './options.ts';
import { openSource } from './open-source.ts';
import type { PartReport } from './frame-source.ts';
import type { AgentOptions } from './options.ts';
import type { Surroundings } from './open-source.ts';

/** Reads what can be read here a few times, one interval apart, and says how each part fared. Sends nothing. */
export async function statusOf(options: AgentOptions, around: Surroundings): Promise<readonly PartReport[]> {
  const source = await openSource({ ...options, collectors: COLLECTOR_NAMES }, around);
  try {
    await source.read();
    for (let reading = 0; reading < 2; reading += 1) {
      await around.clock.sleep(options.interval);
      await source.read();
    }
    return source.reports();
  } finally {
    source.close();
  }
}

/** The reports as a table for people. */
export function statusTable(reports: readonly PartReport[]): string {
  const rows = reports.map(({ name, state, meanUs, because, wants }) => [
    name,
    state === 'noData' ? 'no data' : state,
    `${(meanUs / 1000).toFixed(2)} ms`,
    [because, wants === undefined ? undefined : `wants ${wants}`].filter((part) => part !== undefined).join('; '),
  ]);
  const table = [['COLLECTOR', 'STATE', 'TIME', 'WHY NOT'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
