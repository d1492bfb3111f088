import { Writable } from 'node:stream';
import { startTerminal, type TerminalStream } from '../../../lib/local/terminal.ts';
import { createFleet } from '../../../lib/view/fleet-model.ts';
import { printable, progressLine, summaryTable } from '../../../lib/view/plain-text.ts';
import { anObservation, aResize, aResizePlan, aSummary, T0 } from '../../support/view-builders.ts';

const aStream = (): { stream: TerminalStream; text: () => string } => {
  const parts: string[] = [];
  const stream = new Writable({
    write: (part: Buffer, _encoding, done) => {
      parts.push(part.toString());
      done();
    },
  });
  return { stream, text: () => parts.join('') };
};

const aRun = (json: boolean) => {
  const fleet = createFleet({ now: () => T0 });
  const [out, err] = [aStream(), aStream()];
  const terminal = startTerminal({ fleet, stdout: out.stream, stderr: err.stream, json });
  const resize = (vm: string, mode: 'auto' | 'recommend' = 'auto', at = T0) => {
    const observation = anObservation({ vm, at, decisions: [aResize({ mode })] });
    fleet.observer.applied('kvm1', observation.frame);
    fleet.observer.observed(observation);
    if (mode !== 'auto') return;
    const plan = aResizePlan({ id: `plan-${vm}-${at}`, vm, sampledAt: at });
    fleet.observer.planned(plan);
    fleet.observer.ended(plan, {
      planId: plan.id,
      vm,
      state: 'applied',
      inForce: plan.set,
      inForceAt: at + 400,
      because: '',
    });
  };
  return { fleet, terminal, resize, out, err };
};

describe('startTerminal', () => {
  it('says each automatic resize once, with its reason, when it is in force', () => {
    const { terminal, resize, out } = aRun(false);

    resize('kvm1/web');
    terminal.stop();

    expect(out.text().split('\n')[0]).toBe(
      '22:13:20 web  cpu 1 → 1.5 vCPU: forecast p95 1.42 vCPU in 5 s does not fit 1 vCPU (in force after 400 ms)',
    );
    expect(out.text().match(/→/g)).toHaveLength(1);
  });

  it('says a resize that is only recommended when it is decided', () => {
    const { terminal, resize, out } = aRun(false);

    resize('kvm1/web', 'recommend');
    terminal.stop();

    expect(out.text()).toContain('(recommended only)');
  });

  it('ends with a table of all numbers', () => {
    const { terminal, out } = aRun(false);

    terminal.note('stopping');
    terminal.stop();

    expect(out.text()).toMatch(/^stopping\nframes +0\n/);
    expect(out.text()).toMatch(/sample to effect p99 +–\n$/);
  });

  it('keeps stdout for one line of JSON, and says the words on stderr', () => {
    const { terminal, resize, out, err } = aRun(true);

    resize('kvm1/web');
    terminal.note('a note');
    terminal.stop({ seconds: 60 });

    expect(out.text().trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(out.text())).toMatchObject({
      vms: 1,
      applied: 1,
      failed: 0,
      p50Ms: 400,
      p99Ms: 400,
      seconds: 60,
    });
    expect(err.text()).toContain('a note\n');
    expect(err.text()).toContain('cpu 1 → 1.5 vCPU');
  });

  it('writes null for a latency that nobody measured', () => {
    const { terminal, out } = aRun(true);

    terminal.stop();

    expect(JSON.parse(out.text())).toMatchObject({ p50Ms: null, p99Ms: null });
  });

  it('says at most six lines in a second', () => {
    const { terminal, resize, out } = aRun(false);

    for (let index = 0; index < 20; index += 1) resize(`kvm1/vm${index}`);
    terminal.stop();

    expect(out.text().match(/in force/g)).toHaveLength(6);
    expect(out.text()).toContain('... and 14 more');
  });

  it('is silent after its end', () => {
    const { terminal, resize, out } = aRun(false);
    terminal.stop();
    const before = out.text();

    resize('kvm1/web');

    expect(out.text()).toBe(before);
  });
});

describe('plain text', () => {
  it('tells the progress in one line, failures only when there are some', () => {
    expect(progressLine(aSummary())).toBe('1,234 frames · 8 vms · 13 plans · 12 applied · p99 668 ms');
    expect(progressLine(aSummary({ failed: 2 }))).toContain('2 FAILED');
  });

  it('aligns the numbers of a summary', () => {
    const widths = summaryTable(aSummary())
      .trimEnd()
      .split('\n')
      .map((line) => line.length);

    expect(new Set(widths).size).toBe(1);
  });

  it('lets no name move the cursor or turn the text round', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a?[2Jb?c?d');
  });
});
