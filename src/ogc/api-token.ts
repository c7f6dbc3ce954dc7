import { createHash, timingSafeEqual } from 'node:crypto';

/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer +(\S+)\s*$/i)?.[1];
}

/** The server's API token: compared in constant time, and kept as a digest only. */
export class ApiToken {
  private readonly digest: Buffer | undefined;

  /** @param token undefined or empty: none is set */
  constructor(token: string | undefined) {
    this.digest = token ? sha256(token) : undefined;
  }

  get isSet(): boolean {
    return this.digest !== undefined;
  }

  /** One that is not set never matches. */
  matches(token: string | undefined): boolean {
    return token !== undefined && this.digest !== undefined && timingSafeEqual(sha256(token), this.digest);
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
