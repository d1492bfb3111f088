import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../lib/core/fault.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Meter, PerMeter } from '../../lib/core/meter.ts';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import type { DurationMs, VmId } from '../../lib/core/units.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { claimName, parseClaimName, parseClaimRecord } from './claim-record.ts';
import type { ClaimRecord, Holder } from './claim-record.ts';

/** The right to act on one VM, held until `end`. */
interface Claim {
  /** Whether an allocator died while it carried out this very plan: what is in force now may be half of it. */
  readonly takenOver: boolean;
  /** Keeps the outcome for whoever brings the plan again, and lets go. */
  readonly end: (outcome: Outcome) => void;
}

/** What a plan's number is worth on this host. */
export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'recorded'; readonly outcome: Outcome }
  | { readonly kind: 'stale'; readonly because: string };

/** The host's memory of fencing numbers, and the lock between allocators, in one. */
export interface Fences {
  /** Would `claim` refuse? Changes nothing. */
  readonly look: (plan: Plan) => Exclude<Claimed, { kind: 'claimed' }> | undefined;
  /** Takes the plan's number for its VM, waiting for an allocator that is still at work on a lower one. */
  readonly claim: (plan: Plan) => Promise<Claimed>;
  /** Growth per meter that allocators at work on other VMs of this host have claimed and may not have put in force yet. */
  readonly pledged: (exceptVm: VmId) => PerMeter;
}

export interface FenceSettings {
  readonly directory: string;
  readonly clock: Clock;
  readonly holder: Holder;
  readonly isAlive: (holder: Holder) => boolean;
  /** How long to wait for the allocator before this one. */
  readonly patience: DurationMs;
}

interface Entry {
  readonly name: string;
  readonly fence: number;
  readonly attempt: number;
}

/**
 * Fences as files: `<directory>/<vm>/<fence>-<attempt>.json`, one for each plan that was ever begun and is not overtaken.
 *
 * A claim is made by link(2), which creates its file whole or not at all and fails when it is there, so a number is taken
 * once. The highest file of a VM is never removed, so the number only grows. To act, an allocator waits until every lower
 * claim has ended or its process is dead, and gives way when a higher one has appeared: of two at work on one VM, each has
 * seen the other or is seen by it, so at most one acts. A crash at any step leaves complete files: a claim without an
 * outcome whose process is dead, which the same plan may take over (next attempt) and any higher one may pass.
 */
export function fileFences(settings: FenceSettings): Fences {
  const { directory } = settings;
  return {
    look: (plan) => judge(settings, plan, entriesOf(folderOf(directory, plan.vm))),
    claim: (plan) => claim(settings, plan),
    pledged: (exceptVm) => pledged(settings, exceptVm),
  };
}

async function claim(settings: FenceSettings, plan: Plan): Promise<Claimed> {
  const folder = folderOf(settings.directory, plan.vm);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const deadline = settings.clock.now() + settings.patience;
  for (;;) {
    const entries = entriesOf(folder);
    const refusal = judge(settings, plan, entries);
    if (refusal !== undefined) return refusal;
    const own = sameNumber(entries, plan).at(-1);
    const running = own !== undefined && isRunning(settings, folder, own);
    if (!running) {
      const entry = nextEntry(plan, own);
      if (write(settings, folder, { entry, plan })) {
        return waitForTurn(settings, { folder, entry, plan, deadline, takenOver: own !== undefined });
      }
      continue;
    }
    if (settings.clock.now() >= deadline) return { kind: 'stale', because: 'this plan is being carried out already' };
    await settings.clock.sleep(10);
  }
}

interface Turn {
  readonly folder: string;
  readonly entry: Entry;
  readonly plan: Plan;
  readonly deadline: number;
  readonly takenOver: boolean;
}

/** Waits until no lower claim is at work. Checked after the own claim is visible: that order is what excludes two. */
async function waitForTurn(settings: FenceSettings, turn: Turn): Promise<Claimed> {
  const { folder, entry } = turn;
  const record = recordOf(settings, turn.plan);
  for (;;) {
    const entries = entriesOf(folder);
    if (entries.some((other) => other.fence > entry.fence)) {
      return giveUp(turn, record, `a newer plan for ${turn.plan.vm} came while this one waited`);
    }
    const lower = entries.filter((other) => other.name < entry.name);
    if (!lower.some((other) => isRunning(settings, folder, other))) {
      for (const other of lower) remove(join(folder, other.name));
      sweep(settings, folder);
      const end = (outcome: Outcome): void => {
        replace(folder, entry.name, { ...record, outcome });
      };
      return { kind: 'claimed', claim: { takenOver: turn.takenOver, end } };
    }
    if (settings.clock.now() >= turn.deadline) {
      const because = `another allocator has been at work on ${turn.plan.vm} for ${settings.patience} ms`;
      return giveUp(turn, record, because);
    }
    await settings.clock.sleep(10);
  }
}

