import mime from 'mime';
import type { Readable } from 'node:stream';
import type { JobResult } from '../../processes/processor.js';
import { printedOutputs, type OutputContext, type PrintedOutput, type RawAnswer } from './results-format.js';

/** What compression makes no smaller. */
const COMPRESSED = /^(?:image\/(?!svg|bmp|tiff)|video\/|audio\/)|zip|gzip|zstd|x-7z|parquet|epub/i;

/** The time of all entries: the same results are the same bytes. */
const EPOCH = new Date(Date.UTC(1980, 0, 1));

/**
 * `f=zip`: every output that is wanted as a file of an archive (PKWARE APPNOTE; ZIP64 where it is large), made while it is sent: each output is
 * opened when those before it are through.
 * @throws NotAcceptableError as `formatRaw`
 */
export async function formatZip(result: JobResult, context: OutputContext): Promise<RawAnswer> {
  const outputs = await printedOutputs(result, context);
  if (outputs.length === 0) return {};
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const body = zip.outputStream as Readable;
  let current: Readable | undefined;
  for (const [index, name] of fileNames(outputs).entries()) {
    const { mediaType, body: open } = outputs[index]!.printed;
    zip.addReadStreamLazy(name, { mtime: EPOCH, compress: !COMPRESSED.test(mediaType) }, (pass) => {
      if (body.destroyed) return;
      current = open().once('error', (error) => body.destroy(error));
      pass(null, current);
    });
  }
  zip.on('error', (error: Error) => body.destroy(error));
  body.once('close', () => current?.destroy());
  zip.end();
  return { mediaType: 'application/zip', body };
}

/** Names of files: ids of outputs, with what they would be called by their media types; none leads out of a folder, none is twice. */
export function fileNames(outputs: readonly PrintedOutput[]): string[] {
  const taken = new Set<string>();
  return outputs.map(({ id, printed }) => {
    const name = fileName(id, printed.mediaType);
    for (let count = 1; ; count++) {
      const own = count === 1 ? name : `${count}-${name}`;
      if (taken.has(own.toLowerCase())) continue;
      taken.add(own.toLowerCase());
      return own;
    }
  });
}

/** What a file with this output is called: `image.tif`; an id that has an ending already keeps it. */
export function fileName(id: string, mediaType: string): string {
  // What no file system of today takes in a name, and what would be hidden.
  const safe =
    id
      .replaceAll(/[\p{Cc}<>:"/\\|?*]/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 200) || 'result';
  const extension = mime.getExtension(mediaType) ?? undefined;
  return extension === undefined || safe.toLowerCase().endsWith(`.${extension}`) ? safe : `${safe}.${extension}`;
}
