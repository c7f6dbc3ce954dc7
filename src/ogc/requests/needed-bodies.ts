import type { FastifyRequest } from 'fastify';

const waiting = new WeakMap<FastifyRequest, () => void>();

/** @param then what to do once nobody needs the body of the request, at the latest when it is answered */
export function onceBodyIsNeededNoMore(request: FastifyRequest, then: () => void): void {
  waiting.set(request, then);
}

/**
 * Lets go of the body of a request that goes on for long without it: a synchronous execution waits for its job. Whoever still holds the
 * body, as each function does that waits with it, holds an empty object.
 */
export function needsBodyNoMore(request: FastifyRequest): void {
  const { body } = request;
  request.body = undefined;
  if (typeof body === 'object' && body !== null) for (const key of Object.keys(body)) Reflect.deleteProperty(body, key);
  waiting.get(request)?.();
  waiting.delete(request);
}
