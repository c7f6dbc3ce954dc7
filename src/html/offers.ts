import type { PageContext } from '../ogc/pages.js';
import type { Offered } from '../ogc/requests/rights.js';

/**
 * Whether a page offers this: who asks may do it, or, where nobody can sign in, may show in the form that they may.
 * @param processId of the process, or of the job
 */
export function isOffered({ rights, visitor }: PageContext, action: Offered, processId = ''): boolean {
  return !rights || rights.may(action, processId) || (action !== 'logs' && !rights.isKnown && !visitor);
}
