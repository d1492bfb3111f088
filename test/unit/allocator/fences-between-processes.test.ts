import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../support/claiming-process.ts');

describe('fences between processes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fences-'));
  const log = join(directory, 'log');
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const start = (fences: readonly number[], ...more: readonly string[]): ChildProcess =>
    spawn(process.execPath, [PROGRAM, join(directory, 'fences'), log, fences.join(','), ...more], { stdio: 'inherit' });
  const lines = (): readonly string[] => readFileSync(log, 'utf8').trim().split('\n');

  it('let one allocator act at a time, and pass one that was killed', async () => {
    writeFileSync(log, '');
    const killed = start([1], 'hold');
    while (!readFileSync(log, 'utf8').includes('begin')) await new Promise((resolve) => setTimeout(resolve, 10));
    const every = (first: number) => Array.from({ length: 30 }, (_, index) => first + index * 3);
    const others = [start(every(2)), start(every(3)), start(every(4))];
    const ended = others.map((child) => once(child, 'exit'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const whileHeld = lines();

    killed.kill('SIGKILL');
    const exits = await Promise.all(ended);

    expect(whileHeld).toEqual([`begin ${killed.pid}`]);
    expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0]);
    const after = lines().slice(1);
    expect(after.length).toBeGreaterThan(0);
    for (let i = 0; i < after.length; i += 2) expect(after[i + 1]).toBe(after[i]?.replace('begin', 'end'));
  }, 60_000);
});
