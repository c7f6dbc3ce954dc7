import type { JWTPayload } from 'jose';
import type { Session } from '../../ogc/requests/session.js';
import { SealedCookie } from './sealed-cookie.js';

/** Sealed with a session: what it stands on, and ends with. */
export interface Sealed extends Session {
  /** Of a session that a token opened, as `proofOf` says it. */
  readonly proof?: string;
}

/** Makes of a session a text that nobody else can read or make, and reads it. */
export class SessionSeal {
  private readonly cookie: SealedCookie;

  /**
   * @param keys of 32 bytes: the first encrypts, all decrypt
   * @param now for tests
   */
  constructor(keys: readonly [Uint8Array, ...Uint8Array[]], now: () => Date = () => new Date()) {
    this.cookie = new SealedCookie(keys, ['iss', 'sub'], now);
  }

  /** @throws RangeError where it would not fit a cookie */
  async seal({ subject, issuer, name, roles, end, proof }: Sealed): Promise<string> {
    const claims = {
      iss: issuer,
      sub: subject,
      roles: [...roles],
      ...(name === undefined ? {} : { name }),
      ...(proof === undefined ? {} : { proof }),
    };
    const text = await this.cookie.seal(claims, end);
    if (text !== undefined) return text;
    throw new RangeError(`The session of a subject with ${roles.length} roles is too long for a cookie.`);
  }

  /** Undefined for what none of the keys has sealed, and for a session that is over. */
  async open(text: string): Promise<Sealed | undefined> {
    const opened = await this.cookie.open<JWTPayload>(text);
    return opened && toSealed(opened);
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
