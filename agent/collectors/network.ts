import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Deltas, known } from './deltas.ts';
import { ProcFile } from './proc-file.ts';
import type { NicUse } from '../../lib/core/trace/frame.ts';
import type { CollectorMaker } from './collector.ts';

const MOST_NICS = 32;

/**
 * Traffic per interface from /proc/net/dev and TCP retransmits from /proc/net/snmp. Interfaces with a device behind them
 * are counted; bridges, tunnels and containers' ends would count the same bytes again. Where none has a device (inside a
 * container) all but the loopback are. Both files show the network namespace of the reader.
 */
export const networkCollector: CollectorMaker = ({ roots, nics }) => {
  const dev = new ProcFile(join(roots.proc, 'net', 'dev'));
  const snmp = new ProcFile(join(roots.proc, 'net', 'snmp'));
  const deltas = new Deltas();
  const hasDevice = (name: string) => existsSync(join(roots.sys, 'class', 'net', name, 'device'));
  return {
    name: 'network',
    collect: () => {
      deltas.begin();
      const all = parseNetDev(dev.read());
      const retransmits = deltas.growth('retransmits', parseRetransmits(snmp.readIfThere()));
      const counted = chooseNics(all, nics, hasDevice).slice(0, MOST_NICS);
      return {
        kind: 'data',
        values: known({ tcpRetransmits: retransmits }),
        nics: counted.map((counters) => nicUse(counters, deltas)).filter((nic) => nic !== undefined),
      };
    },
    close: () => {
      dev.close();
      snmp.close();
    },
  };
};

/** An interface's totals since it came up. */
type NicCounters = NicUse;

function chooseNics(
  all: readonly NicCounters[],
  wanted: readonly string[] | undefined,
  hasDevice: (name: string) => boolean,
): readonly NicCounters[] {
  if (wanted !== undefined) return all.filter(({ name }) => wanted.includes(name));
  const real = all.filter(({ name }) => hasDevice(name));
  return real.length > 0 ? real : all.filter(({ name }) => name !== 'lo');
}

/** Lines of `name: rxBytes rxPackets errs drop fifo frame compressed multicast txBytes txPackets errs drop ...`. */
function parseNetDev(text: string): readonly NicCounters[] {
  return text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.indexOf(':');
      const [rxBytes, rxPackets, , rxDrops, , , , , txBytes, txPackets, , txDrops] = line
        .slice(colon + 1)
        .trim()
        .split(/ +/)
        .map(Number);
      const count = (value: number | undefined) => value ?? Number.NaN;
      return {
        name: line.slice(0, colon).trim(),
        rxBytes: count(rxBytes),
        rxPackets: count(rxPackets),
        rxDrops: count(rxDrops),
        txBytes: count(txBytes),
        txPackets: count(txPackets),
        txDrops: count(txDrops),
      };
    });
}

/** Use in the interval; undefined for an interface that is new or whose counters were reset. */
function nicUse(counters: NicCounters, deltas: Deltas): NicUse | undefined {
  const grown = (key: Exclude<keyof NicUse, 'name'>) => deltas.growth(`${counters.name} ${key}`, counters[key]);
  const use = {
    rxBytes: grown('rxBytes'),
    rxPackets: grown('rxPackets'),
    rxDrops: grown('rxDrops'),
    txBytes: grown('txBytes'),
    txPackets: grown('txPackets'),
    txDrops: grown('txDrops'),
  };
  const complete = Object.values(use).every((value) => value !== undefined);
  return complete ? { name: counters.name, ...(use as Omit<NicUse, 'name'>) } : undefined;
}

/** RetransSegs of the two Tcp lines, the first of which names the columns. */
function parseRetransmits(text: string | undefined): number | undefined {
  const [names, values] = (text ?? '')
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  const column = names?.indexOf('RetransSegs') ?? -1;
  return column === -1 ? undefined : Number(values?.[column]);
}
