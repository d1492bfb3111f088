import { Prior } from './prior.ts';
import { PRIOR } from './prior-table.ts';

/** The prior that is shipped. */
export const FLEET_PRIOR = new Prior(PRIOR);
