import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cookieAt, removeCookie, type SessionCookie, takeCookie } from '../access/session/session-cookie.js';
import type { Sessions } from '../access/session/sessions.js';
import type { Links } from '../ogc/links.js';
import { hookAnswers, hookRequests } from '../ogc/requests/hooks.js';
import { isProvenSameOrigin } from '../ogc/requests/same-origin.js';
import type { FormRoute } from './media-types.js';
import { isRead } from './validators.js';
import { addVary, keepPrivate } from '../ogc/requests/vary.js';
import { dependsOnVisit, noteVisit, visitOf } from '../ogc/requests/session.js';

/** By their path: what makes jobs, though by `GET`, takes no session. */
const EXECUTES = '/processes/:processId/execution';

/**
 * Says of each request who signed in, by its cookie, where that counts: of `GET` and `HEAD`, and at the addresses of forms, where a
 * browser says that the request comes from a page of this server or from its user; nowhere beside an `Authorization` header. A cookie
 * that is no session is taken away by the answer. Nothing else sees the cookie.
 *
 * To be called before the hooks that decide of bodies, make entity tags and send problems as pages.
 */
export function readSessions(fastify: FastifyInstance, sessions: Sessions, links: Links): void {
  const toRemove = new WeakMap<FastifyRequest, SessionCookie>();
  const visits = async (request: FastifyRequest) => {
    const { headers } = request.raw;
    const base = links.base(request);
    const cookie = cookieAt(base);
    const { value, rest } = takeCookie(headers.cookie, cookie);
    if (value === undefined) return noteVisit(request, { isHeldBack: false });
    if (rest === undefined) delete headers.cookie;
    else headers.cookie = rest;
    if (headers.authorization !== undefined || !takesSessions(request))
      return noteVisit(request, { isHeldBack: false });
    if (!isProvenSameOrigin(headers, base)) return noteVisit(request, { isHeldBack: true });
    const session = await sessions.open(value);
    noteVisit(request, { isHeldBack: false, ...(session ? { session } : {}) });
    if (!session) toRemove.set(request, cookie);
  };
  const hasCookie = (request: FastifyRequest) => {
    if (sessions.whyOff !== undefined) return false;
    if (request.raw.headers.cookie !== undefined) return true;
    noteVisit(request, { isHeldBack: false });
    return false;
  };
  hookRequests(fastify, hasCookie, visits);
  hookAnswers(fastify, dependsOnVisit, async (request, reply, payload) => {
    const cookie = toRemove.get(request);
    if (cookie && !reply.hasHeader('set-cookie')) void reply.header('set-cookie', removeCookie(cookie));
    if (!isRead(request)) return payload;
    addVary(reply, 'Cookie');
    if (visitOf(request)?.session) keepPrivate(reply);
    return payload;
  });
}

/** Whether a session can count for such a request. */
function takesSessions(request: FastifyRequest): boolean {
  const { url, config } = request.routeOptions;
  if (isRead(request)) return url !== EXECUTES;
  return (config as FormRoute | undefined)?.takesForms === true;
}
