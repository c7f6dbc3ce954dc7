import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { UnsupportedCodingError } from '../../ogc/domain-errors.js';

/** What RFC 9659 asks decoders of HTTP to bear, 8 MiB: without a bound a few bytes may ask for 128 MiB of memory. */
const ZSTD_WINDOW_LOG = 23;

/** Content codings (RFC 9110, section 8.4.1) of bodies, in the order of `Accept-Encoding`. Not `deflate`, of which there are two. */
export const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  br: createBrotliDecompress,
};

/**
 * The coding that a `Content-Encoding` names; undefined: none. Several, one upon another, are none of those that are read.
 * @throws UnsupportedCodingError, which says what is read (RFC 9110, section 15.5.16)
 */
export function codingOf(header: string | undefined): string | undefined {
  const codings = (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const name = codings.join(', ');
  if (name === '') return undefined;
  const coding = name === 'x-gzip' ? 'gzip' : name;
  if (!Object.hasOwn(decoders, coding)) throw new UnsupportedCodingError(coding, Object.keys(decoders).join(', '));
  return coding;
}
