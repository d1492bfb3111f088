import { parseDomstats } from '../allocator/domstats.ts';
import type { DomainStats } from '../allocator/domstats.ts';
import type { Virsh } from '../allocator/virsh.ts';
import type { DurationMs } from '../../lib/core/units.ts';

/** What one poll of the hypervisor gave. */
export interface Poll {
  readonly domains: readonly DomainStats[];
  /** XML of the domains that were asked for and are still there, by name. */
  readonly xml: ReadonlyMap<string, string>;
}

const DOMSTATS = 'domstats --raw --nowait --list-active --state --vcpu --balloon --interface --block';

/**
 * Asks for the statistics of all active domains and the XML of some, in one virsh process: a second process would cost as
 * much as both answers. virsh goes on with the next command when one fails (a domain that has just ended) and then exits
 * with an error, so a poll with XML that fails is repeated without.
 */
export async function poll(virsh: Virsh, wantXml: readonly string[], timeout: DurationMs): Promise<Poll> {
  const dumps = wantXml.filter(isPlainName).map((name) => `dumpxml ${name}`);
  if (dumps.length === 0) return parsePoll(await virsh([DOMSTATS], timeout));
  try {
    return parsePoll(await virsh([[DOMSTATS, ...dumps].join('; ')], timeout));
  } catch {
    return parsePoll(await virsh([DOMSTATS], timeout));
  }
}

/** Whether a name can be put into a line of virsh commands as it is; virsh takes a bare number for an id. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+@:-]*$/.test(name) && !/^\d+$/.test(name);
}

function parsePoll(text: string): Poll {
  const first = text.indexOf('<domain ');
  const stats = first === -1 ? text : text.slice(0, first);
  const documents = first === -1 ? [] : text.slice(first).split(/(?<=<\/domain>\n)/);
  const xml = new Map(
    documents.filter((document) => document.includes('<domain ')).map((document) => [nameIn(document), document]),
  );
  return { domains: parseDomstats(stats), xml };
}

function nameIn(xml: string): string {
  const from = xml.indexOf('<name>') + '<name>'.length;
  return xml.slice(from, xml.indexOf('</name>', from));
}
