import { isUtf8 } from 'node:buffer';
import { JsonFault } from '../../json/json-faults.js';
import { pointerTo } from '../../json/json-pointer.js';
import { parseJson } from '../../json/parse-json.js';
import { Spool } from '../../jobs/results/spool.js';
import {
  InputsTooLargeError,
  InvalidRequestError,
  MOST_FAULTS,
  PayloadTooLargeError,
  type RequestFault,
} from '../../ogc/domain-errors.js';
import type { ByteHold } from '../../outbound/byte-budget.js';
import { placeOf } from '../browser/form/form-shape.js';
import { TOKEN_FIELD } from '../execute-form.js';
import { fileContent, textValue, type FileLabel } from './file-content.js';
import type { FormPart } from '../browser/form/form-part.js';
import type { ArrivingPart } from './multipart.js';
import { SpooledValue } from './spooled-value.js';

type Members = Readonly<Record<string, unknown>>;

/** What a form may send, and who says so. */
export interface UploadTerms {
  /** Descriptions, by id. */
  readonly inputs: Readonly<Record<string, Members>>;
  /**
   * What the inputs may have together that the Job itself holds, bytes, and what would allow more; undefined: they may be of any size.
   */
  readonly inline: { readonly most: number; readonly reason: string } | undefined;
  /** Whether files that are too large to be looked at reach the process. */
  readonly takesUnread: boolean;
  /** Bytes of texts and files that are held in memory, at the most; what is beyond is not looked at. */
  readonly mostInMemory: number;
  /** Bytes of texts that anybody may send. */
  readonly mostOfUnknown: number;
  /** Asked once, before the first file is read. @throws UnauthorizedError; PayloadTooLargeError where the form is for its sender already */
  readonly authorize: (token: string | undefined) => Promise<void>;
  /** @throws UnavailableError where the server holds as much as it may */
  readonly reserveMemory: (bytes: number) => void;
  /** Of temporary files. */
  readonly disk: ByteHold;
}

/**
 * Takes the parts of a form one by one: texts into memory, files into temporary files that have no name, so that nothing is left of them
 * whatever
 * ends the request or the process. What is wrong with one field does not keep the others from being read: all faults are told at once.
 */
export class UploadReading {
  private readonly faults: RequestFault[] = [];
  private readonly spools: Spool[] = [];
  private isTooLarge = false;
  private isKnown = false;
  private hasFiles = false;
  private inMemory = 0;
  private tokenText: string | undefined;

  /** @param parts takes up what has been read, so that it can be shown again whatever comes after */
  constructor(
    private readonly terms: UploadTerms,
    readonly parts: FormPart[],
  ) {}

  /** @throws UnauthorizedError, InvalidRequestError, PayloadTooLargeError, UnavailableError: nothing more is to be read then */
  async take(part: ArrivingPart): Promise<void> {
    const { name, fileName } = part;
    if (name === undefined) throw new InvalidRequestError('The form has a part without a name.');
    if (fileName === undefined) await this.takeText(name, part.content);
    else await this.takeFile(name, { ...part, fileName });
  }

  get token(): string | undefined {
    return this.tokenText;
  }

  /** Aborted once its files have to give way to others'. */
  get gaveWay(): AbortSignal {
    return this.terms.disk.signal;
  }

  /** @throws InvalidRequestError, InputsTooLargeError with each field that is at fault */
  assertRight(): void {
    if (this.faults.length === 0) return;
    if (this.isTooLarge) throw new InputsTooLargeError('A file of the form is too large for its process.', this.faults);
    throw new InvalidRequestError('The form cannot be read.', this.faults);
  }

  /** Frees the temporary files; to be called once nobody reads them any more. */
  async dispose(): Promise<void> {
    for (const spool of this.spools.splice(0)) await spool.dispose();
    this.terms.disk.release();
  }

