import { objectFormatOf } from '../../processes/schema/ogc-formats.js';
import { isSecretName } from '../../processes/schema/secrets.js';
import {
  type ChoiceShape,
  type InputShape,
  MOST_ROWS,
  type ScalarShape,
  type Shape,
} from '../browser/form/form-shape.js';

type Members = Readonly<Record<string, unknown>>;

/** Controls that a form has for what lies within inputs; beyond that, JSON is typed. */
const MOST_CONTROLS = 300;
const DEEPEST = 3;
const MOST_MEMBERS = 20;
const MOST_ALTERNATIVES = 8;
/** Of a list to choose from, and of check boxes. */
const MOST_CHOICES = 500;
const MOST_BOXES = 50;

/** How the inputs of a process are filled in: by controls of their own as far as their schemas are of a known kind, else as JSON. */
export function inputShapes(inputs: Readonly<Record<string, Members>>): InputShape[] {
  const shaping = new Shaping();
  return Object.entries(inputs).map(([id, input]) => {
    const shape = shaping.ofInput(id, input);
    const fallback = membersOf(input['schema'])['default'];
    return { id, shape, ...(fallback === undefined ? {} : { initial: JSON.stringify(fallback) }) };
  });
}

class Shaping {
  private left = MOST_CONTROLS;

  ofInput(id: string, { schema, maxOccurs }: Members): Shape {
    const most = maxOccurs === 'unbounded' ? Infinity : (numberOf(maxOccurs) ?? 1);
    const key = isSecretName(id) ? id : '';
    return most <= 1 ? this.of(schema, key, 0) : (this.several(schema, schema, most, key, 0) ?? json(schema));
  }

  /** @param key what the value stands under */
  private of(given: unknown, key: string, depth: number): Shape {
    const schema = withoutNull(membersOf(given));
    if (this.left <= 0 || depth > DEEPEST) return json(given);
    return this.special(schema) ?? this.choice(schema) ?? this.composed(schema, key, depth) ?? json(given);
  }

  /** What has a format of its own. */
  private special(schema: Members): Shape | undefined {
    const format = typeof schema['format'] === 'string' ? objectFormatOf(schema['format']) : undefined;
    if (format === 'ogc-bbox' || listOf(schema['allOf']).some(isBox) || isBox(schema)) {
      this.left -= 7;
      return { kind: 'bbox', schema };
    }
    if (format === 'ogc-link') return this.of({ ...LINK, title: schema['title'] }, '', 1);
    return format === undefined ? undefined : this.counted({ kind: 'geometry', schema });
  }

  private choice(schema: Members): Shape | undefined {
    const values = choicesOf(schema);
    if (!values) return undefined;
    if (values.length <= MOST_CHOICES) {
      this.left -= values.length <= 5 ? values.length : 1;
      return { kind: 'choice', choices: values.map((value) => JSON.stringify(value)), schema };
    }
    return values.every((value) => typeof value === 'string') ? this.counted({ kind: 'text', schema }) : undefined;
  }

  private composed(schema: Members, key: string, depth: number): Shape | undefined {
    const alternatives = alternativesOf(schema);
    if (alternatives) return this.oneOf(schema, alternatives, key, depth);
    if (schema['allOf'] !== undefined || schema['$ref'] !== undefined) return undefined;
    const type = schema['type'] ?? (schema['properties'] === undefined ? undefined : 'object');
    switch (type) {
      case 'boolean':
      case 'number':
      case 'integer':
        return this.counted({ kind: type as 'number', schema });
      case 'string':
        return this.counted({ kind: textKind(schema, key), schema });
      case 'array':
        return this.several(schema, schema['items'], numberOf(schema['maxItems']) ?? Infinity, key, depth);
      case 'object':
        return this.group(schema, key, depth);
      default:
        return undefined;
    }
  }

  private counted<T extends Shape>(shape: T): T {
    this.left -= 1;
    return shape;
  }

  private oneOf(schema: Members, alternatives: readonly unknown[], key: string, depth: number): Shape | undefined {
    if (alternatives.length > MOST_ALTERNATIVES) return undefined;
    const [only] = alternatives;
    const { oneOf: _oneOf, anyOf: _anyOf, ...others } = schema;
    if (alternatives.length === 1) return this.of({ ...others, ...membersOf(only) }, key, depth + 1);
    const shapes = alternatives.map((alternative) => this.of(alternative, key, depth + 1));
    return shapes.every(({ kind }) => kind === 'json')
      ? undefined
      : { kind: 'alternatives', alternatives: shapes, schema };
  }

