import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';
import type { Session } from '../../ogc/requests/session.js';

/** Characters of a sealed session: with its name and attributes a cookie has to have fewer than 4096 (RFC 6265, section 6.1). */
export const LONGEST_SEALED = 3800;

/** Sealed with a session: what it stands on, and ends with. */
export interface Sealed extends Session {
  /** Of a session that a token opened, as `proofOf` says it. */
  readonly proof?: string;
}

/** Makes of a session a text that nobody else can read or make (a JWE of `dir` and A256GCM, RFC 7516), and reads it. */
export class SessionSeal {
  /**
   * @param keys of 32 bytes: the first encrypts, all decrypt
   * @param now for tests
   */
  constructor(
    private readonly keys: readonly [Uint8Array, ...Uint8Array[]],
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @throws RangeError where it would not fit a cookie */
  async seal({ subject, issuer, name, roles, end, proof }: Sealed): Promise<string> {
    const claims = {
      roles: [...roles],
      ...(name === undefined ? {} : { name }),
      ...(proof === undefined ? {} : { proof }),
    };
    const text = await new EncryptJWT(claims)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setExpirationTime(end)
      .encrypt(this.keys[0]);
    if (text.length <= LONGEST_SEALED) return text;
    throw new RangeError(`The session of a subject with ${roles.length} roles is too long for a cookie.`);
  }

  /** Undefined for what none of the keys has sealed, and for a session that is over. */
  async open(text: string): Promise<Sealed | undefined> {
    if (text.length > LONGEST_SEALED) return undefined;
    for (const key of this.keys) {
      const opened = await jwtDecrypt(text, key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['iss', 'sub', 'exp'],
        currentDate: this.now(),
      }).catch(() => undefined);
      if (opened) return toSealed(opened.payload);
    }
    return undefined;
  }
}

function toSealed({ iss = '', sub = '', exp = 0, name, roles, proof }: JWTPayload): Sealed {
  return {
    issuer: iss,
    subject: sub,
    ...(typeof name === 'string' ? { name } : {}),
    roles: Array.isArray(roles) ? roles.map(String) : [],
    end: new Date(exp * 1000),
    ...(typeof proof === 'string' ? { proof } : {}),
  };
}
