import { z } from 'zod';
import { parseDuration } from '../../core/duration.ts';
import { messageOf } from '../../core/fault.ts';
import { BYTES_FORM, parseBytes, parseRate, parseShare, RATE_FORM, SHARE_FORM } from '../../core/parse-size.ts';
import { parseWindow, type TimeWindow } from '../../core/policy/time-window.ts';

/** A key of the policy file as people see it: in their editor, in the table of docs/policies.md, in messages. */
export interface KeyText {
  /** What the key does, one sentence. */
  readonly says: string;
  /** What holds without it; absent where nothing does. */
  readonly fallback?: string;
  /** Bounds as they are written: `0s` and `7d`. */
  readonly min?: string;
  readonly max?: string;
  /** A value that makes sense here, where the usual one does not. */
  readonly example?: string;
}

/** A schema whose input is text and whose output is in the units of lib/core. */
export type QuantitySchema<T> = z.ZodType<T, string>;

/** A length of time such as `5s`; milliseconds come out. */
export const durationSchema = (key: KeyText): QuantitySchema<number> =>
  quantity(key, {
    parse: parseDuration,
    form: DURATION_FORM,
    what: 'a length of time',
    examples: ['5s', '500ms', '10m'],
  });

/** A percentage such as `20%`; a share comes out. */
export const shareSchema = (key: KeyText): QuantitySchema<number> =>
  quantity(key, { parse: parseShare, form: SHARE_FORM, what: 'a percentage', examples: ['20%'] });

/** A size such as `512MiB`; bytes come out. */
export const bytesSchema = (key: KeyText): QuantitySchema<number> =>
  quantity(key, { parse: parseBytes, form: BYTES_FORM, what: 'a size', examples: ['512MiB', '8GiB'] });

/** A rate such as `50MiB/s`; bytes per second come out. */
export const rateSchema = (key: KeyText): QuantitySchema<number> =>
  quantity(key, { parse: parseRate, form: RATE_FORM, what: 'a rate', examples: ['50MiB/s', '1Gbit/s'] });

/** Hours of the week such as `Sat-Sun 00:00-06:00 Europe/Berlin`. */
export const windowSchema = (): QuantitySchema<TimeWindow> =>
  text(parseWindow, {
    wanted: 'hours of the week such as "Sat-Sun 00:00-06:00 Europe/Berlin"',
    refused: messageOf,
  }).meta({
    written: ['Sat-Sun 00:00-06:00 Europe/Berlin', '22:00-04:00'],
    pattern: String.raw`^(\S+\s+)?\d{2}:\d{2}-\d{2}:\d{2}(\s+\S+)?$`,
  });

/** A plain number, with its bounds, and whole where `whole` says so. */
export function numberSchema(
  { says, fallback, min, max }: KeyText & { readonly min: string; readonly max: string },
  { whole, what }: { readonly whole: boolean; readonly what: string },
): z.ZodType<number, number> {
  const wanted = `want ${what} from ${min} to ${max}`;
  const schema = z.number({ error: () => wanted });
  return (whole ? schema.int({ error: () => wanted }) : schema)
    .min(Number(min), { error: () => wanted })
    .max(Number(max), { error: () => wanted })
    .meta({ description: says, ...(fallback === undefined ? {} : { fallback: Number(fallback) }) });
}

const DURATION_FORM = String.raw`^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$`;

interface Kind {
  readonly parse: (written: string) => number;
  /** Regular expression for editors; `parse` has the last word. */
  readonly form: string;
  readonly what: string;
  readonly examples: readonly string[];
}

function quantity(key: KeyText, { parse, form, what, examples }: Kind): QuantitySchema<number> {
  const bounds = boundsWords(key);
  const least = key.min === undefined ? -Infinity : parse(key.min);
  const most = key.max === undefined ? Infinity : parse(key.max);
  const wanted = `${what}${bounds} such as ${key.example ?? examples[0] ?? ''}`;
  const parsed = (written: string): number => {
    const value = parse(written);
    if (value < least || value > most) throw new RangeError(`${written} is not${bounds}`);
    return value;
  };
  return text(parsed, { wanted, refused: () => `want ${wanted}` }).meta({
    description: bounds === '' ? key.says : `${key.says} A value${bounds}.`,
    pattern: form,
    written: key.example === undefined ? [...examples] : [key.example],
    ...(key.fallback === undefined ? {} : { fallback: key.fallback }),
  });
}

/** Text that a parser reads; what the parser refuses becomes a problem. */
function text<T>(
  parse: (written: string) => T,
  { wanted, refused }: { readonly wanted: string; readonly refused: (error: unknown) => string },
): z.ZodType<T, string> {
  return z.string({ error: () => `want ${wanted}` }).transform((written, context) => {
    try {
      return parse(written);
    } catch (error) {
      context.addIssue({ code: 'custom', message: refused(error) });
      return z.NEVER;
    }
  });
}

function boundsWords({ min, max }: KeyText): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