  private group(schema: Members, key: string, depth: number): Shape | undefined {
    const entries = Object.entries(membersOf(schema['properties']));
    if (entries.length === 0 || entries.length > MOST_MEMBERS || depth >= DEEPEST) return undefined;
    const required = listOf(schema['required']).filter((one) => typeof one === 'string');
    if (required.some((name) => !entries.some(([known]) => known === name))) return undefined;
    const members = entries.map(
      ([name, member]) => [name, this.of(member, isSecretName(name) ? name : key, depth + 1)] as const,
    );
    return { kind: 'group', members, required, schema };
  }

  /** Values of a schema in an array. */
  private several(schema: unknown, items: unknown, most: number, key: string, depth: number): Shape | undefined {
    if (items === undefined || Array.isArray(items) || depth >= DEEPEST) return undefined;
    const item = this.of(items, key, depth + 1);
    if (item.kind === 'choice' && item.choices.length <= MOST_BOXES)
      return { kind: 'choices', choices: item.choices, schema };
    const line = ofLine(item);
    if (line) return { kind: 'lines', item: line, schema };
    const isUnreadable = item.kind === 'json' || item.kind === 'lines' || item.kind === 'choices';
    return isUnreadable || item.kind === 'repeat' || item.kind === 'long-text'
      ? undefined
      : { kind: 'repeat', item, most: Math.min(most, MOST_ROWS), schema };
  }
}

function ofLine(shape: Shape): ScalarShape | ChoiceShape | undefined {
  const kinds = ['text', 'url', 'date', 'date-time', 'number', 'integer', 'boolean', 'choice'];
  return kinds.includes(shape.kind) ? (shape as ScalarShape | ChoiceShape) : undefined;
}

function json(schema: unknown): ScalarShape {
  return { kind: 'json', schema };
}

function textKind(schema: Members, key: string): ScalarShape['kind'] {
  if (key !== '') return 'password';
  if (schema['contentMediaType'] !== undefined || schema['contentEncoding'] !== undefined) return 'long-text';
  switch (schema['format']) {
    case 'date':
    case 'date-time':
      return schema['format'];
    case 'uri':
    case 'url':
      return 'url';
    default:
      return 'text';
  }
}

/** The values that there are; undefined: any. */
function choicesOf(schema: Members): readonly unknown[] | undefined {
  const { enum: values, const: only } = schema;
  const chosen = listOf(values).filter((value) => value !== null);
  if (chosen.length > 0) return chosen;
  if (only !== undefined) return [only];
  const alternatives = alternativesOf(schema);
  const constants = alternatives?.flatMap((one) => membersOf(one)['const'] ?? []);
  return constants && constants.length > 0 && constants.length === alternatives?.length ? constants : undefined;
}

export function alternativesOf({ oneOf, anyOf }: Members): readonly unknown[] | undefined {
  const alternatives = listOf(oneOf ?? anyOf).filter((one) => membersOf(one)['type'] !== 'null');
  return alternatives.length > 0 ? alternatives : undefined;
}

/** A control that is left empty is no input, so that null need not be chosen. */
function withoutNull(schema: Members): Members {
  const { type } = schema;
  if (!Array.isArray(type)) return schema;
  const types = type.filter((one) => one !== 'null');
  return types.length === 1 ? { ...schema, type: types[0] } : { ...schema, type: undefined, properties: undefined };
}

const BOX_REFERENCE = /\/bbox\.ya?ml$/;

function isBox(schema: unknown): boolean {
  const { format, $ref } = membersOf(schema);
  if (typeof format === 'string' && objectFormatOf(format) === 'ogc-bbox') return true;
  return typeof $ref === 'string' && BOX_REFERENCE.test($ref);
}

/** Of OGC API - Processes 1.0 (link.yaml). */
const LINK = {
  type: 'object',
  required: ['href'],
  properties: {
    href: { type: 'string', format: 'uri' },
    type: { type: 'string' },
    rel: { type: 'string' },
    title: { type: 'string' },
  },
};

export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
