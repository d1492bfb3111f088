import type { Command } from 'commander';
import { Fault, messageOf } from '../core/fault.ts';
import type { Probability, VmId } from '../core/units.ts';

/** Reads `0.05,0.01`: shares above 0 and below 1. Throws Fault USAGE, naming the option. */
export function parseShares(text: string, option: string): Probability[] {
  return text.split(',').map((word) => {
    const share = word.trim() === '' ? Number.NaN : Number(word);
    if (share > 0 && share < 1) return share;
    throw new Fault('USAGE', `${option} got "${word.trim()}", wanted numbers between 0 and 1, for instance 0.05,0.01`);
  });
}

/**
 * Reads `--image`: a regular expression; what it matches in a VM's name, or its first group, is the VM's image. A VM whose name it does
 * not match has none. Throws Fault USAGE.
 */
export function parseImage(text: string): (vm: VmId) => string | undefined {
  try {
    const pattern = new RegExp(text, 'u');
    return (vm) => {
      const match = pattern.exec(vm);
      return match?.[1] ?? match?.[0];
    };
  } catch (cause) {
    throw new Fault(
      'USAGE',
      `--image got "${text}", wanted a regular expression, for instance "^web": ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Options that say something in one of the two modes only. */
const WITH_COMPARE: readonly string[] = ['meters', 'vms', 'vm', 'html', 'outJson', 'workers'];
const WITHOUT_COMPARE: readonly string[] = ['risk', 'riskOf', 'image', 'out', 'report'];

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
