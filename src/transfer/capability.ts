import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What allows a job to exchange its files with this server: 256 random bits. The Job's annotation holds its digest only, the environment of the container the capability itself. */
export function makeCapability(): { readonly capability: string; readonly digest: string } {
  const capability = randomBytes(32).toString('base64url');
  return { capability, digest: digestOf(capability) };
}

export function matchesCapability(given: string, digest: string): boolean {
  const [actual, expected] = [Buffer.from(digestOf(given)), Buffer.from(digest)];
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function digestOf(capability: string): string {
  return `sha256:${createHash('sha256').update(capability).digest('hex')}`;
}
