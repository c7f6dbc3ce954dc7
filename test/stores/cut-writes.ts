import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { S3ObjectStore } from '../../src/object-store/s3.object-store.js';
import type { Upload, UploadedPart } from '../../src/object-store/uploads.js';
import { putWhole } from '../../src/object-store/whole-object.js';

/**
 * What became of a body that was cut. `whole`: all its bytes are there; `dropped`: the store kept none of it, and took it whole when it was
 * sent again; `refused`: the store kept none, and refuses what was begun, so that all begins again; `noticed`: other bytes are there, and
 * their size or digest says so; `unnoticed`: other bytes are there as if they were whole.
 */
export type Outcome = 'whole' | 'dropped' | 'refused' | 'noticed' | 'unnoticed';

/** Something that is written, cut meanwhile, and looked at afterwards. */
export interface CutWrite {
  /** Part of the path of what is cut, and of nothing else. */
  readonly key: string;
  readonly size: number;
  /** What comes before. */
  prepare(): Promise<void>;
  /** Writes once, and takes its being cut. @param gone is aborted when the writer shall go away */
  write(gone?: AbortSignal): Promise<void>;
  /** Goes on as the server, or the job, does. */
  outcome(): Promise<Outcome>;
}

export type Way = (store: S3ObjectStore, key: string, body: Buffer) => CutWrite;

const contentType = 'application/octet-stream';
/** For which addresses are good. */
const SECONDS = 900;

/** An object of the server's own, such as a log. */
const object: Way = (store, key, body) => {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const whole = {
    contentType,
    size: body.length,
    sha256,
    body: () => Readable.from(inChunks(body)),
    owner: { of: key },
  };
  return {
    ...{ key, size: body.length, prepare: nothing },
    write: () => putWhole(store, key, whole).then(nothing, nothing),
    outcome: async () => {
      const before = await read(store, key);
      const kept = await putWhole(store, key, whole);
      const after = await read(store, key);
      if (kept?.size !== body.length || !after?.equals(body)) return 'unnoticed';
      if (!before) return 'dropped';
      return before.equals(body) ? 'whole' : 'noticed';
    },
  };
};

/** Of an upload whose only part is sent as `send` does. */
function uploadOf(
  store: S3ObjectStore,
  key: string,
  body: Buffer,
  digests: boolean,
  send: (upload: Upload, gone?: AbortSignal) => Promise<boolean>,
  prepare: (send: () => Promise<boolean>) => Promise<unknown> = nothing,
): CutWrite {
  let upload: Upload | undefined;
  const started = async (): Promise<Upload> =>
    (upload ??= { key, id: await store.uploads.start(key, { contentType, digests }) });
  const md5 = createHash('md5').update(body).digest('hex');
  return {
    ...{ key, size: body.length },
    prepare: async () => {
      const begun = await started();
      await prepare(() => send(begun));
    },
    write: async (gone) => void (await send(await started(), gone).catch(() => false)),
    outcome: async () => {
      const begun = await started();
      let parts = await store.uploads.parts(begun);
      const wasListed = parts !== undefined && parts.length > 0;
      if (!wasListed) {
        if (!(await send(begun).catch(() => false))) return refused(store, key);
        parts = await store.uploads.parts(begun);
      }
      // Which of two it would complete cannot be told: the server begins again.
      if (parts?.length !== 1) return refused(store, key);
      return completed(store, begun, parts, body, md5, wasListed);
    },
  };
}

async function completed(
  store: S3ObjectStore,
  upload: Upload,
  parts: readonly UploadedPart[],
  body: Buffer,
  md5: string,
  wasListed: boolean,
): Promise<Outcome> {
  const isCreated = await store.uploads.complete(upload, parts).then(
    (outcome) => outcome === 'created',
    () => false,
  );
  if (!isCreated) return refused(store, upload.key);
  const there = await read(store, upload.key);
  if (there?.equals(body)) return wasListed ? 'whole' : 'dropped';
  const [{ size, etag }] = parts as [UploadedPart];
  const listed = etag.replaceAll('"', '');
  const isSize = size === body.length && there?.length === body.length;
  const isDigest = there !== undefined && createHash('md5').update(there).digest('hex') === listed && listed !== md5;
  return isSize && isDigest ? 'unnoticed' : 'noticed';
}

/** A part that the server sends. */
const ownPart: Way = (store, key, body) => {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const part = { size: body.length, sha256, body: () => Readable.from(inChunks(body)) };
  const send = async (upload: Upload) => (await store.uploads.write(upload, 1, part)) === 'written';
  return uploadOf(store, key, body, false, send);
};

/** A part that a job sends to an address of the store. */
const address: Way = (store, key, body) => uploadOf(store, key, body, false, toAddress(store, body));

/** The same, of a part that was there whole and is sent again. */
const again: Way = (store, key, body) =>
  uploadOf(store, key, body, false, toAddress(store, body), async (send) => {
    if (!(await send())) throw new Error(`the store does not take ${key}`);
  });

/** The same, with its SHA-256 in a header that is signed into the address. */
const addressWithDigest: Way = (store, key, body) => {
  const sha256 = createHash('sha256').update(body).digest('base64');
  return uploadOf(store, key, body, true, toAddress(store, body, { sha256 }));
};

/** A body that a job sends, with what a program such as curl says of it. */
function toAddress(store: S3ObjectStore, body: Buffer, digests: { readonly sha256?: string } = {}) {
  return async (upload: Upload, gone?: AbortSignal): Promise<boolean> => {
    const destination = await store.uploads.destination(upload, 1, body.length, SECONDS, digests);
    if (!('address' in destination)) throw new Error('the store has no addresses');
    const headers = {
      'content-length': body.length,
      ...(digests.sha256 === undefined ? {} : { 'x-amz-checksum-sha256': digests.sha256 }),
    };
    const status = await put(destination.address, headers, body, gone);
    return status >= 200 && status < 300;
  };
}

/** Without a second try. */
function put(
  url: string,
  headers: Record<string, string | number>,
  body: Buffer,
  signal?: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'PUT', headers, agent: false, signal });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume().once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    outgoing.end(body);
  });
}

export const ways: Readonly<Record<string, Way>> = {
  'object of the server': object,
  'part sent by the server': ownPart,
  'part sent to an address': address,
  'part sent to an address again': again,
  'part sent to an address with its SHA-256': addressWithDigest,
};

/** Nothing may be there then. */
async function refused(store: S3ObjectStore, key: string): Promise<Outcome> {
  return (await read(store, key)) ? 'unnoticed' : 'refused';
}

async function read(store: S3ObjectStore, key: string): Promise<Buffer | undefined> {
  const found = await store.read(key);
  return found && buffer(found.body);
}

function* inChunks(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += 65_536) yield body.subarray(start, start + 65_536);
}

async function nothing(): Promise<void> {
  // Nothing comes before, or a failure is what was made to happen.
}
