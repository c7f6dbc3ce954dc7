import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isMapping } from '../config/validation.js';
import { NotAcceptableError } from '../ogc/domain-errors.js';
import type { OutputDescription } from '../processes/process-description.js';
import type { JobResult, PrintedResult } from '../processes/processor.js';

/** So many bytes of results are held in memory where their shape needs that. */
const MEMORY_LIMIT = 32 * 1024 * 1024;

export interface RawAnswer {
  /** Undefined: no content. */
  readonly mediaType?: string;
  readonly size?: number;
  readonly body?: Readable;
}

/** What is known of a job's outputs. */
export interface OutputContext {
  /** Empty where the process is not configured any more. */
  readonly outputs: Readonly<Record<string, OutputDescription>>;
  /** Ids of the outputs that the client asked for; undefined: all. */
  readonly selected?: readonly string[];
  readonly indent?: number;
}

/** One output: as the job gave it, or a property of the object that it printed. */
type Output = { readonly id: string } & ({ readonly printed: PrintedResult } | { readonly value: unknown });

/**
 * `response: raw` (OGC API - Processes 1.0, section 7.11.4): one output in its own media type, several as `multipart/related`.
 * @throws NotAcceptableError where an object with several outputs is too large to be split
 */
export async function formatRaw(result: JobResult, context: OutputContext): Promise<RawAnswer> {
  const outputs = await outputsOf(result, context);
  const parts = outputs.map((output) => ({
    id: output.id,
    ...('printed' in output ? output.printed : valuePart(output.value, context.outputs[output.id])),
  }));
  const [first] = parts;
  if (!first) return {};
  return parts.length === 1 ? { mediaType: first.mediaType, size: first.size, body: first.body() } : multipart(parts);
}

/**
 * `response: document` (schema results.yaml): a JSON object of output id to value, or to a qualified value where JSON cannot hold it.
 * @throws NotAcceptableError where the results are too large for that
 */
export async function formatDocument(result: JobResult, context: OutputContext): Promise<RawAnswer> {
  const outputs = await outputsOf(result, context);
  assertFits(outputs.reduce((sum, output) => sum + ('printed' in output ? output.printed.size : 0), 0));
  const document: [string, unknown][] = [];
  for (const output of outputs) {
    const value = 'printed' in output ? await inlineValue(output.printed, context.outputs[output.id]) : output.value;
    document.push([output.id, value]);
  }
  return bytesAnswer(
    'application/json',
    Buffer.from(JSON.stringify(Object.fromEntries(document), undefined, context.indent)),
  );
}

/**
 * The outputs that are wanted, in the order of the description. A result without a name is that of the outputs that have none under their id: of the only one, or,
 * where they are several, a JSON object with a property for each.
 */
async function outputsOf({ unnamed, named }: JobResult, context: OutputContext): Promise<Output[]> {
  const ids = Object.keys(context.outputs);
  const isWanted = (id: string) => context.selected?.includes(id) ?? true;
  const outputs: Output[] = [...named].map(([id, printed]) => ({ id, printed })).filter(({ id }) => isWanted(id));
  if (unnamed)
    outputs.push(
      ...(await unnamedOutputs(
        unnamed,
        ids.filter((id) => !named.has(id)),
        isWanted,
      )),
    );
  const place = ({ id }: Output) => (ids.includes(id) ? ids.indexOf(id) : ids.length);
  return outputs.sort((a, b) => place(a) - place(b));
}

async function unnamedOutputs(
  result: PrintedResult,
  ids: readonly string[],
  isWanted: (id: string) => boolean,
): Promise<Output[]> {
  const id = ids.find(isWanted) ?? ids[0] ?? 'result';
  if (ids.length <= 1 || !isJson(result.mediaType)) return [{ id, printed: result }];
  assertFits(result.size);
  const whole = await buffer(result.body());
  const values = splitOutputs(whole, ids);
  if (!values) return [{ id, printed: { ...result, body: () => readableOf(whole) } }];
  return values.filter((output) => isWanted(output.id));
}

