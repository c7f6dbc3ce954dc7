import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';

/** Characters of what is sealed: with its name and attributes a cookie has to have fewer than 4096 (RFC 6265, section 6.1). */
export const LONGEST_SEALED = 3800;

/** Makes of claims a text that nobody else can read or make (a JWE of `dir` and A256GCM, RFC 7516), and reads it. */
export class SealedCookie {
  /**
   * @param keys of 32 bytes: the first encrypts, all decrypt
   * @param required claims without which it is none, beside the end
   * @param now for tests
   */
  constructor(
    private readonly keys: readonly Uint8Array[],
    private readonly required: readonly string[],
    private readonly now: () => Date,
  ) {}

  /** Undefined where it would not fit a cookie. @throws Error where there is no key */
  async seal(claims: JWTPayload, end: Date): Promise<string | undefined> {
    const [key] = this.keys;
    if (!key) throw new Error('There is no key.');
    const sealing = new EncryptJWT(claims).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setExpirationTime(end);
    const text = await sealing.encrypt(key);
    return text.length > LONGEST_SEALED ? undefined : text;
  }

  /** Undefined for what none of the keys has sealed, and for what is over. */
  async open<T>(text: string): Promise<(T & JWTPayload) | undefined> {
    if (text.length > LONGEST_SEALED) return undefined;
    for (const key of this.keys) {
      const opened = await jwtDecrypt<T>(text, key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp', ...this.required],
        currentDate: this.now(),
      }).catch(() => undefined);
      if (opened) return opened.payload;
    }
    return undefined;
  }
}
