import { Readable } from 'node:stream';
import { isMediaType } from '../description/media-type.js';
import type { PrintedResult } from '../processor.js';
import { ProcessorFault } from './processor-calls.js';

/** Results as a processor sees them: what it has opened and does not return is closed. */
export class GivenResults {
  private readonly originals = new Map<unknown, PrintedResult>();
  private readonly opened = new Map<PrintedResult, Readable[]>();
  private readonly taken = new Set<PrintedResult>();

  give(original: PrintedResult): PrintedResult {
    const streams: Readable[] = [];
    const body = () => {
      const stream = original.body();
      streams.push(stream);
      return stream;
    };
    const given = { ...original, body };
    this.originals.set(given, original);
    this.opened.set(original, streams);
    return given;
  }

  /** What the processor returned: one of what it was given, or a result of its own. */
  take(returned: unknown): PrintedResult | undefined {
    const original = this.originals.get(returned);
    if (original) this.taken.add(original);
    return original ?? checkedResult(returned);
  }

  closeRest(): void {
    for (const [original, streams] of this.opened) {
      if (!this.taken.has(original)) streams.forEach((stream) => stream.destroy());
    }
  }
}

function checkedResult(result: unknown): PrintedResult | undefined {
  if (result === undefined || result === null) return undefined;
  const { mediaType, body } = result as { mediaType?: unknown; body?: unknown };
  if (typeof mediaType !== 'string' || !isMediaType(mediaType))
    throw new ProcessorFault('must return a result with a mediaType such as text/plain');
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new ProcessorFault('must return a result whose body is a string or a Uint8Array');
  const bytes = Buffer.from(body);
  return { mediaType, size: bytes.length, body: () => Readable.from([bytes]) };
}
