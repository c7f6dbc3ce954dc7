import { createHash } from 'node:crypto';
import { Transform, pipeline, type Readable } from 'node:stream';

/** The same bytes; fails at their end where they have another digest. @param sha256 64 hexadecimal digits */
export function verified(body: Readable, sha256: string): Readable {
  const hash = createHash('sha256');
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = hash.digest('hex');
      done(actual === sha256 ? null : new Error(`their SHA-256 is ${actual}, not ${sha256}`));
    },
  });
  // Both ends have the error by then.
  pipeline(body, checked, () => undefined);
  return checked;
}
