import { SealedCookie } from '../session/sealed-cookie.js';

/** Seconds that one may take to sign in at the provider. */
export const LOGIN_SECONDS = 600;
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

  private readonly cookie: SealedCookie;

  /** @param keys of 32 bytes: the first encrypts, all decrypt */
  constructor(
    keys: readonly Uint8Array[],
    private readonly now: () => Date = () => new Date(),
  ) {
    this.cookie = new SealedCookie(keys, ['state', 'nonce', 'verifier', 'next'], now);
  }

  /** @throws RangeError where it would not fit a cookie */
  async seal(login: LoginState): Promise<string> {
    const text = await this.cookie.seal({ ...login }, new Date(this.now().getTime() + LOGIN_SECONDS * 1000));
    if (text === undefined) throw new RangeError('What is to be kept of the login is too long for a cookie.');
    return text;
  }

  /** Undefined for what none of the keys has sealed, is over, or was opened before. */
  async openOnce(text: string): Promise<LoginState | undefined> {
    const opened = await this.cookie.open<LoginState>(text);
    if (!opened) return undefined;
    const { state, nonce, verifier, next, exp = 0 } = opened;
    return this.end(state, exp * 1000) ? { state, nonce, verifier, next } : undefined;
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
