#!/usr/bin/env node
import { Command } from 'commander';
import { isFault, messageOf } from '../core/fault.ts';

const program = new Command('shadowcast')
  .description('Resizes virtual machines before they run out of CPU, memory, disk or network.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for what it takes)');

/** Commands are loaded when they are called: `policy validate` must not wait for the control plane's libraries. */
const commands: readonly (readonly [name: string, load: () => Promise<Command>])[] = [
  ['up', async () => (await import('./up.ts')).upCommand()],
  ['backtest', async () => (await import('./backtest.ts')).backtestCommand()],
  ['forecast', async () => (await import('./forecast.ts')).forecastCommand()],
  ['anomalies', async () => (await import('./anomalies.ts')).anomaliesCommand()],
  ['whatif', async () => (await import('./whatif.ts')).whatifCommand()],
  ['import', async () => (await import('./import.ts')).importCommand()],
  ['policy', async () => (await import('./policy.ts')).policyCommand()],
];

const wanted = process.argv[2];
for (const [name, load] of commands)
  if (wanted === name || !commands.some(([known]) => known === wanted)) program.addCommand(await load());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`shadowcast: ${messageOf(error)}\n`);
  if (!isFault(error) && process.env['DEBUG'] !== undefined)
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : ''}\n`);
  process.exitCode = isFault(error) && error.code === 'USAGE' ? 2 : 1;
}
