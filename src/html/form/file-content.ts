import { isMapping } from '../../config/validation.js';
import { isUtf8 } from 'node:buffer';

/** What a file is to its input: JSON that it says, the text that it is, or its bytes, in base64. */
export type FileContent = 'json' | 'text' | 'bytes';

/** How a sender describes a file. */
export interface FileLabel {
  readonly fileName: string;
  readonly mediaType: string;
}

const JSON_NAME = /\.(?:json|geojson|topojson)$/i;
const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\b/i;

/**
 * What the content of a file is to an input of a schema. Where values of the schema are no texts it is JSON, whatever the sender calls
 * it: curl
 * knows no `.geojson`. Where they may be both, the name and the media type decide. A list of texts or bytes has files as its items,
 * unless they are JSON.
 */
export function fileContent(schema: unknown, label: FileLabel): FileContent {
  if (!isMapping(schema)) return saysJson(label) ? 'json' : 'text';
  const { type, items } = schema;
  if (type === 'array' && items !== undefined) return saysJson(label) ? 'json' : fileContent(items, label);
  const ways = textsOf(schema);
  if (ways.size === 0) return 'json';
  const isOnlyText = type === 'string';
  if (!isOnlyText && saysJson(label)) return 'json';
  return ways.has('bytes') && !(ways.has('text') && !isBinaryType(label)) ? 'bytes' : 'text';
}

function saysJson({ fileName, mediaType }: FileLabel): boolean {
  return JSON_TYPE.test(mediaType) || JSON_NAME.test(fileName);
}

/** How the texts are meant that fit a schema; empty: none fit. */
function textsOf(schema: unknown): ReadonlySet<'text' | 'bytes'> {
  if (!isMapping(schema)) return new Set(schema === false ? [] : ['text']);
  const { type, contentEncoding, oneOf, anyOf } = schema;
  if (type !== undefined && ![type].flat().includes('string')) return new Set();
  if (contentEncoding === 'base64' || contentEncoding === 'binary') return new Set(['bytes']);
  const alternatives = [oneOf, anyOf].find((each): each is unknown[] => Array.isArray(each));
  if (type === undefined && alternatives) return new Set(alternatives.flatMap((each) => [...textsOf(each)]));
  return new Set(['text']);
}

function isBinaryType({ mediaType }: FileLabel): boolean {
  return !/^text\/|[/+](?:xml|yaml|csv|javascript)\b/i.test(mediaType);
}

/** A file as a text: of what is none it is the base64. */
export function textValue(content: Exclude<FileContent, 'json'>, bytes: Buffer): string {
  return content === 'text' && isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('base64');
}
