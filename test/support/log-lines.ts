import type { Log, LogFacts } from '../../agent/log.ts';

/** A log that keeps what it is told. */
export function keptLog(): Log & { readonly events: string[]; readonly lines: { event: string; facts: LogFacts }[] } {
  const lines: { event: string; facts: LogFacts }[] = [];
  const events: string[] = [];
  const keep = (event: string, facts: LogFacts = {}) => {
    events.push(event);
    lines.push({ event, facts });
  };
  return { info: keep, warn: keep, error: keep, events, lines };
}
