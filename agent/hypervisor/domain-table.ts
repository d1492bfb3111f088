import { parseDomainXml } from '../allocator/domain-xml.ts';
import { statOf } from '../allocator/domstats.ts';
import { imageOf } from './domain-image.ts';
import { adjustableOf, limitsOf } from './domain-limits.ts';
import { DomainMeter } from './domain-meter.ts';
import type { Frame, LifecycleEvent, LifecycleKind, Primary } from '../../lib/core/trace/frame.ts';
import type { DurationMs, EpochMs, HostId, VmId } from '../../lib/core/units.ts';
import type { DomainXml } from '../allocator/domain-xml.ts';
import type { DomainStats } from '../allocator/domstats.ts';
import type { SourceReading } from '../frame-source.ts';
import type { Poll } from './poll.ts';

/** A poll's answer and the moment it came, by the clock and by one that is never set. */
export interface Answer {
  readonly poll: Poll;
  readonly at: EpochMs;
  readonly atMonotonic: DurationMs;
}

/** Limits that only the XML shows (of disks and interfaces) are seen at the latest after this many polls. */
const XML_EVERY_POLLS = 5;
const DESCRIBE_EVERY_MS: DurationMs = 60_000;
/** virDomainState: paused, and asleep by its own will. */
const SUSPENDED = new Set([3, 7]);

/** What is known of one active domain. */
interface Domain {
  readonly vm: VmId;
  readonly meter: DomainMeter;
  suspended: boolean;
  /** When its totals were last read; undefined before the first time. */
  readAt: DurationMs | undefined;
  xml: DomainXml | undefined;
  image: string | undefined;
  /** Poll in which the XML was read. */
  xmlAtPoll: number;
  /** The description sent last, and when. */
  described: string;
  describedAt: DurationMs;
}

/** The active domains of a host: turns each poll into frames, descriptions and what happened since the poll before. */
export class DomainTable {
  readonly #host: HostId;
  readonly #tags: Readonly<Record<string, string>>;
  readonly #domains = new Map<string, Domain>();
  #polls = 0;

  constructor(host: HostId, tags: Readonly<Record<string, string>>) {
    this.#host = host;
    this.#tags = tags;
  }

  get names(): readonly string[] {
    return [...this.#domains.keys()];
  }

  /** The domains whose XML the next poll should bring. */
  get wantedXml(): readonly string[] {
    const due = ({ xml, xmlAtPoll }: Domain) => xml === undefined || this.#polls - xmlAtPoll >= XML_EVERY_POLLS;
    return [...this.#domains].filter(([, domain]) => due(domain)).map(([name]) => name);
  }

  /** Takes a poll. `before`: the domains that were active at the last one, or when the agent last ran. */
  read(answer: Answer, before: readonly string[]): SourceReading {
    this.#polls += 1;
    const { domains: found, xml } = answer.poll;
    const active = new Set(found.map(({ name }) => name));
    const ended = before.filter((name) => !active.has(name));
    for (const name of ended) this.#domains.delete(name);
    const event = (name: string, kind: LifecycleKind) => ({ vm: this.#vm(name), kind, at: answer.at });
    const events: LifecycleEvent[] = ended.map((name) => event(name, 'ended'));
    const frames: Frame[] = [];
    const primaries: Primary[] = [];
    for (const stats of found) {
      const domain = this.#domains.get(stats.name) ?? this.#add(stats.name);
      if (domain.readAt === undefined && !before.includes(stats.name)) events.push(event(stats.name, 'appeared'));
      if (this.#noteState(domain, stats)) events.push(event(stats.name, domain.suspended ? 'suspended' : 'resumed'));
      this.#noteXml(domain, xml.get(stats.name));
      primaries.push(...this.#describe(domain, stats, answer.atMonotonic));
      frames.push(...frameOf(domain, stats, answer));
    }
    return { frames, primaries, events };
  }

  #vm(name: string): VmId {
    return `${this.#host}/${name}`;
  }

  #add(name: string): Domain {
    const domain = {
      vm: this.#vm(name),
      meter: new DomainMeter(),
      suspended: false,
      readAt: undefined,
      xml: undefined,
      image: undefined,
      xmlAtPoll: 0,
      described: '',
      describedAt: 0,
    };
    this.#domains.set(name, domain);
    return domain;
  }

  /** Says whether the domain was suspended or resumed. */
  #noteState(domain: Domain, stats: DomainStats): boolean {
    const suspended = SUSPENDED.has(statOf(stats, 'state.state') ?? 0);
    const changed = suspended !== domain.suspended;
    domain.suspended = suspended;
    return changed;
  }

  #noteXml(domain: Domain, xml: string | undefined): void {
    if (xml === undefined) return;
    domain.xml = parseDomainXml(xml);
    domain.image = imageOf(xml);
    domain.xmlAtPoll = this.#polls;
  }

  /** The description, when it has changed or is due again. Waits for the XML, which comes with the second poll. */
  #describe(domain: Domain, stats: DomainStats, now: DurationMs): readonly Primary[] {
    if (domain.xml === undefined && domain.readAt === undefined) return [];
    const primary: Primary = {
      vm: domain.vm,
      name: stats.name,
      actuator: 'kvm',
      adjustable: adjustableOf(stats, limitsOf(stats, domain.xml)),
      ...(domain.image === undefined ? {} : { image: domain.image }),
      ...(Object.keys(this.#tags).length === 0 ? {} : { tags: this.#tags }),
    };
    const text = JSON.stringify(primary);
    if (text === domain.described && now - domain.describedAt < DESCRIBE_EVERY_MS) return [];
    domain.described = text;
    domain.describedAt = now;
    return [primary];
  }
}

/** None for a domain that is suspended, or was not in the poll before. */
function frameOf(domain: Domain, stats: DomainStats, { at, atMonotonic }: Answer): readonly Frame[] {
  const interval = domain.readAt === undefined ? 0 : Math.round(atMonotonic - domain.readAt);
  const use = domain.meter.read(stats, at, interval);
  domain.readAt = atMonotonic;
  if (interval < 1 || domain.suspended) return [];
  return [{ vm: domain.vm, at, interval, ...use, allocation: limitsOf(stats, domain.xml) }];
}
