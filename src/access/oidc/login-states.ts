import { EncryptJWT, jwtDecrypt } from 'jose';

/** Seconds that one may take to sign in at the provider. */
export const LOGIN_SECONDS = 600;
/** Characters of the cookie's value. */
const LONGEST_SEALED = 3_800;
/** Logins that ended lately and are remembered, so that none ends twice. */
const MOST_ENDED = 10_000;

/** What a browser keeps of a login that it began, until it comes back. */
export interface LoginState {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** Where it leads then. */
  readonly next: string;
}

/** Seals what is to come back with a browser, and opens each once. */
export class LoginStates {
  /** Of states, with the time when they would be over anyway, milliseconds. */
  private readonly ended = new Map<string, number>();

  /** @param keys of 32 bytes: the first encrypts, all decrypt */
  constructor(
    private readonly keys: readonly Uint8Array[],
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @throws RangeError where it would not fit a cookie */
  async seal(login: LoginState): Promise<string> {
    const [key] = this.keys;
    if (!key) throw new Error('There is no key.');
    const text = await new EncryptJWT({ ...login })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(new Date(this.now().getTime() + LOGIN_SECONDS * 1000))
      .encrypt(key);
    if (text.length > LONGEST_SEALED) throw new RangeError('What is to be kept of the login is too long for a cookie.');
    return text;
  }

  /** Undefined for what none of the keys has sealed, is over, or was opened before. */
  async openOnce(text: string): Promise<LoginState | undefined> {
    if (text.length > LONGEST_SEALED) return undefined;
    for (const key of this.keys) {
      const opened = await jwtDecrypt<LoginState>(text, key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp', 'state', 'nonce', 'verifier', 'next'],
        currentDate: this.now(),
      }).catch(() => undefined);
      if (!opened) continue;
      const { state, nonce, verifier, next, exp = 0 } = opened.payload;
      return this.end(state, exp * 1000) ? { state, nonce, verifier, next } : undefined;
    }
    return undefined;
  }

  /** @returns whether it had not ended before */
  private end(state: string, until: number): boolean {
    const now = this.now().getTime();
    for (const [oldest, over] of this.ended) {
      if (over > now && this.ended.size < MOST_ENDED) break;
      this.ended.delete(oldest);
    }
    if (this.ended.has(state)) return false;
    this.ended.set(state, until);
    return true;
  }
}
