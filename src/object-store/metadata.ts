import { ObjectStoreError } from './object-store.js';

const httpToken = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * User metadata as every adapter stores it, and as HTTP headers can carry it: keys in lower case; in values everything but printable ASCII
 * is percent-encoded (as UTF-8), spaces at either end too. Not decoded on reading.
 *
 * @throws ObjectStoreError (`failed`, not retryable) for a key that is no HTTP token, or given twice in different case
 */
export function asciiMetadata(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  const result = new Map<string, string>();
  for (const [name, value] of Object.entries(metadata)) {
    const key = name.toLowerCase();
    if (!httpToken.test(key)) {
      throw new ObjectStoreError('failed', `metadata key ${JSON.stringify(name)} must be an HTTP token`, false);
    }
    if (result.has(key)) {
      throw new ObjectStoreError('failed', `metadata key ${JSON.stringify(key)} is given twice`, false);
    }
    result.set(
      key,
      // By way of UTF-8, which replaces lone surrogates.
      Buffer.from(value)
        .toString()
        .replace(/[^\x20-\x7e]+/gu, encodeURIComponent)
        .replace(/^ +| +$/g, encodeURIComponent),
    );
  }
  return Object.fromEntries(result);
}
