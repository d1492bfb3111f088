import { XMLParser } from 'fast-xml-parser';

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', isArray: (name) => name === 'disk' });

interface Element {
  readonly [name: string]: Element | Element[] | string | undefined;
}

/**
 * What a domain was made from, as far as its XML tells: the end of the first disk's backing chain (the image that its
 * siblings share), else the kernel it is booted with, else the first disk itself.
 */
export function imageOf(xml: string): string | undefined {
  const domain = inner(parser.parse(xml) as Element, 'domain');
  const disks = inner(domain, 'devices')['disk'];
  const disk = Array.isArray(disks) ? disks.find((candidate) => candidate['@device'] !== 'cdrom') : undefined;
  const base = disk === undefined ? undefined : endOfChain(disk);
  const kernel = inner(domain, 'os')['kernel'];
  return base ?? (typeof kernel === 'string' ? kernel : undefined) ?? (disk === undefined ? undefined : sourceOf(disk));
}

function endOfChain(disk: Element): string | undefined {
  let found: string | undefined;
  for (let layer = inner(disk, 'backingStore'); Object.keys(layer).length > 0; layer = inner(layer, 'backingStore')) {
    found = sourceOf(layer) ?? found;
  }
  return found;
}

function sourceOf(layer: Element): string | undefined {
  const source = inner(layer, 'source');
  const place = source['@file'] ?? source['@dev'] ?? source['@name'] ?? source['@volume'];
  return typeof place === 'string' ? place : undefined;
}

function inner(element: Element, name: string): Element {
  const value = element[name];
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}
