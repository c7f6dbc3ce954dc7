import { createHash } from 'node:crypto';
import { base32 } from 'rfc4648';
import type { Identity } from '../../ogc/requests/identity.js';

/** Bytes of a digest that are kept. */
const LENGTH = 20;

/**
 * Whose something is, as a label can say it: the same for the same issuer and subject, at every replica. Those who show nothing are one.
 * @returns 32 letters and digits: 160 bits of a SHA-256
 */
export function ownerOf(identity: Pick<Identity, 'issuer' | 'subject'> | undefined): string {
  const of = identity ? [identity.issuer, identity.subject] : [];
  const digest = createHash('sha256').update(JSON.stringify(of)).digest().subarray(0, LENGTH);
  return base32.stringify(digest, { pad: false }).toLowerCase();
}
