import { Readable } from 'node:stream';
import { JsonScanner } from '../../json/json-scanner.js';
import { type JsonType, UnreadValue } from '../../json/unread-value.js';
import type { Spool } from '../../jobs/results/spool.js';
import type { FileContent } from './file-content.js';

/** A file that is too large to be looked at, in a temporary file. It is there until the spool is disposed. */
export class SpooledValue extends UnreadValue {
  readonly omitted: UnreadValue['omitted'];
  readonly #type: JsonType;
  readonly #textSize: number;
  readonly #spool: Spool;
  readonly #write: Writer;

  private constructor(spool: Spool, type: JsonType, textSize: number, write: Writer) {
    super();
    this.omitted = { size: spool.size, sha256: spool.digest() };
    this.#type = type;
    this.#textSize = textSize;
    this.#spool = spool;
    this.#write = write;
  }

  /**
   * Reads the file once, to see that it is what it should be.
   * @throws JsonFault where it should be JSON and is none
   */
  static async of(spool: Spool, content: FileContent): Promise<SpooledValue> {
    if (content === 'json') {
      const scanner = new JsonScanner();
      for await (const chunk of spool.stream()) scanner.push(chunk as Buffer);
      return new SpooledValue(spool, scanner.end(), spool.size, asItIs);
    }
    if (content === 'text' && (await isText(spool))) {
      let size = 0;
      for await (const piece of asText(spool.stream())) size += Buffer.byteLength(piece);
      return new SpooledValue(spool, 'string', size, asText);
    }
    return new SpooledValue(spool, 'string', Math.ceil(spool.size / 3) * 4 + 2, asBase64);
  }

  override get type(): JsonType {
    return this.#type;
  }

  override get textSize(): number {
    return this.#textSize;
  }

  override text(): Readable {
    return Readable.from(this.#write(this.#spool.stream()), { objectMode: false });
  }
}

type Writer = (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer | string>;

/** A byte order mark has no place within a document. */
async function* asItIs(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left: number | undefined;
  for await (const chunk of bytes) {
    left ??= chunk[0] === 0xef ? 3 : 0;
    const passed = Math.min(left, chunk.length);
    left -= passed;
    yield passed === 0 ? chunk : Buffer.concat([Buffer.alloc(passed, ' '), chunk.subarray(passed)]);
  }
}

async function* asText(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  yield '"';
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield JSON.stringify(text).slice(1, -1);
  }
  yield '"';
}

async function* asBase64(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  yield '"';
  for await (const chunk of bytes) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = all.length - (all.length % 3);
    if (end > 0) yield all.toString('base64', 0, end);
    rest = all.subarray(end);
  }
  yield `${rest.toString('base64')}"`;
}

async function isText(spool: Spool): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of spool.stream()) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
