declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** What of dynalite's API is used here; the package ships no types. Data live in memory unless `path` is given. */
  export default function dynalite(options?: {
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
    readonly path?: string;
  }): Server;
}
