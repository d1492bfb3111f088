import { Fault } from '../fault.ts';
import { parseBytes, parseRate } from '../parse-size.ts';
import type { BytesPerSecond } from '../units.ts';

/** What a volume lets through: two token buckets, one of operations and one of bytes. */
export interface Volume {
  /** As the user wrote it. */
  readonly name: string;
  /** Operations per second for ever. */
  readonly operations: number;
  /** Operations per second while credits last; the same as `operations` for a volume without credits. */
  readonly burstOperations: number;
  /** Credits, in operations, that a full bucket holds; a replay begins with a full one. */
  readonly creditOperations: number;
  readonly throughput: BytesPerSecond;
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/**
 * Amazon EBS User Guide, "Amazon EBS General Purpose SSD volumes" (page general-purpose.html): gp2 has 3 IOPS per GiB, from
 * 100 to 16,000, bursts to 3,000 on 5.4 million credits, which it begins with; 128 MiB/s up to 170 GiB and 250 MiB/s above.
 */
const GP2 = { perGib: 3, least: 100, most: 16_000, burst: 3_000, credits: 5_400_000 };
const GP2_THROUGHPUT = { small: 128 * MIB, smallUpTo: 170 * GIB, large: 250 * MIB };
/** The same page: what a gp3 volume has when nothing is paid for on top. It has no credits. */
const GP3 = { operations: 3_000, throughput: 125 * MIB };
const WANTED = 'gp2:100GiB, gp3 or gp3:6000:250MiB/s (operations per second and throughput)';

/**
 * Reads `gp2:<size>` and `gp3[:<operations>[:<throughput>]]`. Between 170 and 334 GiB a gp2 volume has its 250 MiB/s only
 * while it has credits; it is given them always. Throws Fault USAGE for everything else.
 */
export function parseVolume(text: string): Volume {
  const [kind, first, second, ...rest] = text.split(':');
  if (kind === 'gp2' && first !== undefined && second === undefined) return gp2(text, parseBytes(first) / GIB);
  if (kind !== 'gp3' || rest.length > 0) throw new Fault('USAGE', `volume=${text} is not known: write ${WANTED}`);
  const operations = first === undefined ? GP3.operations : Number(first);
  if (!(operations > 0)) throw new Fault('USAGE', `volume=${text} has "${first ?? ''}" operations: write ${WANTED}`);
  const throughput = second === undefined ? GP3.throughput : parseRate(second);
  return { name: text, operations, burstOperations: operations, creditOperations: 0, throughput };
}

function gp2(name: string, gib: number): Volume {
  const operations = Math.min(GP2.most, Math.max(GP2.least, GP2.perGib * gib));
  return {
    name,
    operations,
    burstOperations: Math.max(GP2.burst, operations),
    creditOperations: operations < GP2.burst ? GP2.credits : 0,
    throughput: gib * GIB <= GP2_THROUGHPUT.smallUpTo ? GP2_THROUGHPUT.small : GP2_THROUGHPUT.large,
  };
}