function giveUp(turn: Turn, record: ClaimRecord, because: string): Claimed {
  const { plan } = turn;
  const outcome: Outcome = { planId: plan.id, vm: plan.vm, state: 'refused', inForce: {}, because };
  replace(turn.folder, turn.entry.name, { ...record, outcome });
  return { kind: 'recorded', outcome };
}

/** What the numbers on disk say of a plan: its own recorded outcome, stale, or nothing against it. */
function judge(
  settings: FenceSettings,
  plan: Plan,
  entries: readonly Entry[],
): Exclude<Claimed, { kind: 'claimed' }> | undefined {
  const highest = entries.at(-1);
  if (highest === undefined || highest.fence < plan.fence) return undefined;
  if (highest.fence > plan.fence) {
    return { kind: 'stale', because: `fence ${plan.fence} is below ${highest.fence}, the last one for ${plan.vm}` };
  }
  const record = load(folderOf(settings.directory, plan.vm), highest.name);
  if (record?.plan !== plan.id) {
    return {
      kind: 'stale',
      because: `fence ${plan.fence} was used for plan ${record?.plan ?? 'unknown'} of ${plan.vm}`,
    };
  }
  return record.outcome === undefined ? undefined : { kind: 'recorded', outcome: record.outcome };
}

function pledged(settings: FenceSettings, exceptVm: VmId): PerMeter {
  const sum: Partial<Record<Meter, number>> = {};
  for (const name of namesIn(settings.directory)) {
    const folder = join(settings.directory, name);
    if (folder === folderOf(settings.directory, exceptVm)) continue;
    const highest = entriesOf(folder).at(-1);
    const record = highest === undefined ? undefined : load(folder, highest.name);
    if (record === undefined || record.outcome !== undefined || !settings.isAlive(record.holder)) continue;
    for (const meter of METERS) {
      const growth = record.growth[meter];
      if (growth !== undefined) sum[meter] = (sum[meter] ?? 0) + growth;
    }
  }
  return sum;
}

const folderOf = (directory: string, vm: VmId): string => join(directory, encodeURIComponent(vm));

const sameNumber = (entries: readonly Entry[], plan: Plan): readonly Entry[] =>
  entries.filter((entry) => entry.fence === plan.fence);

function nextEntry(plan: Plan, before: Entry | undefined): Entry {
  const attempt = before === undefined ? 0 : before.attempt + 1;
  return { name: claimName(plan.fence, attempt), fence: plan.fence, attempt };
}

function isRunning(settings: FenceSettings, folder: string, entry: Entry): boolean {
  const record = load(folder, entry.name);
  return record !== undefined && record.outcome === undefined && settings.isAlive(record.holder);
}

function recordOf(settings: FenceSettings, plan: Plan): ClaimRecord {
  const growth: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) {
    const more = (plan.set[meter] ?? 0) - (plan.from[meter] ?? Infinity);
    if (more > 0) growth[meter] = more;
  }
  return { version: 1, plan: plan.id, vm: plan.vm, holder: settings.holder, growth };
}

function entriesOf(folder: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const name of namesIn(folder)) {
    const numbers = parseClaimName(name);
    if (numbers !== undefined) entries.push({ name, ...numbers });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function load(folder: string, name: string): ClaimRecord | undefined {
  try {
    return parseClaimRecord(readFileSync(join(folder, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Creates the claim; false when somebody else was first. */
function write(settings: FenceSettings, folder: string, what: { entry: Entry; plan: Plan }): boolean {
  const temporary = writeTemporary(folder, recordOf(settings, what.plan));
  try {
    linkSync(temporary, join(folder, what.entry.name));
    syncFolder(folder);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  } finally {
    remove(temporary);
  }
}

function replace(folder: string, name: string, record: ClaimRecord): void {
  const temporary = writeTemporary(folder, record);
  renameSync(temporary, join(folder, name));
  syncFolder(folder);
}

function writeTemporary(folder: string, record: ClaimRecord): string {
  const path = join(folder, `.${process.pid}-${process.hrtime.bigint()}.tmp`);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, JSON.stringify(record));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return path;
}

/** Removes what allocators left that died before they gave their file its name. */
function sweep(settings: FenceSettings, folder: string): void {
  for (const name of namesIn(folder)) {
    const pid = /^\.(\d+)-\d+\.tmp$/.exec(name)?.[1];
    if (pid === undefined) continue;
    const owner = { pid: Number(pid), started: '', boot: settings.holder.boot };
    if (!settings.isAlive(owner)) remove(join(folder, name));
  }
}

/** Makes a new name survive a power cut; the record itself was synced before it got its name. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') process.emitWarning(`${path} stays: ${messageOf(thrown)}`);
  }
}
