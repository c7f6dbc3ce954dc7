import type { LinkDto } from '../ogc/ogc.dto.js';
import type { ResultsAnswer } from './job-results.js';

/** So many bytes of results are shown on a page. */
const SHOWN_BYTES = 64 * 1024;

/** The results of a job as its page shows them. */
export interface ResultsPreview {
  readonly jobID: string;
  /** Undefined: there are none. */
  readonly mediaType?: string;
  /** Bytes. */
  readonly size?: number;
  /** The beginning, of what is text. */
  readonly text?: string;
  readonly isCut: boolean;
  readonly links: readonly LinkDto[];
}

const TEXT =
  /^(?:text\/|multipart\/related\b|application\/(?:[^;]*\+)?(?:json|xml|yaml|javascript)\b|image\/svg\+xml\b)/i;

/** Reads as much of the results as is shown, and lets go of the rest. */
export async function previewResults(
  jobID: string,
  { mediaType, size, body }: ResultsAnswer,
  links: readonly LinkDto[],
): Promise<ResultsPreview> {
  if (!body || mediaType === undefined) return { jobID, isCut: false, links };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    if (TEXT.test(mediaType)) {
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length > SHOWN_BYTES) break;
      }
    }
  } finally {
    body.destroy();
  }
  const known = { jobID, mediaType, ...(size === undefined ? {} : { size }), links };
  if (!TEXT.test(mediaType)) return { ...known, isCut: false };
  const isCut = length > SHOWN_BYTES;
  const text = new TextDecoder('utf-8').decode(Buffer.concat(chunks).subarray(0, SHOWN_BYTES), { stream: isCut });
  return { ...known, text, isCut };
}
