import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SHARED, type Shared } from '../../ogc/requests/share.js';

/** Bytes of a token: what it is for, its end, the Job's uid as a digest, and the code that nobody else can make. */
const LENGTHS = { for: 1, end: 4, uid: 12, code: 16 } as const;
const CONTENT = LENGTHS.for + LENGTHS.end + LENGTHS.uid;
const WHOLE = CONTENT + LENGTHS.code;
/** Without padding. */
const CHARACTERS = Math.ceil((WHOLE * 8) / 6);

/** What a token says. */
export interface SealedShare {
  readonly jobId: string;
  readonly uid: string;
  readonly for: Shared;
  /** Its seconds count. */
  readonly end: Date;
}

/** What a token that is genuine says; of the uid only whether it is a given one. */
export interface OpenedShare extends Pick<SealedShare, 'for' | 'end'> {
  isOf(uid: string): boolean;
}

/**
 * Makes tokens of links, and reads them: nothing is kept. HMAC-SHA-256 (RFC 2104), of 128 bits, over all that a token says and the id of
 * the job, so that it holds at the addresses of that job alone.
 */
export class ShareSeal {
  /**
   * @param keys of 32 bytes: the first seals, all open
   * @param now for tests
   */
  constructor(
    private readonly keys: readonly [Uint8Array, ...Uint8Array[]],
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @returns 44 characters of base64url */
  seal({ jobId, uid, for: what, end }: SealedShare): string {
    const content = Buffer.alloc(CONTENT);
    content.writeUInt8(SHARED.indexOf(what) + 1, 0);
    content.writeUInt32BE(Math.floor(end.getTime() / 1000), LENGTHS.for);
    digestOf(uid).copy(content, LENGTHS.for + LENGTHS.end);
    return Buffer.concat([content, codeOf(this.keys[0], jobId, content)]).toString('base64url');
  }

  /**
   * Undefined for what none of the keys has sealed for a job of this id, and for what is over, whether or not there is such a job: each
   * costs one code for each key.
   */
  open(token: string, jobId: string): OpenedShare | undefined {
    const given = token.length === CHARACTERS ? Buffer.from(token, 'base64url') : Buffer.alloc(0);
    const bytes = given.length === WHOLE ? given : Buffer.alloc(WHOLE);
    const [content, code] = [bytes.subarray(0, CONTENT), bytes.subarray(CONTENT)];
    const isGenuine = this.keys.map((key) => timingSafeEqual(code, codeOf(key, jobId, content))).includes(true);
    const what = SHARED[content.readUInt8(0) - 1];
    const end = new Date(content.readUInt32BE(LENGTHS.for) * 1000);
    if (!isGenuine || what === undefined || end <= this.now()) return undefined;
    const digest = content.subarray(LENGTHS.for + LENGTHS.end);
    return { for: what, end, isOf: (uid) => digest.equals(digestOf(uid)) };
  }
}

function codeOf(key: Uint8Array, jobId: string, content: Buffer): Buffer {
  return createHmac('sha256', key).update(content).update(jobId).digest().subarray(0, LENGTHS.code);
}

function digestOf(uid: string): Buffer {
  return createHash('sha256').update(uid).digest().subarray(0, LENGTHS.uid);
}
