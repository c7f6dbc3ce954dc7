import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Readable } from 'node:stream';
import { InvalidRequestError } from '../../ogc/domain-errors.js';

/** Parts of a form, at the most: far more than any has. */
export const MOST_PARTS = 500;
/** Of the headers of a part: bytes, and how many. */
const LONGEST_HEADERS = 8 * 1024;
const MOST_HEADERS = 20;

/** A part of a form while it arrives. It has to be read to its end, or resumed, before the next one comes. */
export interface ArrivingPart {
  /** Undefined where it has none. */
  readonly name: string | undefined;
  /** Undefined: it is a text; empty: a control for files that was left empty. */
  readonly fileName: string | undefined;
  readonly mediaType: string;
  /** Fails as the form does. */
  readonly content: AsyncIterable<Buffer>;
}

/** Of a form. */
export interface MultipartLimits {
  /** Told of bytes of the body as they come. @throws where it is too large with them */
  readonly received: (bytes: number) => void;
  /** Aborted, with an error, when nothing more shall be read. */
  readonly gaveWay: AbortSignal;
}

/**
 * The parts of `multipart/form-data` (RFC 7578), one after another, none of them held: what is not read does not arrive.
 * `@fastify/busboy` reads it, the
 * parser beneath `@fastify/multipart`, which would let every route take such bodies.
 * @throws InvalidRequestError where it is no such body, breaks off, or has too many parts; what `received` throws; what `gaveWay` was
 * aborted with
 */
export async function* partsOfMultipart(
  body: Readable,
  contentType: string,
  { received, gaveWay }: MultipartLimits,
): AsyncGenerator<ArrivingPart> {
  const parser = parserOf(contentType);
  const arrivals = new Arrivals(body, parser);
  const count = (chunk: Buffer) => {
    try {
      received(chunk.length);
    } catch (error) {
      arrivals.fail(error as Error);
    }
  };
  const onError = (error: Error) => arrivals.fail(error);
  const onClose = () => {
    if (!body.readableEnded) arrivals.fail(new InvalidRequestError('The body broke off.'));
  };
  const onAbort = () => arrivals.fail(gaveWay.reason as Error);
  body.on('error', onError).on('data', count).once('close', onClose);
  gaveWay.addEventListener('abort', onAbort);
  if (gaveWay.aborted) onAbort();
  body.pipe(parser);
  try {
    yield* arrivals.parts();
  } finally {
    body.unpipe(parser);
    // What is left of it may still fail, and is nobody's business any more.
    body.off('error', onError).off('data', count).off('close', onClose);
    body.on('error', () => undefined);
    gaveWay.removeEventListener('abort', onAbort);
  }
}

interface Arrival extends Omit<ArrivingPart, 'content'> {
  readonly stream: Readable;
}

/** What the parser has found, and nobody has read yet. */
class Arrivals {
  private readonly waiting: Arrival[] = [];
  private current: Arrival | undefined;
  private failure: Error | undefined;
  private isOver = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly body: Readable,
    private readonly parser: BusboyInstance,
  ) {
    // Both names are absent where the part has none, whatever the types say.
    parser.on('file', (name?: string, stream?: Readable, fileName?: string, _encoding?: string, mediaType = '') => {
      if (stream) this.arrive({ name, fileName, mediaType, stream });
    });
    parser.on('partsLimit', () => this.fail(new InvalidRequestError(`The form has more than ${MOST_PARTS} parts.`)));
    parser.on('error', (error: unknown) => this.fail(noForm(error)));
    parser.once('finish', () => {
      this.isOver = true;
      this.wake();
    });
  }

  async *parts(): AsyncGenerator<ArrivingPart> {
    for (;;) {
      if (this.failure) throw this.failure;
      this.current = this.waiting.shift();
      if (this.current) {
        const { stream, ...part } = this.current;
        const over = ended(stream);
        yield { ...part, content: this.contentOf(stream) };
        await over;
      } else if (this.isOver) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** The first failure counts: others follow from it. */
  fail(error: Error): void {
    this.failure ??= error;
    this.body.unpipe(this.parser);
    for (const arrival of [this.current, ...this.waiting]) arrival?.stream.destroy(this.failure);
    this.wake();
  }

  private arrive(arrival: Arrival): void {
    // A part that nobody reads any more must not end the process.
    arrival.stream.on('error', () => undefined);
    if (this.failure) return void arrival.stream.destroy();
    this.waiting.push(arrival);
    this.wake();
  }

  private async *contentOf(stream: Readable): AsyncGenerator<Buffer> {
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (error) {
      // The parser tells a part that it is cut before it says so itself.
      throw this.failure ?? noForm(error);
    }
  }
}

function noForm(error: unknown): InvalidRequestError {
  return new InvalidRequestError(`The body is no multipart/form-data: ${(error as Error).message}.`);
}

function parserOf(contentType: string): BusboyInstance {
  const headers: BusboyHeaders = { 'content-type': contentType };
  try {
    return new Busboy({
      headers,
      // Texts, too: so none is held before it is known whether there is room for it.
      isPartAFile: () => true,
      limits: { parts: MOST_PARTS, headerSize: LONGEST_HEADERS, headerPairs: MOST_HEADERS },
    });
  } catch (error) {
    throw new InvalidRequestError(`The body cannot be read as multipart/form-data: ${(error as Error).message}.`);
  }
}

function ended(content: Readable): Promise<void> {
  if (content.readableEnded || content.destroyed) return Promise.resolve();
  return new Promise((resolve) =>
    content
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve()),
  );
}
