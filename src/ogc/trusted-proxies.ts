import { compile } from '@fastify/proxy-addr';

/**
 * Whether the `X-Forwarded-*` headers of a peer count, as Fastify's `trustProxy` wants it said.
 * @param trusted `server.trust_proxy`
 */
export function trustedProxies(trusted: boolean | readonly string[]): (address: string, hop: number) => boolean {
  return typeof trusted === 'boolean' ? () => trusted : compile([...trusted]);
}
