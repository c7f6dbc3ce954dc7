import { Readable } from 'node:stream';
import type { LocalizedText } from '../../../config/configuration.js';
import type { LinkDto } from '../../../ogc/ogc.dto.js';
import { type Share, withShare } from '../../../ogc/requests/share.js';
import type { PrintedResult } from '../../../processes/processor.js';
import type { PrintedOutput } from '../results-format.js';

/** So many bytes of one output, and of all of them, are shown on a page. */
const SHOWN_BYTES = 64 * 1024;
/** Of what is shown as a table, a tree or on a map, which takes the whole of it. */
const SHOWN_WHOLE = 256 * 1024;
export const SHOWN_IN_ALL = 1024 * 1024;

/** An output as a page shows it. */
export interface OutputPreview {
  readonly id: string;
  /** Of its description. */
  readonly title?: LocalizedText;
  /** Where it is as it is. */
  readonly href: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** The beginning, of what is text; undefined, too, where the page is full. */
  readonly text?: string;
  readonly isCut: boolean;
}

/** The results of a job as their page shows them. */
export interface ResultsPreview {
  readonly jobID: string;
  readonly outputs: readonly OutputPreview[];
  readonly links: readonly LinkDto[];
}

const STRUCTURED = /^(?:text\/(?:csv|tab-separated-values)|application\/(?:[^;]*\+)?json)\b/i;
const TEXT = /^(?:text\/|application\/(?:[^;]*\+)?(?:json|xml|yaml|javascript)\b|image\/svg\+xml\b)/i;

/** Reads as much of the outputs as is shown. */
export async function previewOutputs(
  outputs: readonly PrintedOutput[],
  addressOf: (id: string) => string,
  titleOf: (id: string) => LocalizedText | undefined = () => undefined,
): Promise<readonly OutputPreview[]> {
  const previews: OutputPreview[] = [];
  let left = SHOWN_IN_ALL;
  for (const { id, printed } of outputs) {
    const { mediaType, size } = printed;
    const length = Math.min(size, STRUCTURED.test(mediaType) && size <= SHOWN_WHOLE ? SHOWN_WHOLE : SHOWN_BYTES);
    const title = titleOf(id);
    const known = { id, ...(title === undefined ? {} : { title }), href: addressOf(id), mediaType, size };
    if (!TEXT.test(mediaType) || length > left) {
      previews.push({ ...known, isCut: false });
      continue;
    }
    left -= length;
    const isCut = size > length;
    const text = new TextDecoder('utf-8').decode(await readBeginning(printed, length), { stream: isCut });
    previews.push({ ...known, text, isCut });
  }
  return previews;
}

async function readBeginning({ body, range, size }: PrintedResult, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const source: Readable = range && size > length ? range({ start: 0, end: length - 1 }) : body();
  const chunks: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of source) {
      chunks.push(chunk as Buffer);
      read += (chunk as Buffer).length;
      if (read >= length) break;
    }
  } finally {
    source.destroy();
  }
  return Buffer.concat(chunks).subarray(0, length);
}

/** Links of a page of results. Several may be `multipart/related`, which browsers can do nothing with: those lead to their document. @param share that led here */
export function resultsLinks(jobId: string, base: string, count: number, share?: Share): LinkDto[] {
  const job = `${base}/jobs/${jobId}`;
  const links: LinkDto[] = [
    { href: `${job}/results?f=html`, rel: 'self', type: 'text/html', title: 'This document' },
    count > 1
      ? {
          href: `${job}/results?f=json&profile=ogc-results`,
          rel: 'alternate',
          type: 'application/json',
          title: 'All results as one JSON document',
        }
      : { href: `${job}/results?f=json`, rel: 'alternate', title: 'The results as they are' },
    ...(share?.for === 'results' ? [] : [{ href: job, rel: 'up', type: 'application/json', title: 'The job' }]),
  ];
  return links.map((link) => ({ ...link, href: withShare(link.href, share) }));
}
