import { createHash, type Hash } from 'node:crypto';
import type { ObjectStore } from '../object-store/object-store.js';
import type { UploadedPart } from '../object-store/uploads.js';

const MD5 = /^"?([0-9a-f]{32})"?$/;
/** Of an upload of one part: the MD5 of its MD5. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
const MD5_OF_ONE = /^"?([0-9a-f]{32})-1"?$/;

/**
 * Whether an object has the bytes whose MD5 the store has listed for its parts: a store that keeps parts which were cut fills
 * them up, and has listed what came.
 * Reads the object once.
 * @param parts as they were listed; undefined where the upload was over already: then the object's ETag has to do
 * @returns undefined where the ETags are no MD5
 * @throws ObjectStoreError
 */
export async function matchesParts(
  store: ObjectStore,
  { key, size, etag }: { readonly key: string; readonly size: number; readonly etag?: string },
  parts: readonly UploadedPart[] | undefined,
): Promise<boolean | undefined> {
  const listed = parts?.map((part) => MD5.exec(part.etag)?.[1]);
  const ofOne = parts ? undefined : MD5_OF_ONE.exec(etag ?? '')?.[1];
  if (listed ? listed.includes(undefined) : ofOne === undefined) return undefined;
  const found = await store.read(key);
  if (!found) return false;
  const actual = await digestsOf(found.body as AsyncIterable<Buffer>, parts?.map((part) => part.size) ?? [size]);
  if (ofOne !== undefined) return ofOne === createHash('md5').update(Buffer.concat(actual)).digest('hex');
  return actual.length === listed?.length && actual.every((digest, at) => digest.toString('hex') === listed[at]);
}

/** MD5 of each so many bytes. */
async function digestsOf(body: AsyncIterable<Buffer>, sizes: readonly number[]): Promise<Buffer[]> {
  const digests: Buffer[] = [];
  let hash: Hash = createHash('md5');
  let left = sizes[0] ?? 0;
  const next = () => {
    digests.push(hash.digest());
    hash = createHash('md5');
    left = sizes[digests.length] ?? 0;
  };
  for await (const chunk of body) {
    let rest = chunk;
    while (rest.length > left && digests.length < sizes.length - 1) {
      hash.update(rest.subarray(0, left));
      rest = rest.subarray(left);
      next();
    }
    hash.update(rest);
    left -= rest.length;
  }
  next();
  return digests;
}