  private async takeText(name: string, content: AsyncIterable<Buffer>): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of content) {
      const { mostInMemory, mostOfUnknown } = this.terms;
      const size = this.inMemory + chunk.length;
      if (size > mostOfUnknown) await this.demand();
      if (size > mostInMemory)
        throw new PayloadTooLargeError(
          `The texts of a form have at most ${mostInMemory} bytes together (server.max_request_bytes): send larger ones as files.`,
        );
      this.hold(chunk.length);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    if (!isUtf8(bytes)) return this.blame(name, 'must be UTF-8');
    const text = bytes.toString('utf8');
    if (name === TOKEN_FIELD && text !== '') {
      if (this.hasFiles)
        throw new InvalidRequestError('The form cannot be read.', [
          { pointer: `/${TOKEN_FIELD}`, message: 'must come before files: the field token must come before files' },
        ]);
      this.tokenText ??= text;
    }
    this.parts.push({ name, text });
  }

  private async takeFile(name: string, { fileName, mediaType, content }: ArrivingPart & FileLabel): Promise<void> {
    const spool = new Spool();
    this.spools.push(spool);
    const id = inputOf(name);
    const input = id === undefined ? undefined : this.terms.inputs[id];
    let isRefused = false;
    for await (const chunk of content) {
      this.hasFiles = true;
      await this.demand();
      if (isRefused) continue;
      const refusal = input ? this.refusalOf(spool.size + chunk.length) : this.unknown();
      if (refusal === undefined) {
        this.terms.disk.received(chunk.length);
        this.terms.disk.reserve(chunk.length);
        await spool.write(chunk);
      } else {
        isRefused = true;
        this.blame(name, refusal);
        // What was read of it is needed no more.
        await spool.dispose();
      }
    }
    // A control for files that was left empty.
    if (isRefused || (spool.size === 0 && fileName === '')) return;
    // An empty file has no chunk before which it was asked.
    await this.demand();
    if (!input) return this.blame(name, this.unknown());
    await this.keep(name, input['schema'], { fileName, mediaType }, spool);
  }

  private async keep(name: string, schema: unknown, label: FileLabel, spool: Spool): Promise<void> {
    const content = fileContent(schema, label);
    try {
      if (this.fitsMemory(spool.size)) {
        this.hold(spool.size);
        const bytes = await spool.bytes();
        const value = content === 'json' ? parseJson(bytes) : textValue(content, bytes);
        this.parts.push({ name, file: { fileName: label.fileName, value, isArray: Array.isArray(value) } });
        await spool.dispose();
      } else {
        const value = await SpooledValue.of(spool, content);
        this.parts.push({ name, file: { fileName: label.fileName, value, isArray: value.type === 'array' } });
      }
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      this.blame(name, `must be JSON (${error.message})`);
    }
  }

  /** Why the file cannot be taken; undefined: so far it can. */
  private refusalOf(size: number): string | undefined {
    const { inline, takesUnread, mostInMemory } = this.terms;
    if (inline && size > inline.most) {
      this.isTooLarge = true;
      return `has more than the ${inline.most} bytes that inputs of this process may have, ${inline.reason}`;
    }
    if (takesUnread || this.fitsMemory(size)) return undefined;
    this.isTooLarge = true;
    return (
      `has, with what else the form holds, more than the ${mostInMemory} bytes that are validated (server.max_request_bytes); ` +
      'only processes whose processor looks at no inputs, with "large_inputs: url", take larger files'
    );
  }

  private fitsMemory(size: number): boolean {
    return this.inMemory + size <= this.terms.mostInMemory;
  }

  private hold(bytes: number): void {
    this.terms.reserveMemory(bytes);
    this.inMemory += bytes;
  }

  private async demand(): Promise<void> {
    if (this.isKnown) return;
    await this.terms.authorize(this.tokenText);
    this.isKnown = true;
  }

  private unknown(): string {
    return `is no input that takes a file; known are ${Object.keys(this.terms.inputs).join(', ')}`;
  }

  private blame(name: string, message: string): void {
    const id = inputOf(name);
    const pointer = id === undefined ? pointerTo('', name) : pointerTo('/inputs', id);
    if (this.faults.length <= MOST_FAULTS) this.faults.push({ pointer, message });
  }
}

/** The id of the input that a file is the value of. */
function inputOf(name: string): string | undefined {
  const [id, ...members] = placeOf(name) ?? [];
  return members.length === 0 ? id : undefined;
}
