import type { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import type { Probability } from '../core/units.ts';

/** Reads `0.05,0.01`: shares above 0 and below 1. Throws Fault USAGE, naming the option. */
export function parseShares(text: string, option: string): Probability[] {
  return text.split(',').map((word) => {
    const share = word.trim() === '' ? Number.NaN : Number(word);
    if (share > 0 && share < 1) return share;
    throw new Fault('USAGE', `${option} got "${word.trim()}", wanted numbers between 0 and 1, for instance 0.05,0.01`);
  });
}

/** Options that say something in one of the two modes only. */
const WITH_COMPARE: readonly string[] = ['meters', 'vms', 'vm', 'html', 'outJson', 'workers'];
const WITHOUT_COMPARE: readonly string[] = ['risk', 'riskOf', 'out', 'report'];

/** Throws Fault USAGE when an option was given that the mode does not know: nobody asks for a file and wants none. */
export function checkMode(command: Command, isCompare: boolean): void {
  const isStray = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const stray = (isCompare ? WITHOUT_COMPARE : WITH_COMPARE).find(isStray);
  if (stray === undefined) return;
  const option = `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new Fault(
    'USAGE',
    isCompare ? `${option} does not go with --compare: leave one out` : `${option} needs --compare`,
  );
}

interface Times {
  readonly lead: string;
  readonly hold: string;
  readonly warmUp: string;
}

/** Lead, hold and warm-up as given; a comparison takes the rest from each set's own traces. */
export function timesGiven(options: Times, command: Command): Times {
  const given = (name: keyof Times): string =>
    command.getOptionValueSource(name) === 'default' ? 'auto' : options[name];
  return { lead: given('lead'), hold: given('hold'), warmUp: given('warmUp') };
}
