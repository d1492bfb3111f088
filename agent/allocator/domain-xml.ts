import { XMLParser } from 'fast-xml-parser';

/** What the allocator reads of a running domain's XML (`virsh dumpxml`). Rates in bytes/s; an absent one is not limited. */
export interface DomainXml {
  readonly name: string;
  /** Whether the guest agent's channel is up. */
  readonly guestAgent: boolean;
  /** vCPUs that this program left on in the guest when they could not be unplugged; kept in the domain's metadata. */
  readonly guestCpus: number | undefined;
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
}

export interface DomainDisk {
  /** As libvirt names it: `vda`. */
  readonly device: string;
  readonly total: number | undefined;
  readonly read: number | undefined;
  readonly write: number | undefined;
  /** Disks of one group share one limit. */
  readonly group: string | undefined;
}

interface DomainNic {
  /** The host's end: `vnet0`; undefined when there is none to shape (type `user`). */
  readonly device: string | undefined;
  /** Into the guest. */
  readonly inbound: number | undefined;
  readonly outbound: number | undefined;
}

/** The namespace of this program's element in a domain's metadata. */
export const METADATA_URI = 'https://shadowcast.dev/libvirt/1';
/** tc and libvirt count bandwidth in units of 1024 bytes/s. */
export const KIB = 1_024;

interface Node {
  readonly [name: string]: Node | Node[] | string | undefined;
}

const REPEATED = new Set(['disk', 'interface', 'channel']);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  removeNSPrefix: true,
  isArray: (name) => REPEATED.has(name),
});

/** Reads the XML of a running domain; what is not there is not limited, or not there. */
export function parseDomainXml(xml: string): DomainXml {
  const domain = child(parser.parse(xml) as Node, 'domain');
  const devices = child(domain, 'devices');
  const guest = text(child(child(domain, 'metadata'), 'guest'), '@cpus');
  return {
    name: text(domain, 'name') ?? '',
    guestAgent: children(devices, 'channel').some(isLiveAgent),
    guestCpus: guest === undefined ? undefined : Number(guest),
    disks: children(devices, 'disk').filter(isLimitable).map(diskOf),
    nics: children(devices, 'interface').map(nicOf),
  };
}

const isLiveAgent = (channel: Node): boolean =>
  text(child(channel, 'target'), '@name') === 'org.qemu.guest_agent.0' &&
  text(child(channel, 'target'), '@state') === 'connected';

/** CD-ROMs, floppies and read-only disks carry no work worth a limit. */
const isLimitable = (disk: Node): boolean =>
  (text(disk, '@device') ?? 'disk') === 'disk' && disk['readonly'] === undefined;

function diskOf(disk: Node): DomainDisk {
  const tune = child(disk, 'iotune');
  return {
    device: text(child(disk, 'target'), '@dev') ?? '',
    total: limit(text(tune, 'total_bytes_sec')),
    read: limit(text(tune, 'read_bytes_sec')),
    write: limit(text(tune, 'write_bytes_sec')),
    group: text(tune, 'group_name'),
  };
}

function nicOf(nic: Node): DomainNic {
  const bandwidth = child(nic, 'bandwidth');
  return {
    device: text(nic, '@type') === 'user' ? undefined : text(child(nic, 'target'), '@dev'),
    inbound: rate(text(child(bandwidth, 'inbound'), '@average')),
    outbound: rate(text(child(bandwidth, 'outbound'), '@average')),
  };
}

/** libvirt writes 0, or nothing, for "not limited". */
function limit(value: string | undefined): number | undefined {
  return value === undefined || Number(value) === 0 ? undefined : Number(value);
}

function rate(value: string | undefined): number | undefined {
  const kib = limit(value);
  return kib === undefined ? undefined : kib * KIB;
}

function child(node: Node, name: string): Node {
  const value = node[name];
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'object' ? one : {};
}

function children(node: Node, name: string): readonly Node[] {
  const value = node[name];
  // an element without attributes or children is parsed as ''
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object') : [];
}

function text(node: Node, name: string): string | undefined {
  const value = node[name];
  return typeof value === 'string' ? value : undefined;
}
