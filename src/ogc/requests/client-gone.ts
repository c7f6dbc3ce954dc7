import type { ServerResponse } from 'node:http';

/**
 * Aborted when the client goes away before its answer is sent, and once it is sent. (Fastify's `request.signal` goes by the request, which
 * Node closes as soon as its body is read.)
 */
export function goneSignal(response: ServerResponse): AbortSignal {
  if (response.destroyed) return AbortSignal.abort();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
