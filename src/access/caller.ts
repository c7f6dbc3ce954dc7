import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken } from '../ogc/api-token.js';
import { type Identity, identityOf } from '../ogc/requests/identity.js';
import { noteForRecord } from '../ogc/requests/record.js';
import { type Session, sessionOf } from '../ogc/requests/session.js';
import { type Share, shareOf } from '../ogc/requests/share.js';

/** What of a request matters to access. */
export interface Caller {
  /** Of the `Authorization` header. */
  readonly token?: string;
  /** Who signed in with a browser, where that counts for the request; never beside a token. */
  readonly session?: Session;
  /** Who it is, by token or session, where roles decide; absent: nobody has said. */
  readonly identity?: Identity;
  /** The link that was followed: then nothing else of who it is counts, and nothing but what the link is for is open. */
  readonly shared?: Share;
  readonly headers: IncomingHttpHeaders;
  /** As far as proxies are trusted; for the log. */
  readonly address?: string;
}

export function callerOf(request: { readonly headers: IncomingHttpHeaders; readonly ip?: string }): Caller {
  const { headers, ip } = request;
  const address = ip === undefined ? {} : { address: ip };
  const shared = shareOf(request);
  if (shared) return { shared, headers, ...address };
  const session = sessionOf(request);
  const identity = identityOf(request) ?? (session && identityBehind(session));
  const caller: Caller = {
    token: bearerToken(headers.authorization),
    headers,
    ...(session ? { session } : {}),
    ...(identity ? { identity } : {}),
    ...address,
  };
  requests.set(caller, request);
  return caller;
}

const requests = new WeakMap<Caller, object>();

/** Says who a token in the body of the caller's request is of, for the record of requests. */
export function noteActor(caller: Caller, { issuer, subject, name, means }: Omit<Identity, 'groups' | 'roles'>): void {
  const request = requests.get(caller);
  const actor = { issuer, subject, ...(name === undefined ? {} : { name }), means };
  if (request) noteForRecord(request, { actor });
}

/** Says that there is a token in the body of the caller's request, whoever's it is, for the record of requests. */
export function noteToken(caller: Caller): void {
  const request = requests.get(caller);
  if (request) noteForRecord(request, { showsToken: true });
}

/** Without who signed in. */
export function withoutSession(caller: Caller): Caller {
  const { session, identity, ...others } = caller;
  return session || !identity ? others : { ...others, identity };
}

const behind = new WeakMap<Session, Identity>();

function identityBehind(session: Session): Identity {
  const known = behind.get(session);
  if (known) return known;
  const { issuer, subject, name, roles } = session;
  const identity: Identity = {
    issuer,
    subject,
    ...(name === undefined ? {} : { name }),
    groups: [],
    roles,
    means: 'session',
  };
  behind.set(session, identity);
  return identity;
}
