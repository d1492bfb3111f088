import type { ServerResponse } from 'node:http';
import type { DurationMs } from '../../core/units.ts';
import type { FleetSummary } from '../../view/fleet.ts';
import { countsHtml } from '../../view/html/counts-html.ts';

/** The stream that tells open pages that there is something new. */
export interface Ticks {
  /** Answers with a stream of server-sent events until the page goes away. */
  join: (response: ServerResponse) => void;
  stop: () => void;
}

/** More pages than anyone opens; each costs a connection and a tick. */
const MAX_PAGES = 64;
/** A page that takes nothing for so many ticks is gone or asleep; it comes back by itself. */
const MAX_MISSED = 30;

/**
 * Sends each open page one small event per interval. A page that does not keep up misses ticks (nothing is queued for it),
 * and is let go after 30 of them. Browsers reconnect by themselves, after one second.
 */
export function createTicks(summary: () => FleetSummary, every: DurationMs): Ticks {
  const pages = new Map<ServerResponse, { missed: number }>();
  const message = (): string => {
    const counts = summary();
    return `event: tick\ndata: ${JSON.stringify({ at: Date.now(), counts, countsHtml: countsHtml(counts).text })}\n\n`;
  };
  const tick = (): void => {
    if (pages.size === 0) return;
    const text = message();
    for (const [page, state] of pages) {
      if (!page.writableNeedDrain) {
        state.missed = 0;
        page.write(text);
      } else if (++state.missed > MAX_MISSED) page.destroy();
    }
  };
  const timer = setInterval(tick, every);
  timer.unref();
  return {
    join: (response) => {
      if (pages.size >= MAX_PAGES) {
        response.writeHead(503, { 'retry-after': '10' }).end();
        return;
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      response.write(`retry: 1000\n\n${message()}`);
      pages.set(response, { missed: 0 });
      response.once('close', () => pages.delete(response));
    },
    stop: () => {
      clearInterval(timer);
      for (const page of pages.keys()) page.end();
      pages.clear();
    },
  };
}