function assertFits(size: number): void {
  if (size <= MEMORY_LIMIT) return;
  throw new NotAcceptableError(
    `The results have ${size} bytes, more than the ${MEMORY_LIMIT} that can be put into a document or split into outputs: execute with "response": "raw" and one output.`,
  );
}

/** The properties of a JSON object that are outputs, or undefined where the result is no such object. */
function splitOutputs(body: Buffer, ids: readonly string[]): { id: string; value: unknown }[] | undefined {
  const parsed = parseJson(body);
  if (!isMapping(parsed)) return undefined;
  const outputs = ids.filter((id) => Object.hasOwn(parsed, id)).map((id) => ({ id, value: parsed[id] }));
  return outputs.length > 0 ? outputs : undefined;
}

async function inlineValue(
  { mediaType, body }: PrintedResult,
  output: OutputDescription | undefined,
): Promise<unknown> {
  const bytes = await buffer(body());
  if (isJson(mediaType)) {
    const parsed = parseJson(bytes);
    // An object is qualified where its media type says more than "JSON" (schema qualifiedInputValue.yaml): clients tell formats apart by it.
    if (parsed !== undefined) return essence(mediaType) === 'application/json' ? parsed : { value: parsed, mediaType };
  }
  const text = asText(mediaType, bytes);
  if (text === undefined) return { value: bytes.toString('base64'), encoding: 'base64', mediaType };
  return isPlainString(output) ? text : { value: text, mediaType };
}

function valuePart(value: unknown, output: OutputDescription | undefined): PrintedResult {
  const schema = typeof output?.schema === 'object' ? output.schema : {};
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, body: () => readableOf(bytes) });
  if (typeof value !== 'string') return part('application/json', Buffer.from(JSON.stringify(value)));
  const declared = schema['contentMediaType'];
  const encoded = schema['contentEncoding'] === 'base64' || schema['contentEncoding'] === 'binary';
  return part(
    typeof declared === 'string' ? declared : 'text/plain; charset=utf-8',
    Buffer.from(value, encoded ? 'base64' : 'utf8'),
  );
}

/** RFC 2387; each part's Content-ID is its output's id. Parts are opened one after another, as they are sent. */
function multipart(parts: readonly ({ readonly id: string } & PrintedResult)[]): RawAnswer {
  const boundary = randomUUID();
  const end = Buffer.from('\r\n');
  const closing = Buffer.from(`--${boundary}--\r\n`);
  const headed = parts.map((part) => ({
    part,
    head: Buffer.from(
      `--${boundary}\r\nContent-Type: ${part.mediaType}\r\nContent-ID: <${encodeURIComponent(part.id)}>\r\nContent-Length: ${part.size}\r\n\r\n`,
    ),
  }));
  async function* content(): AsyncGenerator<Buffer> {
    for (const { part, head } of headed) {
      yield head;
      yield* part.body();
      yield end;
    }
    yield closing;
  }
  const size = headed.reduce((sum, { part, head }) => sum + head.length + part.size + end.length, closing.length);
  const type = parts[0]?.mediaType.replaceAll('"', '') ?? 'text/plain';
  return {
    mediaType: `multipart/related; boundary="${boundary}"; type="${type}"`,
    size,
    body: Readable.from(content(), { objectMode: false }),
  };
}

function bytesAnswer(mediaType: string, bytes: Buffer): RawAnswer {
  return { mediaType, size: bytes.length, body: readableOf(bytes) };
}

export function readableOf(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}

function isPlainString(output: OutputDescription | undefined): boolean {
  const schema = typeof output?.schema === 'object' ? output.schema : {};
  return (
    schema['type'] === 'string' && schema['contentMediaType'] === undefined && schema['contentEncoding'] === undefined
  );
}

function asText(mediaType: string, bytes: Buffer): string | undefined {
  if (!/^(text\/|application\/([^;]*\+)?(json|xml|yaml|javascript)\b)/i.test(mediaType)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The media type without its parameters, in lower case. */
function essence(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

export function isJson(mediaType: string): boolean {
  return /^application\/([^/]+\+)?json$/.test(essence(mediaType));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
