import { createHash, hkdfSync } from 'node:crypto';

/** What tokens begin with that `npm run token` makes, so that programs which look for secrets find them: `ogcp_[0-9a-f]{64}`. */
export const TOKEN_PREFIX = 'ogcp_';

const LABEL = 'processes.pygeoapi.io/session-of-token';

/** The SHA-256 of a token in hexadecimal digits. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * What a session holds of the token that opened it, so that it ends with the token: the token cannot be told from it.
 * @param digest as {@link digestOf} makes it
 */
export function proofOf(digest: string): string {
  return Buffer.from(hkdfSync('sha256', digest, '', LABEL, 16)).toString('base64url');
}
