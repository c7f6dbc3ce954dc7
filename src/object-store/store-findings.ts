import type { StoreCapabilities } from './store-capabilities.js';

/** What was found out about a store by trying it, kept in the store itself for all replicas. */
export abstract class StoreFindings {
  /** For people, without secrets. */
  abstract readonly description: string;
  /**
   * What was found out before, of this store in its version at hand, by a server with the same probe; undefined where that is not known.
   * @throws ObjectStoreError where the store is away or fails
   */
  abstract recorded(): Promise<StoreCapabilities | undefined>;
  /**
   * Tries the store, which writes a few megabytes and takes seconds, and records what it found.
   * @param signal ends it early
   * @throws ObjectStoreError where the store is away or fails
   */
  abstract find(signal: AbortSignal): Promise<StoreCapabilities>;
}

const words: Readonly<Record<keyof StoreCapabilities, string>> = {
  conditionalPut: 'If-None-Match of a PUT',
  conditionalCompletion: 'If-None-Match of a completed upload',
  checksumHeader: 'x-amz-checksum-sha256 is compared',
  contentMd5: 'Content-MD5 is compared',
  dropsCutBodies: 'cut bodies are dropped',
  dropsCutParts: 'cut parts are dropped',
  ranges: 'ranges',
  presignedAddresses: 'presigned addresses',
  multipartListing: 'parts are listed',
  multipartDigests: 'uploads with digests are completed',
};

/** What was found, for the log and for readiness: `holds: ranges; does not hold: cut bodies are dropped`. */
export function inWords(found: StoreCapabilities): string {
  const names = Object.keys(words) as (keyof StoreCapabilities)[];
  const told = (
    [
      ['holds', 'yes'],
      ['does not hold', 'no'],
      ['not known', 'unknown'],
    ] as const
  ).map(([title, value]) => {
    const which = names.filter((name) => found[name] === value).map((name) => words[name]);
    return which.length === 0 ? [] : [`${title}: ${which.join(', ')}`];
  });
  return told.flat().join('; ');
}
