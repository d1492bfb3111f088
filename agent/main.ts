#!/usr/bin/env node
import { isFault, messageOf } from '../lib/core/fault.ts';
import { jsonLog } from './log.ts';
import { HELP, parseCommand } from './options.ts';
import { runAgent } from './run.ts';
import { statusOf, statusTable } from './status.ts';
import { systemClock } from './system-clock.ts';
import type { AgentCommand } from './options.ts';

const log = jsonLog((line) => process.stderr.write(line), systemClock.now);
const around = { clock: systemClock, random: Math.random, log };

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      log.info('stopping', { signal: name });
      stop.abort();
    });
  }
  return stop.signal;
}

async function carryOut(command: AgentCommand): Promise<void> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'status': {
      const reports = await statusOf(command.options, around);
      process.stdout.write(command.json ? `${JSON.stringify(reports)}\n` : statusTable(reports));
      return;
    }
    case 'run':
      await runAgent(command.options, around, stopSignal());
      return;
  }
}

try {
  await carryOut(parseCommand(process.argv.slice(2), process.env));
} catch (error) {
  const wrongUse = isFault(error) && error.code === 'USAGE';
  if (wrongUse)
    process.stderr.write(`shadowcast-agent: ${error.message}\nshadowcast-agent --help says how it is used\n`);
  else log.error('failed', { because: messageOf(error) });
  process.exitCode = wrongUse ? 2 : 1;
}
