import { isMapping } from '../../config/validation.js';
import type { OutputDescription } from './process-description.js';

/** In which formats an output can be asked for. */
export interface OfferedFormats {
  /** Empty: the description does not say; any can be asked for. */
  readonly mediaTypes: readonly string[];
  readonly encodings: readonly string[];
  readonly hasMediaType: (asked: string) => boolean;
  readonly hasEncoding: (asked: string) => boolean;
}

type Members = Readonly<Record<string, unknown>>;

/** The schema, and where it offers several by `oneOf` or `anyOf`, those in place of it. */
export function alternativesOf(output: OutputDescription | undefined): readonly Members[] {
  const schema = output && isMapping(output.schema) ? output.schema : {};
  const offered = [schema['oneOf'], schema['anyOf']].flatMap((list) => (Array.isArray(list) ? list : []));
  return offered.length > 0
    ? offered.map((item: unknown) => (isMapping(item) ? { ...schema, ...item } : schema))
    : [schema];
}

/**
 * What the schema of an output says (OGC API - Processes 1.0, section 7.6.2): the media types that it names; of those that it does not name, plain text for strings and
 * JSON for all other types. A schema that leaves the type open offers any.
 * @param mimetype of results where the job does not say its own
 */
export function offeredFormats(output: OutputDescription | undefined, mimetype: string): OfferedFormats {
  const alternatives = alternativesOf(output);
  const types = alternatives.map(mediaTypeOf);
  const isOpen = types.includes(undefined);
  const mediaTypes = isOpen ? [] : [...new Set([...types.filter((type) => type !== undefined), mimetype])];
  const isBinary = alternatives.some(({ contentEncoding }) => typeof contentEncoding === 'string');
  const encodings = isBinary ? ['base64', 'binary'] : ['utf-8'];
  return {
    mediaTypes,
    encodings,
    hasMediaType: (asked) => isOpen || mediaTypes.some((offered) => isSame(asked, offered)),
    hasEncoding: (asked) => isOpen || encodings.includes(asked.toLowerCase().replace(/^utf8$/, 'utf-8')),
  };
}

function mediaTypeOf({ type, contentMediaType }: Members): string | undefined {
  if (typeof contentMediaType === 'string') return contentMediaType;
  if (typeof type !== 'string') return undefined;
  return type === 'string' ? 'text/plain' : 'application/json';
}

/** What is asked for without parameters is offered with any. */
function isSame(asked: string, offered: string): boolean {
  const [one, other] = [normalized(asked), normalized(offered)];
  return one === other || (!one.includes(';') && one === other.split(';', 1)[0]);
}

function normalized(mediaType: string): string {
  return mediaType
    .toLowerCase()
    .replace(/\s*;\s*/g, ';')
    .trim();
}
