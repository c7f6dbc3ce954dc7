import type { Readable } from 'node:stream';
import { Spool } from '../jobs/results/spool.js';
import { ExactBody } from '../object-store/exact-body.js';
import { MOST_PARTS, type Upload, type UploadStore } from '../object-store/uploads.js';
import { InvalidRequestError } from '../ogc/domain-errors.js';

const MEBIBYTE = 1024 ** 2;
/** Bytes of the parts that a file is divided into; more where there would be too many of them. */
const PIECE = 16 * MEBIBYTE;

/** Of a whole file that passes through this server: the bytes of each part but the last, and how many parts there are. */
export function piecesOf(size: number): { readonly bytes: number; readonly count: number } {
  const bytes = Math.max(PIECE, Math.ceil(size / MOST_PARTS / MEBIBYTE) * MEBIBYTE);
  return { bytes, count: Math.max(1, Math.ceil(size / bytes)) };
}

/**
 * Passes bytes on to the store, as parts of an upload. Each is here whole before it is sent, in a temporary file where it is
 * large, for its digest goes before it: so whatever is cut
 * on the way to the store or from the job leaves no part that counts.
 * @param first number of the first part
 * @param bytes of each part but the last
 * @throws InvalidRequestError where it is not `size` bytes that come, or not all of them; ObjectStoreError
 */
export async function relay(
  uploads: UploadStore,
  upload: Upload,
  { first, bytes, size }: { readonly first: number; readonly bytes: number; readonly size: number },
  body: Readable,
): Promise<'written' | 'no-such-upload'> {
  const source = ExactBody.of(
    () => body,
    size,
    (cause) => new InvalidRequestError(`The file did not arrive as it was announced: ${cause.message}`),
  );
  let number = first;
  let piece = new Spool();
  const send = async () => {
    const part = { size: piece.size, sha256: piece.digest(), body: () => piece.stream() };
    const written = await uploads.write(upload, number, part);
    await piece.dispose();
    return written;
  };
  try {
    for await (const chunk of source) {
      for (let rest = chunk as Buffer; rest.length > 0;) {
        if (piece.size === bytes) {
          if ((await send()) === 'no-such-upload') return 'no-such-upload';
          piece = new Spool();
          number += 1;
        }
        const room = bytes - piece.size;
        await piece.write(rest.subarray(0, room));
        rest = rest.subarray(room);
      }
    }
    return await send();
  } finally {
    source.destroy();
    await piece.dispose();
  }
}
