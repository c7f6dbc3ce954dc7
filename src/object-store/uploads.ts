import type { Readable } from 'node:stream';

/** An upload under way. Nothing stands under its key before it is completed. */
export interface Upload {
  readonly key: string;
  /** Known to the store only. */
  readonly id: string;
}

export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** The store's own name of these bytes; of another upload of the part it is another, or the bytes are the same. */
  readonly etag: string;
  /** SHA-256 as the store lists it, base64; only of an upload that was started with digests. */
  readonly sha256?: string;
}

export interface UploadOptions {
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether each part comes with its SHA-256; stores refuse one without it then, and may refuse one with it otherwise. */
  readonly digests?: boolean;
}

/** What a sender says of the bytes of a part, base64, as the headers `x-amz-checksum-sha256` and `Content-MD5` have it. */
export interface PartDigests {
  readonly sha256?: string;
  readonly md5?: string;
}

/** A part that this server sends itself. */
export interface OwnPart {
  /** Bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Called once per attempt. */
  readonly body: () => Readable;
}

/**
 * Where the bytes of a part go: by PUT to an address of the store itself, which takes exactly as many bytes as were announced and needs no
 * credentials; or, of a store without addresses, by way of this server.
 */
export type PartDestination =
  { readonly address: string } | { readonly write: (body: Readable) => Promise<'written' | 'no-such-upload'> };

/** Parts of an upload have numbers from 1 to so many, as S3 has it. */
export const MOST_PARTS = 10_000;
/** Bytes of a part, as S3 has it. */
export const LARGEST_PART = 5 * 1_024 ** 3;

/**
 * Objects that arrive in parts, from others than this server. A part counts once all its bytes have arrived; sent again, it replaces the one before,
 * unless it breaks off. Once an upload is completed or aborted nothing can be written to it any more, not even to addresses given before.
 *
 * All methods reject with {@link ObjectStoreError}.
 */
export abstract class UploadStore {
  /** @returns the upload's id; an upload under the same key that is under way already is not touched */
  abstract start(key: string, options: UploadOptions): Promise<string>;
  /**
   * @param size bytes of the part
   * @param seconds for which an address takes a part that begins to arrive
   * @param digests part of what an address is good for: it takes a request with just these headers
   */
  abstract destination(
    upload: Upload,
    number: number,
    size: number,
    seconds: number,
    digests?: PartDigests,
  ): Promise<PartDestination>;
  /** Writes a part whose bytes are here, with their digest, so that the store notices whatever is cut on the way. */
  abstract write(upload: Upload, number: number, part: OwnPart): Promise<'written' | 'no-such-upload'>;
  /** What has arrived, by number; undefined where there is no such upload (any more), which some stores answer with nothing. */
  abstract parts(upload: Upload): Promise<readonly UploadedPart[] | undefined>;
  /**
   * Makes an object of exactly these parts, in this order. Every part but the last must have 5 MiB or more in S3.
   * @returns `exists` when an object stands under the key already (nothing was written, the upload is still there)
   */
  abstract complete(upload: Upload, parts: readonly UploadedPart[]): Promise<'created' | 'exists'>;
  /** Throws away what has arrived; nothing happens when there is no such upload. */
  abstract abort(upload: Upload): Promise<void>;
}
