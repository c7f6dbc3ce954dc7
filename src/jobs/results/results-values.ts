import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isMapping } from '../../config/validation.js';
import { JsonFault } from '../../json/json-faults.js';
import { parseJson, type ParseJsonOptions } from '../../json/parse-json.js';
import { objectFormatFault, objectFormatOf } from '../../processes/schema/ogc-formats.js';
import { alternativesOf } from '../../processes/description/output-formats.js';
import type { OutputDescription } from '../../processes/description/process-description.js';
import type { PrintedResult } from '../../processes/processor.js';
import { decodeUtf8 } from '../model/utf-8.js';

type Members = Readonly<Record<string, unknown>>;

/** What of a job's JSON is let pass. Results that are nested deeper stand in a document as text; of keys given twice the last counts. */
export const RESULT_JSON: ParseJsonOptions = { maxDepth: 2000, duplicateKeys: 'last' };

/** Formats whose objects stand in a document as they are (OGC API - Processes 1.0, schema inlineOrRefData.yaml). */
const BARE_OBJECTS = ['ogc-bbox', 'ogc-link'];

/**
 * A JSON value as it stands in a results document (OGC API - Processes 1.0, schema inlineOrRefData.yaml): text, numbers, truth values, arrays, bounding boxes and links as they
 * are; any other object as `{value}`, for a bare one could be taken for a qualified value or for a link. A media type that says more than "JSON" stands beside the value.
 */
export function documentValue(value: unknown, output: OutputDescription | undefined, mediaType?: string): unknown {
  const type = mediaType ?? jsonTypeOf(value, output);
  if (essence(type) !== 'application/json') return { value, mediaType: type };
  return isMapping(value) && !isBareObject(value, output) ? { value } : value;
}

/** A result as it stands in a results document: what JSON cannot hold is a qualified value (schema qualifiedInputValue.yaml). */
export async function inlineValue(
  { mediaType, body }: PrintedResult,
  output: OutputDescription | undefined,
): Promise<unknown> {
  const bytes = await buffer(body());
  if (isJson(mediaType)) {
    const parsed = readJson(bytes);
    if (parsed !== undefined) return documentValue(parsed, output, mediaType);
  }
  const text = asText(mediaType, bytes);
  if (text === undefined) return { value: bytes.toString('base64'), encoding: 'base64', mediaType };
  return isPlainString(output) ? text : { value: text, mediaType };
}

/** A property of the object that a job printed as a result of its own: a string in the media type that the output's schema names, else plain text; anything else as JSON. */
export function valuePart(value: unknown, output: OutputDescription | undefined): PrintedResult {
  if (typeof value !== 'string') return ofBytes(jsonTypeOf(value, output), Buffer.from(JSON.stringify(value)));
  const schema = alternativesOf(output).find(({ type }) => type === 'string' || type === undefined) ?? {};
  const declared = schema['contentMediaType'];
  const encoded = schema['contentEncoding'] === 'base64' || schema['contentEncoding'] === 'binary';
  return ofBytes(
    typeof declared === 'string' ? declared : 'text/plain; charset=utf-8',
    Buffer.from(value, encoded ? 'base64' : 'utf8'),
  );
}

export function readableOf(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}

/** Bytes in memory as a result, of which ranges can be read. */
export function ofBytes(mediaType: string, bytes: Buffer): PrintedResult {
  return {
    mediaType,
    size: bytes.length,
    body: () => readableOf(bytes),
    range: ({ start, end }) => readableOf(bytes.subarray(start, end + 1)),
    etag: etagOf(bytes),
  };
}

/** Results never change, so a short digest of what they are, or of where they are, is enough. */
export function etagOf(content: string | Buffer): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 32)}"`;
}

export function isJson(mediaType: string): boolean {
  return /^application\/([^/]+\+)?json$/.test(essence(mediaType));
}

/** What a job gave as JSON, its numbers as they were written. @returns undefined where it is none */
export function readJson(body: Buffer): unknown {
  try {
    return parseJson(body, RESULT_JSON);
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

/** The media type that the schema names for objects, where it is one of JSON's. */
function jsonTypeOf(value: unknown, output: OutputDescription | undefined): string {
  const types = alternativesOf(output)
    .filter(({ type }) => type === 'object' || type === undefined)
    .map(({ contentMediaType }) => contentMediaType);
  const declared = types.find((type): type is string => typeof type === 'string' && isJson(type));
  return isMapping(value) && declared !== undefined ? declared : 'application/json';
}

function isBareObject(value: Members, output: OutputDescription | undefined): boolean {
  // OGC's own example of a bounding box says its format in a part of `allOf`.
  const parts = alternativesOf(output).flatMap((schema) => [schema, ...partsOf(schema)]);
  return parts.some(({ format }) => {
    const code = typeof format === 'string' ? objectFormatOf(format) : undefined;
    return code !== undefined && BARE_OBJECTS.includes(code) && objectFormatFault(code, value) === undefined;
  });
}

function partsOf({ allOf }: Members): readonly Members[] {
  return Array.isArray(allOf) ? allOf.filter(isMapping) : [];
}

function isPlainString(output: OutputDescription | undefined): boolean {
  return alternativesOf(output).every(
    ({ type, contentMediaType, contentEncoding }) =>
      type === 'string' && contentMediaType === undefined && contentEncoding === undefined,
  );
}

function asText(mediaType: string, bytes: Buffer): string | undefined {
  if (!/^(text\/|application\/([^;]*\+)?(json|xml|yaml|javascript)\b)/i.test(mediaType)) return undefined;
  return decodeUtf8(bytes);
}

/** The media type without its parameters, in lower case. */
function essence(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}
