/** What is known of a store: `unknown` until it was looked at, and where looking was not possible. */
export type Found = 'yes' | 'no' | 'unknown';

/** What an object store does, as far as it was found out by trying. */
export interface StoreCapabilities {
  /** Refuses to write an object with `If-None-Match: *` where one stands. */
  readonly conditionalPut: Found;
  /** The same, of an upload in parts that is completed. */
  readonly conditionalCompletion: Found;
  /** Refuses a body whose `x-amz-checksum-sha256` (header) is another's. */
  readonly checksumHeader: Found;
  /** Refuses a body whose `Content-MD5` is another's. */
  readonly contentMd5: Found;
  /** A PUT whose connection breaks midway leaves nothing under its key. */
  readonly dropsCutBodies: Found;
  /** The same, of a part of an upload: it is not listed, and a part that was there before is still there. */
  readonly dropsCutParts: Found;
  /** Gives ranges of an object. */
  readonly ranges: Found;
  /** Takes and gives objects at presigned addresses. */
  readonly presignedAddresses: Found;
  /** Lists the parts of an upload with their sizes and ETags. */
  readonly multipartListing: Found;
  /** Completes an upload that was begun with digests (`x-amz-checksum-algorithm: SHA256`), by what it lists of its parts. */
  readonly multipartDigests: Found;
}

/** Nothing was found out yet. */
export const unknownCapabilities: StoreCapabilities = {
  conditionalPut: 'unknown',
  conditionalCompletion: 'unknown',
  checksumHeader: 'unknown',
  contentMd5: 'unknown',
  dropsCutBodies: 'unknown',
  dropsCutParts: 'unknown',
  ranges: 'unknown',
  presignedAddresses: 'unknown',
  multipartListing: 'unknown',
  multipartDigests: 'unknown',
};

/** A folder has no addresses and no headers; bytes that do not come whole leave nothing in it. */
export const folderCapabilities: StoreCapabilities = {
  conditionalPut: 'yes',
  conditionalCompletion: 'yes',
  checksumHeader: 'unknown',
  contentMd5: 'unknown',
  dropsCutBodies: 'yes',
  dropsCutParts: 'yes',
  ranges: 'yes',
  presignedAddresses: 'unknown',
  multipartListing: 'yes',
  multipartDigests: 'unknown',
};

/**
 * What this replica knows of its object store. Who asks degrades nothing because of what is unknown: only `no` takes
 * something away. Who finds something out says it
 * with {@link learn}, at any time.
 */
export class KnownStore {
  private known = unknownCapabilities;

  capabilities(): StoreCapabilities {
    return this.known;
  }

  /** Takes over what was found; what is not named stays as it was. */
  learn(found: Partial<StoreCapabilities>): void {
    this.known = { ...this.known, ...found };
  }
}
