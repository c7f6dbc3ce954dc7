import { ObjectStoreError, type ByteRange } from './object-store.js';

/** @throws ObjectStoreError (`failed`, not retryable) unless the key is 1 to 1,024 bytes of UTF-8, as S3 has it */
export function checkKey(key: string): void {
  const bytes = Buffer.from(key);
  if (bytes.length < 1 || bytes.length > 1_024 || bytes.toString() !== key) {
    throw new ObjectStoreError(
      'failed',
      `an object's key must be 1 to 1,024 bytes of UTF-8 (has ${bytes.length})`,
      false,
    );
  }
}

/** @throws ObjectStoreError (`failed`, not retryable) unless `0 <= start <= end`, both integers */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new ObjectStoreError('failed', `byte range ${start}-${end} must be two integers, 0 <= start <= end`, false);
  }
}
