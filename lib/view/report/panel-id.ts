import type { MeterComparison, SetComparison } from '../../core/score/comparison.ts';

/** The anchor of a set's meter. Names of sets are file names: what does not belong into an anchor becomes its code. */
export const panelId = ({ name }: Pick<SetComparison, 'name'>, { meter }: Pick<MeterComparison, 'meter'>): string =>
  `${name.replace(/[^\w-]/g, (character) => `_${character.codePointAt(0) ?? 0}_`)}-${meter}`;
