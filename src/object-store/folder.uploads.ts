import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ExactBody } from './exact-body.js';
import { asFolderFailure, errnoOf } from './folder-failures.js';
import { asciiMetadata } from './metadata.js';
import { ObjectStoreError, type PutOptions } from './object-store.js';
import { checkKey } from './request-checks.js';
import {
  UploadStore,
  type OwnPart,
  type PartDestination,
  type Upload,
  type UploadedPart,
  type UploadOptions,
} from './uploads.js';

/** Bytes left free before those of a part: the header of its object, where it is the only one, so that it need not be copied. */
const HEADER = 4_096;
const ID = /^[0-9a-f-]{36}$/;
const PROPERTIES = 'upload.json';
const PART = /^(\d{5})\.part$/;

interface Properties {
  readonly key: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the folder itself does for its uploads. */
export interface ObjectFolder {
  readonly description: string;
  readonly folder: string;
  /** Path of an object's file. */
  pathOf(key: string): string;
  create(key: string, body: () => Readable, options: PutOptions): Promise<'created' | 'exists'>;
  /** Makes a new name last through a power failure. */
  sync(): Promise<void>;
}

/**
 * Uploads to a folder: a folder for each, a file for each part. A part is written under another name, synced, then renamed, so that a broken one changes nothing. An upload
 * that is being completed is renamed first: what arrives later finds no folder.
 */
export class FolderUploads extends UploadStore {
  private readonly uploads: string;

  constructor(private readonly objects: ObjectFolder) {
    super();
    this.uploads = join(objects.folder, '.uploads');
  }

  override start(key: string, { contentType, metadata }: UploadOptions): Promise<string> {
    return this.guard(`upload ${key}`, async () => {
      checkKey(key);
      const id = randomUUID();
      const properties: Properties = { key, contentType, metadata: asciiMetadata(metadata) };
      await mkdir(join(this.uploads, id), { recursive: true, mode: 0o700 });
      await writeFile(join(this.uploads, id, PROPERTIES), JSON.stringify(properties), { flush: true });
      return id;
    });
  }

  override destination(upload: Upload, number: number, size: number): Promise<PartDestination> {
    return Promise.resolve({
      write: (body) =>
        this.guard(`write part ${number} of ${upload.key}`, () => this.receive(upload, number, size, body)),
    });
  }

  override write(upload: Upload, number: number, { size, body }: OwnPart): Promise<'written' | 'no-such-upload'> {
    return this.guard(`write part ${number} of ${upload.key}`, () => this.receive(upload, number, size, body()));
  }

  override parts(upload: Upload): Promise<readonly UploadedPart[] | undefined> {
    return this.guard(`list the parts of ${upload.key}`, async () => {
      const folder = await this.find(upload);
      return folder === undefined ? undefined : readParts(folder);
    });
  }

  override complete(upload: Upload, parts: readonly UploadedPart[]): Promise<'created' | 'exists'> {
    return this.guard(`complete the upload of ${upload.key}`, async () => {
      const found = await this.find(upload);
      if (found === undefined) throw this.failure(`there is no upload of ${upload.key} any more`);
      const folder = `${this.folderOf(upload)}.sealed`;
      if (found !== folder) await rename(found, folder);
      const actual = new Map((await readParts(folder)).map((part) => [part.number, part]));
      if (parts.length === 0 || parts.some(({ number, etag }) => actual.get(number)?.etag !== etag)) {
        await rename(folder, found);
        throw this.failure(`the parts of ${upload.key} have changed`);
      }
      const properties = await readProperties(folder);
      const files = parts.map(({ number }) => join(folder, fileOf(number)));
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      const made =
        (await this.takeOver(files, properties, size)) ??
        (await this.objects.create(upload.key, () => Readable.from(concatenated(files)), { ...properties, size }));
      if (made === 'created') await rm(folder, { recursive: true, force: true });
      return made;
    });
  }

  override abort(upload: Upload): Promise<void> {
    return this.guard(`abort the upload of ${upload.key}`, async () => {
      if ((await this.find(upload)) === undefined) return;
      const folder = this.folderOf(upload);
      for (const path of [folder, `${folder}.sealed`]) await rm(path, { recursive: true, force: true });
    });
  }

  /** A part that is alone becomes the object as it is. Undefined where it cannot. */
  private async takeOver(
    [path, ...others]: readonly string[],
    properties: Properties,
    size: number,
  ): Promise<'created' | 'exists' | undefined> {
    const header = Buffer.from(JSON.stringify({ ...properties, size }));
    if (path === undefined || others.length > 0 || header.length >= HEADER) return undefined;
    const file = await open(path, 'r+');
    try {
      const line = Buffer.alloc(HEADER, ' ');
      header.copy(line);
      line.write('\n', HEADER - 1);
      await file.write(line, 0, HEADER, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(path, this.objects.pathOf(properties.key));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return 'exists';
      throw error;
    }
    await this.objects.sync();
    return 'created';
  }

  private async receive(
    upload: Upload,
    number: number,
    size: number,
    body: Readable,
  ): Promise<'written' | 'no-such-upload'> {
    const folder = this.folderOf(upload);
    if ((await this.find(upload)) !== folder) return 'no-such-upload';
    const temporary = join(folder, `${randomUUID()}.new`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(Buffer.alloc(HEADER, ' '));
        // Goes on where the header will end.
        await file.writeFile(ExactBody.of(() => body, size, asIs));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(folder, fileOf(number)));
      return 'written';
    } catch (error) {
      await rm(temporary, { force: true });
      if (errnoOf(error) === 'ENOENT') return 'no-such-upload';
      throw error;
    }
  }

  /** The folder of the upload, sealed or not. As in S3 an id is none of another key's: ids are noted where others may write, too. */
  private async find(upload: Upload): Promise<string | undefined> {
    const folder = this.folderOf(upload);
    for (const path of [folder, `${folder}.sealed`]) {
      try {
        return (await readProperties(path)).key === upload.key ? path : undefined;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    return undefined;
  }

  private folderOf({ id }: Upload): string {
    if (!ID.test(id)) throw this.failure('that is no id of an upload', false);
    return join(this.uploads, id);
  }

  private failure(message: string, retryable = true): ObjectStoreError {
    return new ObjectStoreError('failed', `${this.objects.description}: ${message}`, retryable);
  }

  private async guard<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asFolderFailure(error, this.objects.description, action);
    }
  }
}

function fileOf(number: number): string {
  return `${String(number).padStart(5, '0')}.part`;
}

async function readProperties(folder: string): Promise<Properties> {
  return JSON.parse(await readFile(join(folder, PROPERTIES), 'utf8')) as Properties;
}

async function readParts(folder: string): Promise<UploadedPart[]> {
  const names = (await readdir(folder)).filter((name) => PART.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, ino, mtimeNs } = await stat(join(folder, name), { bigint: true });
      return { number: Number(PART.exec(name)?.[1]), size: Number(size) - HEADER, etag: `${ino}-${mtimeNs}` };
    }),
  );
}

async function* concatenated(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of files) {
    const file = await open(path, 'r');
    yield* file.createReadStream({ start: HEADER }) as AsyncIterable<Buffer>;
  }
}

function asIs(cause: Error): Error {
  return cause;
}
