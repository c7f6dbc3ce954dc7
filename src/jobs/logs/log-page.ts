import type { Readable } from 'node:stream';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { wholeCharacters } from './event-encoder.js';

/** What of a log stands on its page; a browser with scripts reads on from there. */
const SHOWN_BYTES = 512 * 1024;
const SHOWN_LINES = 5000;
const NEWLINE = 0x0a;

/** The beginning of the log of one attempt. */
export interface ShownLog {
  readonly attempt: number;
  /** Whole lines. */
  readonly text: string;
  /** Bytes of the log that {@link text} has. */
  readonly bytes: number;
  /** Whether there is more of it. */
  readonly isCut: boolean;
  /** Whether nothing can come to it any more. */
  readonly isOver: boolean;
}

/** What the page of a log is made of. */
export interface LogPageResource {
  readonly jobID: string;
  /** One, or two side by side. */
  readonly logs: readonly ShownLog[];
  /** Numbers of the attempts whose logs are kept. */
  readonly attempts: readonly number[];
  readonly links: readonly LinkDto[];
}

/** Reads as much of a log as is shown, and closes it. @returns whole lines, but where the log has ended without a newline */
export async function readShown(log: Readable): Promise<Pick<ShownLog, 'text' | 'bytes' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let [length, lines, isCut] = [0, 0, false];
  try {
    for await (const chunk of log as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      for (const byte of chunk) if (byte === NEWLINE) lines += 1;
      if (length < SHOWN_BYTES && lines < SHOWN_LINES) continue;
      isCut = true;
      break;
    }
  } finally {
    log.destroy();
  }
  const read = Buffer.concat(chunks);
  if (!isCut) return { text: read.toString('utf8'), bytes: read.length, isCut };
  const end = endOfLines(read.subarray(0, SHOWN_BYTES));
  return { text: read.subarray(0, end).toString('utf8'), bytes: end, isCut };
}

/** Behind the last line that is shown; of one that has no end so far, behind its last whole character. */
function endOfLines(bytes: Buffer): number {
  let at = -1;
  for (let lines = 0; lines < SHOWN_LINES; lines++) {
    const next = bytes.indexOf(NEWLINE, at + 1);
    if (next === -1) break;
    at = next;
  }
  return at === -1 ? wholeCharacters(bytes) : at + 1;
}
