/** Fields of one domain of `virsh domstats --raw`, by name (`balloon.current`); the units are libvirt's (memory in KiB). */
export interface DomainStats {
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Reads the text of `virsh domstats --raw`: a heading `Domain: 'name'`, then `  field=value` lines, for each domain. */
export function parseDomstats(text: string): readonly DomainStats[] {
  const domains: { readonly name: string; readonly fields: Map<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const heading = /^Domain: '(.*)'$/.exec(line);
    if (heading !== null) domains.push({ name: heading[1] ?? '', fields: new Map() });
    const equals = line.indexOf('=');
    if (heading === null && equals > 0)
      domains.at(-1)?.fields.set(line.slice(0, equals).trim(), line.slice(equals + 1));
  }
  return domains;
}

/** A whole number of a domain's stats; undefined where this hypervisor does not give it. */
export function statOf(stats: DomainStats, field: string): number | undefined {
  const value = stats.fields.get(field);
  return value === undefined || value === '' ? undefined : Number(value);
}
