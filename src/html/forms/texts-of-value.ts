import { ExactNumber } from '../../json/exact-number.js';
import {
  alternativeName,
  BOX_PARTS,
  type ChoiceShape,
  memberName,
  MOST_ROWS,
  type ScalarShape,
  type Shape,
} from '../browser/form/form-shape.js';

type Members = Readonly<Record<string, unknown>>;

/** A control by its name, and what stands in it; of several, as many. */
export type NamedText = readonly [name: string, text: string];

/** What stands in the controls of a shape for a value; undefined: they cannot say it. Whether they say just that the reader finds. */
export function textsOf(shape: Shape, value: unknown, name: string): NamedText[] | undefined {
  switch (shape.kind) {
    case 'choices':
      return Array.isArray(value) && value.length > 0
        ? value.map((item) => [name, JSON.stringify(item)] as const)
        : undefined;
    case 'lines':
      return linesOf(shape.item, value, name);
    case 'bbox':
      return boxOf(value, name);
    case 'group':
      return groupOf(shape.members, value, name);
    case 'alternatives':
      return alternativeOf(shape.alternatives, value, name);
    case 'repeat':
      return Array.isArray(value) && value.length > 0 && value.length <= MOST_ROWS
        ? all(value.map((item, row) => textsOf(shape.item, item, memberName(name, row))))
        : undefined;
    case 'date-time': {
      const [, local, zone] = MOMENT.exec(typeof value === 'string' ? value : '') ?? [];
      return local === undefined || zone === undefined
        ? undefined
        : [
            [name, local],
            [`${name}.zone`, zone],
          ];
    }
    default: {
      const text = textOf(shape, value);
      return text === undefined ? undefined : [[name, text]];
    }
  }
}

/** As a picker has it; a form sends no seconds that are 0, and no more than thousandths. */
const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,2}[1-9])?)(Z|[+-]\d\d:\d\d)$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** What a control of one line loses, or a form changes: ends of lines, other controls, half characters. */
const LOST_IN_LINE = /[\p{Cc}\p{Cs}]/u;
const LOST_IN_TEXT = /[\0\r\p{Cs}]/u;

function textOf(shape: ScalarShape | ChoiceShape, value: unknown): string | undefined {
  switch (shape.kind) {
    case 'json':
    case 'geometry':
      return JSON.stringify(value, undefined, 2);
    case 'number':
    case 'integer':
      return typeof value === 'number' || value instanceof ExactNumber ? JSON.stringify(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'choice': {
      const text = JSON.stringify(value);
      return shape.choices.includes(text) ? text : undefined;
    }
    case 'date':
      return typeof value === 'string' && DAY.test(value) ? value : undefined;
    case 'long-text':
      return typeof value === 'string' && !LOST_IN_TEXT.test(value) ? value : undefined;
    case 'url':
      return typeof value === 'string' && value.trim() === value && !LOST_IN_LINE.test(value) ? value : undefined;
    default:
      return typeof value === 'string' && !LOST_IN_LINE.test(value) ? value : undefined;
  }
}

function linesOf(item: ScalarShape | ChoiceShape, value: unknown, name: string): NamedText[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const lines = value.map((one) => (item.kind === 'date-time' ? textOf({ kind: 'text' }, one) : textOf(item, one)));
  return lines.every((line) => line !== undefined) ? [[name, lines.join('\n')]] : undefined;
}

function boxOf(value: unknown, name: string): NamedText[] | undefined {
  const { bbox, crs, ...others } = membersOf(value);
  if (!Array.isArray(bbox) || (bbox.length !== 4 && bbox.length !== 6) || Object.keys(others).length > 0)
    return undefined;
  const parts = BOX_PARTS.filter((_, at) => bbox.length === 6 || at % 3 !== 2);
  const numbers = parts.map((part, at) =>
    textsOf({ kind: 'number' }, bbox[at], memberName(memberName(name, 'bbox'), part)),
  );
  return all(crs === undefined ? numbers : [...numbers, textsOf({ kind: 'url' }, crs, memberName(name, 'crs'))]);
}

function groupOf(
  members: readonly (readonly [string, Shape])[],
  value: unknown,
  name: string,
): NamedText[] | undefined {
  const given = membersOf(value);
  if (Object.keys(given).length === 0 || Object.keys(given).some((key) => !members.some(([known]) => known === key)))
    return undefined;
  return all(
    members
      .filter(([key]) => Object.hasOwn(given, key))
      .map(([key, shape]) => textsOf(shape, given[key], memberName(name, key))),
  );
}

/** JSON takes anything, so it comes last. */
function alternativeOf(alternatives: readonly Shape[], value: unknown, name: string): NamedText[] | undefined {
  const order = [...alternatives.entries()].sort(([, one], [, other]) => generality(one) - generality(other));
  for (const [at, shape] of order) {
    const texts = fits(shape, value) ? textsOf(shape, value, alternativeName(name, at)) : undefined;
    if (texts) return [[`${name}.choice`, String(at)], ...texts];
  }
  return undefined;
}

function generality({ kind }: Shape): number {
  return kind === 'json' ? 2 : kind === 'geometry' || kind === 'long-text' ? 1 : 0;
}

function fits({ kind }: Shape, value: unknown): boolean {
  return kind !== 'geometry' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

function all(texts: readonly (NamedText[] | undefined)[]): NamedText[] | undefined {
  return texts.every((each) => each !== undefined) ? texts.flat() : undefined;
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
    ? (value as Members)
    : {};
}
