import { clearLine, cursorTo } from 'node:readline';
import type { Writable } from 'node:stream';
import type { DurationMs } from '../core/units.ts';
import type { Fleet, FleetEvent } from '../view/fleet-model.ts';
import { decisionLine, lifecycleLine, printable, progressLine, summaryTable } from '../view/plain-text.ts';

/** `process.stdout` or `process.stderr`, or something like them. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface TerminalOptions {
  readonly fleet: Pick<Fleet, 'summary' | 'subscribe'>;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Whether stdout carries JSON only, so that all words go to stderr. */
  readonly json: boolean;
  /** Time between two lines of progress where nothing can be overwritten. */
  readonly every?: DurationMs;
}

export interface Terminal {
  /** Says something of its own, on a line of its own. */
  readonly note: (line: string) => void;
  /** Ends the progress and says how it went: as a table, or with `json` as one line with `extra` in it. */
  readonly stop: (extra?: Readonly<Record<string, unknown>>) => void;
  /** Ends the progress of what never came to run: there is nothing to sum up. */
  readonly abandon: () => void;
}

const LIVE_MS: DurationMs = 500;
/** More lines in one second than this are not read by anybody. */
const LINES_PER_SECOND = 6;

/**
 * Says in a terminal what happens: decisions in plain words as they are settled, and the progress as one line that is
 * overwritten, or a line every ten seconds where the output is no terminal.
 */
export function startTerminal({ fleet, stdout, stderr, json, every = 10_000 }: TerminalOptions): Terminal {
  const out = json ? stderr : stdout;
  const isLive = out.isTTY === true;
  let isLineShown = false;
  let left = LINES_PER_SECOND;
  let untold = 0;

  const wipe = (): void => {
    if (!isLineShown) return;
    clearLine(out, 0);
    cursorTo(out, 0);
    isLineShown = false;
  };
  const say = (line: string): void => {
    wipe();
    out.write(`${line}\n`);
  };
  const progress = (): void => {
    const line = progressLine(fleet.summary());
    if (!isLive) {
      say(line);
      return;
    }
    wipe();
    out.write(line.slice(0, Math.max(0, (out.columns ?? 80) - 1)));
    isLineShown = true;
  };

  const unsubscribe = fleet.subscribe((event) => {
    const line = lineOf(event);
    if (line === undefined) return;
    if (left > 0) say(line);
    else untold += 1;
    left -= 1;
  });
  const nextSecond = (): void => {
    if (untold > 0) say(`... and ${untold} more in this second`);
    left = LINES_PER_SECOND;
    untold = 0;
  };
  const second = setInterval(nextSecond, 1_000);
  const beat = setInterval(progress, isLive ? LIVE_MS : every);

  const end = (): void => {
    clearInterval(second);
    clearInterval(beat);
    unsubscribe();
    nextSecond();
    wipe();
  };

  return {
    note: (line) => {
      say(printable(line));
    },
    abandon: end,
    stop: (extra = {}) => {
      end();
      const summary = fleet.summary();
      out.write(summaryTable(summary));
      const { p50Ms = null, p99Ms = null } = summary;
      if (json) stdout.write(`${JSON.stringify({ ...summary, p50Ms, p99Ms, ...extra })}\n`);
    },
  };
}

/** An automatic resize is said when it is settled, any other when it is decided: nothing more comes of it. */
function lineOf(event: FleetEvent): string | undefined {
  if (event.kind === 'lifecycle') return lifecycleLine(event.event);
  const isLastWord = event.kind === 'settled' || event.decision.mode !== 'auto';
  return isLastWord ? decisionLine(event.vm, event.decision) : undefined;
}
