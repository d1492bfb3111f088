import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hardwareCounters } from '../../../agent/hardware-counters.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const options = { roots: { proc: '/proc', sys: '/sys' }, interval: 1_000, pageSize: 4096, random: () => 0 };

/** A program in perf's place. */
function aPerf(script: string): string {
  const path = join(tempDir(), 'perf');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('hardware counters', () => {
  it('sum what perf reports between two readings', async () => {
    // the second report comes when the test has read the first
    const go = join(tempDir(), 'go');
    const perf = aPerf(`
      echo '     0.100,1000,,instructions,100,100.00,,' >&2
      echo '     0.100,<not supported>,,cycles,0,0.00,,' >&2
      while [ ! -e ${go} ]; do sleep 0.02; done
      echo '     0.200,2500,,instructions,100,100.00,,' >&2
      echo '     0.300,500,,instructions,100,100.00,,' >&2
      exec sleep 60`);
    const counters = hardwareCounters(options, perf);
    await until(() => counters.collect().kind === 'data');
    writeFileSync(go, '');
    let seen = 0;
    await until(() => {
      const outcome = counters.collect();
      if (outcome.kind === 'data') seen += outcome.values?.instructions ?? 0;
      return seen >= 3_000;
    });

    expect(seen).toBe(3_000);
    counters.close();
  });

  it('say what is wanted where there is no perf, or it may not count', async () => {
    const missing = hardwareCounters(options, '/nowhere/perf');
    const refused = hardwareCounters(
      options,
      aPerf('echo "Access to performance monitoring is limited" >&2; exit 255'),
    );
    await until(() => missing.collect().kind === 'noData' && 'because' in missing.collect());
    await until(() => JSON.stringify(refused.collect()).includes('255'));

    expect(missing.collect()).toMatchObject({ kind: 'noData', because: expect.stringContaining('ENOENT') });
    expect(refused.collect()).toMatchObject({ kind: 'noData', wants: expect.stringContaining('perf_event_paranoid') });
    missing.close();
    refused.close();
  });
});
