import { ObjectStoreError } from '../object-store/object-store.js';
import { LARGEST_PART, MOST_PARTS, type PartDigests } from '../object-store/uploads.js';
import { EndedError, InvalidRequestError, LengthRequiredError, PayloadTooLargeError } from '../ogc/domain-errors.js';

/** A file, or a part of one, that is about to be sent. */
export interface Announcement {
  readonly outputId: string;
  /** Absent: the whole file. */
  readonly part?: number;
  /** Bytes; undefined: not said. */
  readonly size?: number;
  /** Of the whole file, 64 hexadecimal digits. */
  readonly sha256?: string;
  /** Of what is sent now, as its headers say: a store that is sent to straight is told by the address that they have to come. */
  readonly digests?: PartDigests;
  readonly mediaType?: string;
}

/** Bytes of the digests that a job may send as headers. */
const DIGEST_BYTES = { sha256: 32, md5: 16 } as const;
const HEADERS = { sha256: 'x-amz-checksum-sha256', md5: 'Content-MD5' } as const;

/** @throws LengthRequiredError */
export function assertLength({ size }: Pick<Announcement, 'size'>): number {
  if (size === undefined)
    throw new LengthRequiredError('Say how many bytes come (Content-Length): send a file, not a pipe.');
  return size;
}

/** @throws PayloadTooLargeError where one request does not take so many bytes */
export function assertOneRequest(size: number): void {
  if (size > LARGEST_PART)
    throw new PayloadTooLargeError(
      `One request takes ${LARGEST_PART} bytes at the most (has ${size}): send the file in parts.`,
    );
}

/** @throws InvalidRequestError */
export function assertSha256(sha256: string | undefined): void {
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
    throw new InvalidRequestError('A parameter is wrong.', [
      { pointer: 'sha256', message: 'must be 64 hexadecimal digits in lower case' },
    ]);
}

/** @throws InvalidRequestError where a header is not the base64 of a digest */
export function assertDigests(digests: PartDigests = {}): void {
  for (const algorithm of ['sha256', 'md5'] as const) {
    const value = digests[algorithm];
    if (value === undefined) continue;
    const bytes = Buffer.from(value, 'base64');
    if (bytes.length !== DIGEST_BYTES[algorithm] || bytes.toString('base64') !== value)
      throw new InvalidRequestError('A header is wrong.', [
        {
          pointer: HEADERS[algorithm],
          message: `must be the base64 of the ${DIGEST_BYTES[algorithm]} bytes of a digest`,
        },
      ]);
  }
}

/** @throws InvalidRequestError */
export function assertPart(part: number | undefined): void {
  if (part !== undefined && !(Number.isSafeInteger(part) && part >= 1 && part <= MOST_PARTS))
    throw invalidPart(`must be an integer from 1 to ${MOST_PARTS}`);
}

export function invalidPart(message: string): InvalidRequestError {
  return new InvalidRequestError('The parts are wrong.', [{ pointer: 'part', message }]);
}

/** What was sent was other than announced: the sender's fault, not the store's. */
export function asRefusal(error: unknown): unknown {
  return error instanceof ObjectStoreError && error.failure === 'failed'
    ? new InvalidRequestError(`The file did not arrive as it was announced: ${error.message}`)
    : error;
}

export function ended(jobId: string): EndedError {
  return new EndedError(`Job "${jobId}" has ended or was dismissed: its files cannot be exchanged any more.`);
}
