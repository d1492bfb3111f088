import { z } from 'zod';
import type { Outcome } from '../../lib/core/plan/plan.ts';
import type { Ledger } from '../../lib/ports/ledger.ts';
import type { Observer } from '../../lib/ports/observer.ts';
import { planSchema } from '../platform/schemas.ts';
import { type Handler, type Platform, withPlatform } from '../platform/with-platform.ts';
import { outcomeOf, resultSchema, unreadable } from './outcome.ts';

export interface SettleDeps {
  readonly ledger: Ledger;
  readonly observer: Observer;
}

const request = z.object({ plan: planSchema, result: z.unknown() });

/** The settle function, last step of every path of the workflow: records what happened and unlocks the VM. */
export function settleHandler({ ledger, observer }: SettleDeps, platform: Platform): Handler<unknown, Outcome> {
  return withPlatform(platform, async (event) => {
    const { plan, result } = request.parse(event);
    const parsed = resultSchema.safeParse(result);
    const outcome = parsed.success ? outcomeOf(plan, parsed.data) : unreadable(plan, parsed.error);
    if (await ledger.settle(plan, outcome)) observer.ended(plan, outcome);
    platform.logger.info('outcome', { planId: plan.id, vm: plan.vm, state: outcome.state, because: outcome.because });
    return outcome;
  });
}
