import type { ServerResponse } from 'node:http';

/** Made once: an error of its own for each answer, with a stack that nobody reads, costs more than the signal. */
const GONE: unknown = AbortSignal.abort().reason;

/**
 * Aborted when the client goes away before its answer is sent, and once it is sent. (Fastify's `request.signal` goes by the request, which
 * Node closes as soon as its body is read.)
 */
export function goneSignal(response: ServerResponse): AbortSignal {
  if (response.destroyed) return AbortSignal.abort(GONE);
  const gone = new AbortController();
  response.once('close', () => gone.abort(GONE));
  return gone.signal;
}
