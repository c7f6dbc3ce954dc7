import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OutputDescription } from '../processes/process-description.js';

/** A result as its job printed it. */
export interface PrintedResult<Body> {
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly body: Body;
}

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

/**
 * `response: raw` (OGC API - Processes 1.0, section 7.11.4): one output in its own media type, several as `multipart/related`. A job prints one
 * result; where its process has several outputs that is a JSON object with a property for each.
 */
export async function formatRaw(
  result: PrintedResult<() => Readable> | undefined,
  context: OutputContext,
): Promise<RawAnswer> {
  if (!result || context.selected?.length === 0) return {};
  if (Object.keys(context.outputs).length <= 1 || !isJson(result.mediaType)) {
    return { mediaType: result.mediaType, size: result.size, body: result.body() };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of result.body()) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const values = splitOutputs(whole, context);
  if (!values) return bytesAnswer(result.mediaType, whole);
  const parts = Object.entries(values).map(([id, value]) => ({ id, ...toPart(value, context.outputs[id]) }));
  const [first] = parts;
  if (!first) return {};
  return parts.length === 1 ? bytesAnswer(first.mediaType, first.body) : multipart(parts);
}

/** `response: document` (schema results.yaml): a JSON object of output id to value, or to a qualified value where JSON cannot hold it. */
export function formatDocument(result: PrintedResult<Buffer> | undefined, context: OutputContext): RawAnswer {
  const document = result ? toDocument(result, context) : {};
  return bytesAnswer('application/json', Buffer.from(JSON.stringify(document, undefined, context.indent)));
}

function toDocument(result: PrintedResult<Buffer>, context: OutputContext): Record<string, unknown> {
  const ids = Object.keys(context.outputs);
  const several = ids.length > 1 && isJson(result.mediaType) ? splitOutputs(result.body, context) : undefined;
  if (several) return several;
  const id = context.selected?.[0] ?? ids[0] ?? 'result';
  return context.selected?.length === 0 ? {} : { [id]: toInlineValue(result, context.outputs[id]) };
}

/** The described (and wanted) outputs in a JSON object, or undefined where the result is none. */
function splitOutputs(body: Buffer, { outputs, selected }: OutputContext): Record<string, unknown> | undefined {
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const entries = Object.entries(parsed).filter(([id]) => Object.hasOwn(outputs, id));
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.filter(([id]) => selected?.includes(id) ?? true));
}

function toInlineValue(result: PrintedResult<Buffer>, output: OutputDescription | undefined): unknown {
  if (isJson(result.mediaType)) {
    const parsed = parseJson(result.body);
    // An object is qualified where its media type says more than "JSON" (schema qualifiedInputValue.yaml): clients tell formats apart by it.
    if (parsed !== undefined)
      return essence(result.mediaType) === 'application/json' ? parsed : { value: parsed, mediaType: result.mediaType };
  }
  const text = asText(result);
  if (text === undefined)
    return { value: result.body.toString('base64'), encoding: 'base64', mediaType: result.mediaType };
  return isPlainString(output) ? text : { value: text, mediaType: result.mediaType };
}

function toPart(value: unknown, output: OutputDescription | undefined): { mediaType: string; body: Buffer } {
  const schema = typeof output?.schema === 'object' ? output.schema : {};
  if (typeof value === 'string') {
    const mediaType =
      typeof schema['contentMediaType'] === 'string' ? schema['contentMediaType'] : 'text/plain; charset=utf-8';
    const encoded = schema['contentEncoding'] === 'base64' || schema['contentEncoding'] === 'binary';
    return { mediaType, body: Buffer.from(value, encoded ? 'base64' : 'utf8') };
  }
  return { mediaType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

/** RFC 2387; each part's Content-ID is its output's id. */
function multipart(parts: readonly { id: string; mediaType: string; body: Buffer }[]): RawAnswer {
  const boundary = randomUUID();
  const chunks = parts.flatMap(({ id, mediaType, body }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-ID: <${encodeURIComponent(id)}>\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
    body,
    Buffer.from('\r\n'),
  ]);
  const type = parts[0]?.mediaType.replaceAll('"', '') ?? 'text/plain';
  return bytesAnswer(
    `multipart/related; boundary="${boundary}"; type="${type}"`,
    Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  );
}

function bytesAnswer(mediaType: string, bytes: Buffer): RawAnswer {
  return { mediaType, size: bytes.length, body: Readable.from([bytes]) };
}

function isPlainString(output: OutputDescription | undefined): boolean {
  const schema = typeof output?.schema === 'object' ? output.schema : {};
  return (
    schema['type'] === 'string' && schema['contentMediaType'] === undefined && schema['contentEncoding'] === undefined
  );
}

function asText(result: PrintedResult<Buffer>): string | undefined {
  if (!/^(text\/|application\/([^;]*\+)?(json|xml|yaml|javascript)\b)/i.test(result.mediaType)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(result.body);
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
