import { createHash } from 'node:crypto';
import { Transform, pipeline, type Readable } from 'node:stream';
import type { PartDigests } from '../object-store/uploads.js';

/** The same bytes; fails at their end where they have other digests. */
export function verified(body: Readable, expected: PartDigests): Readable {
  const hashes = (['sha256', 'md5'] as const)
    .filter((algorithm) => expected[algorithm] !== undefined)
    .map((algorithm) => [algorithm, createHash(algorithm)] as const);
  if (hashes.length === 0) return body;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const [, hash] of hashes) hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      for (const [algorithm, hash] of hashes) {
        const actual = hash.digest('base64');
        if (actual !== expected[algorithm])
          return done(new Error(`their ${algorithm} is ${actual} in base64, not ${expected[algorithm]}`));
      }
      done(null);
    },
  });
  // Both ends have the error by then.
  pipeline(body, checked, () => undefined);
  return checked;
}

/** Of 64 hexadecimal digits. */
export function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
