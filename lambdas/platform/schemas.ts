import { z } from 'zod';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';

const perMeter = z.partialRecord(
  z.enum(['cpu', 'memory', 'disk_read', 'disk_write', 'net_rx', 'net_tx']),
  z.number().nonnegative(),
);

/** A plan as it travels between the functions and the host: the shape of lib/core/plan/plan.ts, checked at each border. */
export const planSchema = z
  .looseObject({
    id: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
    vm: z.string().min(1),
    host: z.string().min(1),
    rung: z.enum(['kvm', 'ec2']),
    set: perMeter,
    from: perMeter,
    policy: z.string(),
    sampledAt: z.number(),
    expiresAt: z.number(),
    fence: z.number().int().nonnegative(),
  })
  .transform((plan) => plan as unknown as Plan);

/** An outcome as the allocator prints it: the shape of lib/core/plan/plan.ts. */
export const outcomeSchema = z
  .object({
    planId: z.string(),
    vm: z.string(),
    state: z.enum(['applied', 'refused', 'rolled-back', 'failed']),
    inForce: perMeter,
    inForceAt: z.number().optional(),
    because: z.string(),
  })
  .transform((outcome) => outcome as Outcome);
