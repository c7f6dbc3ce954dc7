import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type OfJob } from '../../access/access.js';
import type { Identities } from '../../access/identity/identities.js';
import type { Sight } from '../../access/sight.js';
import { bearerToken } from '../../ogc/api-token.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import { noteIdentity } from '../../ogc/requests/identity.js';
import { noteRights } from '../../ogc/requests/rights.js';
import { shareOf } from '../../ogc/requests/share.js';
import { addVary, keepPrivate } from '../../ogc/requests/vary.js';
import { noteWrongToken } from '../../ogc/requests/wrong-token.js';

/** What is there for everybody: it says nothing of processes and jobs, or leaves out what the caller may not see. By their routes. */
const PUBLIC = new Set([
  '/',
  '/conformance',
  '/openapi',
  '/openapi/:version',
  '/api',
  '/docs',
  '/asyncapi',
  '/problems',
  '/problems/:name',
  '/info',
  '/me',
  '/sign-in',
  '/sign-out',
  '/language',
]);
/** The same, of all beneath. */
const PUBLIC_FOLDERS = ['/static/', '/docs/', '/sign-in/'];
/** What decides by itself: by a token of its own, or by what its address holds. */
const APART = ['/health', '/metrics', '/transfer/'];
/** Files of pages, which are the same to everybody. */
const FILES = ['/static/', '/docs/*', '/docs/LICENSE', '/docs/redoc/:name'];
/** Whose bodies may have the token, so that it is decided of them once these are read. */
const TAKES_TOKEN_IN_BODY = new Set([
  ...['execution', 'jobs', 'validation', 'form'].map((name) => `/processes/:processId/${name}`),
  '/jobs/:jobId/dismissal',
  '/jobs/:jobId/share',
  '/jobs/dismissal',
]);

interface Callers {
  readonly identities: Identities;
  readonly sight: Sight;
  readonly jobs: { findSeen(jobId: string, sees: (job: OfJob) => boolean): Promise<OfJob | undefined> };
}

/**
 * Says of each request, where roles decide, who asks, and lets nothing through to what they may not know of: every address that names a
 * process or a job is decided of here, so that none is forgotten. What one may do with what one sees is asked where it is done.
 *
 * To be called after the sessions are read, and before the hooks that decide of bodies.
 */
export function identifyCallers(fastify: FastifyInstance, { identities, sight, jobs }: Callers): void {
  const { rules } = identities;
  if (!rules) return;
  fastify.addHook('onRequest', async (request) => {
    const { url = '' } = request.routeOptions;
    const token = bearerToken(request.headers.authorization);
    if (request.is404) return;
    const isApart = APART.some((start) => url.startsWith(start));
    // Capabilities and tokens of others' are shown to nobody. Who probes is refused for no token, but told less.
    if (isApart && !url.startsWith('/health')) return;
    const known = token === undefined || shareOf(request) ? undefined : identities.of(token, request.ip);
    const identity = await (isApart ? known?.catch((error: unknown) => passOver(request, error)) : known);
    if (identity) noteIdentity(request, identity);
    const caller = callerOf(request);
    noteRights(request, {
      sees: (id) => sight.seesProcess(id, caller),
      may: (action, id) => sight.may(action, id, caller),
      isKnown: caller.identity !== undefined,
      isAdmin: rules.isAdmin(caller.identity),
    });
    if (isApart || isPublic(url)) return;
    const { processId, jobId } = (request.params ?? {}) as { readonly processId?: string; readonly jobId?: string };
    if (!caller.identity && !caller.shared) {
      if (request.method === 'POST' && TAKES_TOKEN_IN_BODY.has(url)) return;
      sight.demandSomebody(caller);
    }
    if (processId !== undefined) sight.demandProcess(processId, caller);
    if (jobId === undefined) return;
    sight.demandJob(jobId, await jobs.findSeen(jobId, (job) => sight.seesJob(job, caller)), caller);
  });
  fastify.addHook('onSend', sayThatCallersMatter);
}

function passOver(request: FastifyRequest, error: unknown): undefined {
  if (error instanceof InvalidTokenError) noteWrongToken(request);
}

/** What is answered depends on who asks, so that no shared cache is to give it to others. */
async function sayThatCallersMatter(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const { url = '' } = request.routeOptions;
  if ([...APART, ...FILES].some((start) => url.startsWith(start))) return payload;
  addVary(reply, 'Authorization');
  addVary(reply, 'Cookie');
  keepPrivate(reply);
  return payload;
}

function isPublic(url: string): boolean {
  return PUBLIC.has(url) || PUBLIC_FOLDERS.some((folder) => url.startsWith(folder));
}
