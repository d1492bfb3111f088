/** One line of facts for a machine to read; `event` is stable and few (`spool-memory`, `uplink-down`), the facts vary. */
export interface Log {
  info: (event: string, facts?: LogFacts) => void;
  warn: (event: string, facts?: LogFacts) => void;
  error: (event: string, facts?: LogFacts) => void;
}

export type LogFacts = Readonly<Record<string, unknown>>;

/** Structured lines `{"at":...,"level":...,"event":...,...}` to `write`, which gets one whole line at a time. */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  const line =
    (level: string) =>
    (event: string, facts: LogFacts = {}) => {
      write(`${JSON.stringify({ at: new Date(now()).toISOString(), level, event, ...facts })}\n`);
    };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
