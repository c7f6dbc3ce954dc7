import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ExactBody } from './exact-body.js';
import { asFolderFailure, errnoOf } from './folder-failures.js';
import { FolderUploads } from './folder.uploads.js';
import { asciiMetadata } from './metadata.js';
import { ObjectStore, ObjectStoreError, type ByteRange, type PutOptions, type StoredObject } from './object-store.js';
import { checkKey, checkRange } from './request-checks.js';

const temporaryPrefix = '.new-';
/** Milliseconds after its last write that an unfinished file is taken for left over by a crash. */
const leftoverAge = 3_600_000;
/** Bytes; file systems allow 255, and a digest is added to what is cut. */
const longestName = 180;
/** Bytes; far above what keys and metadata of this server need. */
const longestHeader = 64 * 1_024;

/** The first line of an object's file, as JSON; the object's bytes follow it. */
interface Header {
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A folder on a local disk (the file system must support hard links). Processes may share it.
 *
 * One file holds an object whole: a line of JSON with its properties, then its bytes. It is written under a temporary name in the same
 * folder, synced, and then linked to its own name, which fails where one stands: so a crash leaves nothing or the whole object, and no
 * object is ever overwritten.
 */
export class FolderObjectStore extends ObjectStore {
  readonly description: string;
  override readonly uploads: FolderUploads;

  /** @param folder absolute path; made (mode 0700) when first needed */
  constructor(private readonly folder: string) {
    super();
    this.description = `folder ${folder}`;
    this.uploads = new FolderUploads({
      description: this.description,
      folder,
      pathOf: (key) => this.#path(key),
      create: (key, body, options) => this.create(key, body, options),
      sync: () => this.#sync(),
    });
  }

