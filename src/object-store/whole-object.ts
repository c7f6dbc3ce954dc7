import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ObjectStoreError, type ObjectStore, type StoredObject } from './object-store.js';

/** Each time that somebody else wrote under the key meanwhile. */
const MOST_ATTEMPTS = 5;

/** An object of this server's own, all of whose bytes are known. */
export interface WholeObject {
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Called once per attempt. */
  readonly body: () => Readable;
  /** Metadata by which it is known to be ours when it stands there already; size and digest are added to it. */
  readonly owner: Readonly<Record<string, string>>;
}

/** What stands under a key. */
export type Kept = Pick<WholeObject, 'size' | 'sha256'>;

/**
 * Writes an object under its key and never over another's. What stands there already counts only when its bytes are those of
 * which its metadata has size and digest: ours that is cut is
 * written again in its place. So whatever broke off, under the key there is a whole object in the end.
 * @returns what stands there of this owner's: these bytes, or others that are whole, too; undefined where the object is another's
 * @throws ObjectStoreError
 */
export async function putWhole(store: ObjectStore, key: string, object: WholeObject): Promise<Kept | undefined> {
  const { size, sha256, contentType, owner, body } = object;
  const options = { contentType, size, sha256, metadata: { ...owner, sha256, size: String(size) } };
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    if ((await store.create(key, body, options)) === 'created') return { size, sha256 };
    const found = await store.head(key);
    if (!found) continue;
    if (!isOf(found, owner)) return undefined;
    if (await isWhole(store, found)) return { size: found.size, sha256: found.metadata['sha256'] ?? '' };
    if ((await store.replace(found, body, options)) === 'replaced') return { size, sha256 };
  }
  throw new ObjectStoreError('failed', `${store.description}: ${key} is written by others all the time`, true);
}

function isOf({ metadata }: StoredObject, owner: WholeObject['owner']): boolean {
  // Without a digest it cannot be told whether it is whole: then it is left alone.
  return metadata['sha256'] !== undefined && Object.entries(owner).every(([name, value]) => metadata[name] === value);
}

/** Reads it to its end: of one that was cut the metadata say what it should be, not what it is. */
async function isWhole(store: ObjectStore, object: StoredObject): Promise<boolean> {
  return !isCut(object) && (await sha256Of(store, object.key)) === object.metadata['sha256'];
}

/**
 * Whether an object has not the bytes that it should.
 * @param size as it was recorded; undefined: what its metadata say, where they do
 */
export function isCut(object: StoredObject, size = Number(object.metadata['size'] ?? object.size)): boolean {
  return object.size !== size;
}

/** SHA-256 of an object, 64 hexadecimal digits; undefined where there is none. @throws ObjectStoreError */
export async function sha256Of(store: ObjectStore, key: string): Promise<string | undefined> {
  const found = await store.read(key);
  if (!found) return undefined;
  const hash = createHash('sha256');
  await pipeline(found.body, hash);
  return hash.digest('hex');
}
