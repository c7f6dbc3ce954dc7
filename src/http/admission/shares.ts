import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Shares } from '../../access/shares/shares.js';
import { ShareOverError } from '../../ogc/domain-errors.js';
import { hookRequests } from '../../ogc/requests/hooks.js';
import { noteShare, SHARE_PARAMETER, type Share, type Shared } from '../../ogc/requests/share.js';

/** What links may open, by their routes, and to which of them. Everything else takes no notice of the parameter. */
const OPEN: Readonly<Record<string, readonly Shared[]>> = {
  '/jobs/:jobId': ['page'],
  '/jobs/:jobId/events': ['page'],
  '/jobs/:jobId/results': ['page', 'results'],
  '/jobs/:jobId/results/:outputId': ['page', 'results'],
  '/jobs/:jobId/results/:outputId/:index': ['page', 'results'],
};

/** Milliseconds that a timer can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Of all answers to requests that have the parameter: nobody keeps them, and nobody is told the address. */
const HEADERS = {
  'cache-control': 'private, no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
};

interface Jobs {
  find(jobId: string): Promise<{ readonly uid: string } | undefined>;
}

/**
 * Says of each request that follows a link for others what that opens, whoever sends it; refuses those whose link opens nothing.
 *
 * To be called before the hook that lets nothing through to what callers may not know of, and after the one that sets headers of all
 * answers.
 */
export function readShares(fastify: FastifyInstance, shares: Pick<Shares, 'open'>, jobs: Jobs): void {
  const isShared = (request: FastifyRequest) => tokenIn(request) !== undefined;
  hookRequests(fastify, isShared, async (request, reply) => {
    const token = tokenIn(request) as string;
    const { jobId } = request.params as { readonly jobId: string };
    const opened = shares.open(token, jobId);
    const job = opened && (await jobs.find(jobId));
    if (!opened || !job || !opened.isOf(job.uid) || !opensOf(request)?.includes(opened.for)) throw new ShareOverError();
    const share = { jobId, uid: job.uid, for: opened.for, end: opened.end, token };
    noteShare(request, share);
    endWith(share, request, reply);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (isShared(request)) void reply.headers(HEADERS);
    done(null, payload);
  });
}

function opensOf({ routeOptions: { url = '' } }: FastifyRequest): readonly Shared[] | undefined {
  return Object.hasOwn(OPEN, url) ? OPEN[url] : undefined;
}

/** Of a request that a link may be for. Given twice it is no token. */
function tokenIn(request: FastifyRequest): string | undefined {
  if ((request.method !== 'GET' && request.method !== 'HEAD') || request.is404 || !opensOf(request)) return undefined;
  const given = (request.query as Readonly<Record<string, unknown>>)[SHARE_PARAMETER];
  return given === undefined ? undefined : String(given);
}

/** What is followed ends with the link. */
function endWith({ end }: Share, request: FastifyRequest, reply: FastifyReply): void {
  if (!request.routeOptions.url?.endsWith('/events')) return;
  const left = Math.min(end.getTime() - Date.now(), LONGEST_TIMER);
  const timer = setTimeout(() => reply.raw.destroy(), left).unref();
  reply.raw.once('close', () => clearTimeout(timer));
}
