import type { CallerLimits } from '../../config/sections/access/access-rules.js';
import type { Identity } from '../../ogc/requests/identity.js';

/** Tells what callers have of what they may have. */
export interface UsageOfCallers {
  /** @returns undefined where there are no roles; without `limit`: none holds; without `used`: it is not counted */
  of(
    identity: Identity | undefined,
  ): Readonly<Record<keyof CallerLimits, { readonly limit?: number; readonly used?: number }>> | undefined;
}

/** For injection: who counts. */
export const USAGE_OF_CALLERS = Symbol('UsageOfCallers');
