import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readTraceFile } from '../../lib/adapters/trace/file.ts';
import { startAgent } from '../support/agent-process.ts';
import { tempDirs } from '../support/temp-dir.ts';

const tempDir = tempDirs();
const MAIN = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));

describe('the agent as a program', () => {
  it('records this machine to a file until it is told to stop, and loses nothing of what it saw', async () => {
    const file = join(tempDir(), 'run.trace');
    const agent = startAgent([
      '--out',
      file,
      '--interval',
      '100ms',
      '--vm',
      'web',
      '--collectors',
      'cpu,memory,activity',
    ]);
    await agent.until('started');
    await new Promise((resolve) => setTimeout(resolve, 700));

    const code = await agent.end('SIGTERM');

    const frames = [];
    for await (const batch of readTraceFile(file)) frames.push(...batch.frames);
    expect(code).toBe(0);
    expect(agent.log.at(-1)).toMatchObject({ event: 'stopped', loop: { frames: frames.length, lostFrames: 0 } });
    expect(frames.length).toBeGreaterThan(1);
    expect(frames[0]).toMatchObject({ vm: 'web', values: { cpuCount: expect.any(Number) } });
  }, 30_000);

  it('says what can be traced here and why not the rest, as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--status', '--json', '--interval', '100ms']);

    const reports = JSON.parse(stdout) as { name: string; state: string; because?: string }[];
    expect(reports.find(({ name }) => name === 'cpu')).toMatchObject({ state: 'data' });
    for (const { state, because } of reports) if (state !== 'data') expect(because).toEqual(expect.any(String));
  }, 30_000);

  it('exits with 2 and a hint for wrong use', async () => {
    const failed = promisify(execFile)(process.execPath, [MAIN, '--collectors', 'gpu']);

    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
  }, 30_000);
});
