import type { Identity } from './identity.js';

/** What is known of a request once it is answered, for who keeps a record of requests. */
export interface Noted {
  /** Who acted by a token in the body, or signed in: the request itself does not prove it. */
  readonly actor?: Pick<Identity, 'issuer' | 'subject' | 'name' | 'means'>;
  /** Whether it showed a token in its body, or signed in by one, whoever's it is: without `actor` nobody's that is known. */
  readonly showsToken?: true;
  /** The problem that it was answered with. */
  readonly problem?: { readonly type: string; readonly status?: number };
  /** Its answer has what is not for everybody, though its address is polled. */
  readonly handsOut?: true;
  /** Jobs that it changed, where its address names none. */
  readonly jobs?: readonly string[];
}

const noted = new WeakMap<object, Noted>();

/** Says of a request what a record of it is to have. @param request what Fastify has, or what was made of it */
export function noteForRecord(request: object, more: Noted): void {
  noted.set(request, { ...noted.get(request), ...more });
}

/** Empty where nothing was said. */
export function notedOf(request: object): Noted {
  return noted.get(request) ?? {};
}