  override create(key: string, body: () => Readable, options: PutOptions): Promise<'created' | 'exists'> {
    return this.#guard(`write ${key}`, async () => {
      checkKey(key);
      const path = this.#path(key);
      if (await exists(path)) return 'exists';
      return this.#written(key, body, options, async (temporary) => {
        try {
          await link(temporary, path);
        } catch (error) {
          if (errnoOf(error) === 'EEXIST') return 'exists';
          throw error;
        }
        return 'created';
      });
    });
  }

  override replace(found: StoredObject, body: () => Readable, options: PutOptions): Promise<'replaced' | 'changed'> {
    const { key } = found;
    return this.#guard(`write ${key} again`, () =>
      this.#written(key, body, options, async (temporary) => {
        if ((await this.head(key))?.etag !== found.etag) return 'changed';
        await rename(temporary, this.#path(key));
        return 'replaced';
      }),
    );
  }

  override head(key: string): Promise<StoredObject | undefined> {
    return this.#guard(`look up ${key}`, async () => {
      const opened = await this.#open(key);
      await opened?.file.close();
      return opened?.object;
    });
  }

  override read(key: string, range?: ByteRange): Promise<{ object: StoredObject; body: Readable } | undefined> {
    return this.#guard(`read ${key}`, async () => {
      checkRange(range);
      const opened = await this.#open(key);
      if (opened === undefined) return undefined;
      const { file, object, offset } = opened;
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? Infinity, object.size - 1);
      if (start > end) {
        await file.close();
        return { object, body: Readable.from([]) };
      }
      const bytes = file.createReadStream({ start: offset + start, end: offset + end });
      const body = ExactBody.of(
        () => bytes,
        end - start + 1,
        (cause) => this.#failure(cause, `read ${key} to its end`),
      );
      return { object, body };
    });
  }

  override remove(key: string): Promise<void> {
    return this.#guard(`remove ${key}`, async () => {
      checkKey(key);
      try {
        await unlink(this.#path(key));
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    });
  }

  /** Makes a file and removes it again. */
  override check(): Promise<void> {
    return this.#guard('use it', () =>
      this.#withTemporary(async (file) => {
        await file.writeFile('\n');
      }),
    );
  }

  /**
   * Removes what crashed writers left over an hour ago. Writers at work are safe: their files are young.
   * @returns how many files
   */
  removeLeftovers(now = Date.now()): Promise<number> {
    return this.#guard('remove leftover files', async () => {
      await this.#make();
      let removed = 0;
      for (const name of await readdir(this.folder)) {
        if (!name.startsWith(temporaryPrefix)) continue;
        const path = join(this.folder, name);
        try {
          if (now - (await stat(path)).mtimeMs <= leftoverAge) continue;
          await unlink(path);
          removed += 1;
        } catch (error) {
          // Its writer, or another process that cleans up, was faster.
          if (errnoOf(error) !== 'ENOENT') throw error;
        }
      }
      return removed;
    });
  }

  /**
   * One flat folder: the key percent-encoded is a single file name, so no key leaves the folder and none stands in another's way (`a` and `a/b`).
   * Names starting with a dot are not made by keys.
   */
  #path(key: string): string {
    const name = encodeURIComponent(key)
      .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/^\./, '%2E');
    if (name.length <= longestName) return join(this.folder, name);
    const digest = createHash('sha256').update(key).digest('hex');
    return join(this.folder, `${name.slice(0, longestName - digest.length - 1)}~${digest}`);
  }

  /** Writes an object under a temporary name. @param publish gives it its own */
  async #written<T>(
    key: string,
    body: () => Readable,
    { size, contentType, metadata }: PutOptions,
    publish: (temporary: string) => Promise<T>,
  ): Promise<T> {
    const header: Header = { key, size, contentType, metadata: asciiMetadata(metadata) };
    const line = Buffer.from(`${JSON.stringify(header)}\n`);
    if (line.length > longestHeader) {
      throw new ObjectStoreError('failed', `the metadata of ${key} must be below ${longestHeader} bytes`, false);
    }
    return this.#withTemporary(async (file, temporary) => {
      await file.writeFile(line);
      const source = ExactBody.of(body, size, (cause) => this.#unreadable(key, cause));
      // Goes on where the header ended.
      await file.writeFile(source);
      await file.sync();
      const published = await publish(temporary);
      await this.#sync();
      return published;
    });
  }

  async #make(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  async #withTemporary<T>(use: (file: FileHandle, path: string) => Promise<T>): Promise<T> {
    await this.#make();
    const path = join(this.folder, `${temporaryPrefix}${randomUUID()}`);
    const file = await open(path, 'wx', 0o600);
    try {
      return await use(file, path);
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  }

  /** Makes a new name last through a power failure. */
  async #sync(): Promise<void> {
    const folder = await open(this.folder, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async #open(key: string): Promise<{ file: FileHandle; object: StoredObject; offset: number } | undefined> {
    checkKey(key);
    let file: FileHandle;
    try {
      file = await open(this.#path(key), 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const { header, offset } = await readHeader(file);
      const { size, ino, mtimeMs } = await file.stat();
      if (header.key !== key || size !== offset + header.size) throw new Error('the file is damaged');
      return { file, object: { ...header, etag: `${ino}-${mtimeMs}` }, offset };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #guard<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#failure(error, action);
    }
  }

  #unreadable(key: string, cause: Error): ObjectStoreError {
    const message = `${this.description}: cannot write ${key}: its bytes could not be read: ${cause.message}`;
    return new ObjectStoreError('failed', message, true, { cause });
  }

  #failure(error: unknown, action: string): ObjectStoreError {
    return asFolderFailure(error, this.description, action);
  }
}

/** @throws Error where the file does not start with a header */
async function readHeader(file: FileHandle): Promise<{ header: Header; offset: number }> {
  let bytes = Buffer.alloc(0);
  let newline = -1;
  while (newline < 0 && bytes.length < longestHeader) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4_096), 0, 4_096, bytes.length);
    if (bytesRead === 0) break;
    bytes = Buffer.concat([bytes, buffer.subarray(0, bytesRead)]);
    newline = bytes.indexOf('\n');
  }
  if (newline < 0) throw new Error('the file is damaged: it has no header');
  let header: Header;
  try {
    header = JSON.parse(bytes.toString('utf8', 0, newline)) as Header;
  } catch {
    throw new Error('the file is damaged: its header is not JSON');
  }
  return { header, offset: newline + 1 };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
