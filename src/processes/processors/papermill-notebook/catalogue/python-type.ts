import type { JsonSchema } from '../../../schema/json-schema.js';

/** A part of an annotation: a name with arguments, alternatives, a literal, or a list in brackets. */
type Node =
  | { readonly kind: 'name'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'union'; readonly options: readonly Node[] }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly Node[] };

type Schema = Readonly<Record<string, unknown>>;

const ANYTHING: Schema = {};
const simple: Readonly<Record<string, string>> = {
  str: 'string',
  text: 'string',
  anystr: 'string',
  path: 'string',
  purepath: 'string',
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  none: 'null',
  nonetype: 'null',
};
const lists = new Set([
  'list',
  'sequence',
  'mutablesequence',
  'iterable',
  'collection',
  'set',
  'frozenset',
  'abstractset',
]);
const mappings = new Set(['dict', 'mapping', 'mutablemapping', 'ordereddict', 'defaultdict']);
/** An annotation is a text of a notebook: nothing is to be gained by one that is nested deeper. */
const DEEPEST = 20;

/**
 * The JSON Schema of values that fit a Python annotation (https://docs.python.org/3/library/typing.html), as it stands in the source or after `# type:`. What JSON cannot say, or is not known, is left open: `{}`.
 */
export function schemaOfType(annotation: string): Schema {
  const parser = new Parser(annotation);
  const node = parser.whole();
  return node ? schemaOf(node) : ANYTHING;
}

function schemaOf(node: Node): Schema {
  if (node.kind === 'union') return alternatives(node.options.map(schemaOf));
  if (node.kind === 'literal') return node.value === null ? { type: 'null' } : ANYTHING;
  if (node.kind === 'list') return ANYTHING;
  const { args } = node;
  const name = (node.name.split('.').at(-1) ?? '').toLowerCase();
  const [first, second] = args;
  if (Object.hasOwn(simple, name)) return { type: simple[name] };
  if (lists.has(name)) return { type: 'array', ...itemSchema(first) };
  if (mappings.has(name)) return { type: 'object', ...(second ? { additionalProperties: schemaOf(second) } : {}) };
  if (name === 'typeddict') return { type: 'object' };
  if (name === 'tuple') return tupleOf(args);
  if (name === 'optional' && first) return alternatives([schemaOf(first), { type: 'null' }]);
  if (name === 'union') return alternatives(args.map(schemaOf));
  if (name === 'literal') return literals(args);
  if ((name === 'annotated' || name === 'final' || name === 'classvar') && first) return schemaOf(first);
  return ANYTHING;
}

/** Of names (`Color.RED`) it does not show which values they stand for. */
function literals(args: readonly Node[]): Schema {
  const values = args.flatMap((arg) => (arg.kind === 'literal' ? [arg.value] : []));
  return values.length > 0 && values.length === args.length ? { enum: [...new Set(values)] } : ANYTHING;
}

function itemSchema(item: Node | undefined): { items?: JsonSchema } {
  const schema = item ? schemaOf(item) : ANYTHING;
  return Object.keys(schema).length > 0 ? { items: schema } : {};
}

function tupleOf(args: readonly Node[]): Schema {
  const isVariadic = args.length === 2 && args[1]?.kind === 'name' && args[1].name === '...';
  if (args.length === 0 || isVariadic) return { type: 'array', ...itemSchema(args[0]) };
  return { type: 'array', prefixItems: args.map(schemaOf), minItems: args.length, maxItems: args.length };
}

function alternatives(schemas: readonly Schema[]): Schema {
  if (schemas.length === 0 || schemas.some((schema) => Object.keys(schema).length === 0)) return ANYTHING;
  const types = schemas.map((schema) => (Object.keys(schema).length === 1 ? schema['type'] : undefined));
  if (types.every((type) => typeof type === 'string'))
    return { type: types.length === 1 ? types[0] : [...new Set(types)] };
  return { anyOf: schemas };
}

const TOKEN = /\s*(?:([A-Za-z_][\w.]*|\.\.\.)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|([[\],|]))/y;
const CONSTANTS = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** Recursive descent; what does not parse is undefined. */
class Parser {
  private readonly tokens: string[] = [];
  private at = 0;
  private readonly isReadable: boolean;

  constructor(text: string) {
    const trimmed = text.trim();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < trimmed.length) {
      const from = TOKEN.lastIndex;
      const match = TOKEN.exec(trimmed);
      if (!match) {
        TOKEN.lastIndex = from;
        break;
      }
      this.tokens.push(match[0].trim());
    }
    this.isReadable = this.tokens.length > 0 && TOKEN.lastIndex >= trimmed.length;
  }

  whole(): Node | undefined {
    if (!this.isReadable) return undefined;
    // An annotation may stand in quotes whole.
    const [only] = this.tokens;
    if (this.tokens.length === 1 && only && /^["']/.test(only)) return new Parser(only.slice(1, -1)).whole();
    const node = this.union(0);
    return node && this.at === this.tokens.length ? node : undefined;
  }

  private union(depth: number): Node | undefined {
    const options: Node[] = [];
    do {
      const node = this.primary(depth);
      if (!node) return undefined;
      options.push(node);
    } while (this.takes('|'));
    const [only] = options;
    return options.length === 1 ? only : { kind: 'union', options };
  }

  private primary(depth: number): Node | undefined {
    if (depth > DEEPEST) return undefined;
    const token = this.tokens[this.at++];
    if (token === undefined) return undefined;
    if (token === '[') {
      const items = this.list(depth);
      return items && { kind: 'list', items };
    }
    if (/^["']/.test(token)) return { kind: 'literal', value: unquoted(token) };
    if (/^-?\d/.test(token)) return { kind: 'literal', value: Number(token) };
    if (CONSTANTS.has(token)) return { kind: 'literal', value: CONSTANTS.get(token) };
    if (!/^[A-Za-z_.]/.test(token)) return undefined;
    const args = this.takes('[') ? this.list(depth) : [];
    return args && { kind: 'name', name: token, args };
  }

  /** After its opening bracket. */
  private list(depth: number): Node[] | undefined {
    const items: Node[] = [];
    while (!this.takes(']')) {
      const item = this.union(depth + 1);
      if (!item) return undefined;
      items.push(item);
      if (!this.takes(',') && this.tokens[this.at] !== ']') return undefined;
    }
    return items;
  }

  private takes(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }
}

function unquoted(token: string): string {
  return token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}
