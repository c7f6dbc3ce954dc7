import type { ServerResponse } from 'node:http';

/** Made once: an error of its own for each answer, with a stack that nobody reads, costs more than the signal. */
const GONE: unknown = AbortSignal.abort().reason;

/** Something that closes once, such as a response. */
export interface Closing {
  /** Whether it has closed, or is about to. */
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Calls the listener when the response closes, at once where the client went while something else was waited for: of what has closed there
 * is no event any more.
 */
export function onceClosed(response: Closing, listener: () => void): void {
  if (response.destroyed) listener();
  else response.once('close', listener);
}

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
