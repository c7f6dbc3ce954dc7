// What a form is to whoever reads it, on the server and in the browser: no DOM, no Node.

/** How one value is filled in. Values of `choices` are JSON texts. */
export type Shape = ScalarShape | ChoiceShape | ListShape | BoxShape | GroupShape | AlternativesShape | RepeatShape;

/** The schema that it was made of; only on the server. */
interface Made {
  readonly schema?: unknown;
}
export interface ScalarShape extends Made {
  readonly kind:
    | 'text'
    | 'long-text'
    | 'password'
    | 'url'
    | 'date'
    | 'date-time'
    | 'number'
    | 'integer'
    | 'boolean'
    /** A text area whose text is JSON; `geometry`: GeoJSON. */
    | 'json'
    | 'geometry';
}
export interface ChoiceShape extends Made {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}
/** An array: of what is chosen, or of what stands in the lines of a text. */
export type ListShape = Made &
  (
    | { readonly kind: 'choices'; readonly choices: readonly string[] }
    | { readonly kind: 'lines'; readonly item: ScalarShape | ChoiceShape }
  );
/** A bounding box. */
export interface BoxShape extends Made {
  readonly kind: 'bbox';
}
/** An object. */
export interface GroupShape extends Made {
  readonly kind: 'group';
  readonly members: readonly (readonly [key: string, shape: Shape])[];
  /** Keys that must be there. */
  readonly required: readonly string[];
}
/** One of several. */
export interface AlternativesShape extends Made {
  readonly kind: 'alternatives';
  readonly alternatives: readonly Shape[];
}
/** An array of what takes more than a line. */
export interface RepeatShape extends Made {
  readonly kind: 'repeat';
  readonly item: Shape;
  readonly most: number;
}

/** An input of a process. */
export interface InputShape {
  readonly id: string;
  readonly shape: Shape;
  /** JSON text of the schema's default, which its controls show at first. */
  readonly initial?: string;
}

/** The form of a process. */
export interface FormShape {
  readonly inputs: readonly InputShape[];
  /** Ids of the outputs that can be chosen. */
  readonly outputs: readonly string[];
}

/** Of a repeated part: rows that are read. */
export const MOST_ROWS = 50;

/** Where the numbers of a bounding box stand in it, without heights and with them. */
export const BOX_PARTS = ['minx', 'miny', 'minz', 'maxx', 'maxy', 'maxz'] as const;

const INPUT = 'input.';
const SUFFIX = /\.(?:json|href|type|choice|zone)$/;

/**
 * Names of controls: `input.ID` of an input, `input.ID/MEMBER` of a member of its value, at any depth, as in a JSON Pointer; `/~aN`
 * of the N-th alternative; beside each `.json`, `.href`, `.type` (of what is at the address), `.choice` (of the alternatives), `.zone`
 * (of a time). In ids and members `~` is `~0` and `/` is `~1`, and the point of an ending that is one of those is `~2`: no two places
 * share a name.
 * @param place ID and members of the value
 */
export function controlName([id = '', ...members]: readonly string[]): string {
  return INPUT + [encoded(id), ...members.map(encoded)].join('/');
}

/** The inverse of {@link controlName}; undefined: no name of an input, or that of something beside one. */
export function placeOf(name: string): string[] | undefined {
  if (!name.startsWith(INPUT)) return undefined;
  const parts = name.slice(INPUT.length).split('/');
  if (parts.some((part) => SUFFIX.test(part) || /~(?![012])/.test(part))) return undefined;
  return parts.map((part) => part.replace(/~([012])/g, (_, digit: string) => ['~', '/', '.'][Number(digit)] ?? ''));
}

export function memberName(name: string, key: string | number): string {
  return `${name}/${encoded(String(key))}`;
}

export function alternativeName(name: string, at: number): string {
  return `${name}/~a${at}`;
}

function encoded(part: string): string {
  const escaped = part.replace(/~/g, '~0').replace(/\//g, '~1');
  return escaped.replace(SUFFIX, (ending) => `~2${ending.slice(1)}`);
}

/** The place of a member of what stands at another place: a JSON Pointer (RFC 6901). */
export function pointerTo(base: string, key: string | number): string {
  return `${base}/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}
