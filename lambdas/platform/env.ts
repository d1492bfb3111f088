import { z } from 'zod';

/** Reads a handler's configuration once, at cold start; every missing or wrong variable is named in one message. */
export function envOf<Shape extends z.ZodRawShape>(shape: Shape): Readonly<z.infer<z.ZodObject<Shape>>> {
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success) throw new Error(`environment of this function:\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}

/** What every function that touches shadows needs to know. */
export const tableEnv = { SHADOW_TABLE: z.string().min(1) };

/** The tag whose value `true` hands an instance to Shadowcast. */
export const enrolEnv = { ENROL_TAG: z.string().min(1).default('shadowcast:enrolled') };
