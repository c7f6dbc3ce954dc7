import { bearerToken, type ApiToken } from '../../ogc/api-token.js';
import { type Identity, identityOf, TOKENS } from '../../ogc/requests/identity.js';
import { notedOf } from '../../ogc/requests/record.js';
import { shareOf } from '../../ogc/requests/share.js';
import { API_SUBJECT, sessionOf } from '../../ogc/requests/session.js';

/** Who asked, as a record of requests says it; `means` alone where nobody is proven. */
export interface Who extends Partial<Pick<Identity, 'issuer' | 'subject' | 'name'>> {
  /** How it was proven. `capability`: by a secret of the job in the address; `link`: by a link for others, beside which nothing counts. */
  readonly means: Identity['means'] | 'capability' | 'link' | 'unknown token' | 'anonymous';
}

interface AskedRequest {
  readonly headers: { readonly authorization?: string };
  readonly routeOptions: { readonly url?: string };
}

/**
 * To be asked once the request is answered: a token may have stood in its body.
 * @param apiToken is known where there are no roles, too
 */
export function whoOf(request: AskedRequest, apiToken: ApiToken): Who {
  if (shareOf(request)) return { means: 'link' };
  const { actor, showsToken } = notedOf(request);
  const identity = actor ?? identityOf(request);
  if (identity) return only(identity);
  const session = sessionOf(request);
  if (session) return only({ ...session, means: 'session' });
  const token = bearerToken(request.headers.authorization);
  if (apiToken.matches(token)) return { issuer: TOKENS, subject: API_SUBJECT, means: 'token' };
  if (token !== undefined || showsToken) return { means: 'unknown token' };
  return { means: request.routeOptions.url?.startsWith('/transfer/') ? 'capability' : 'anonymous' };
}

function only({ issuer, subject, name, means }: Pick<Identity, 'issuer' | 'subject' | 'name' | 'means'>): Who {
  return { issuer, subject, ...(name === undefined ? {} : { name }), means };
}
