declare module 'kinesalite' {
  import type { Server } from 'node:http';

  /** What of kinesalite's API is used here; the package ships no types. Data live in memory unless `path` is given. */
  export default function kinesalite(options?: {
    readonly createStreamMs?: number;
    readonly deleteStreamMs?: number;
    readonly updateStreamMs?: number;
    readonly shardLimit?: number;
    readonly path?: string;
  }): Server;
}
