/** Shapes of English sentences by what they are in another language. */
export type Shapes = Readonly<Record<string, string>>;

export interface Phrases {
  /** What may be all of a message. */
  readonly sentences: Shapes;
  /** What only stands within one: too short to be told from what somebody else has written. */
  readonly parts: Shapes;
}

/**
 * How a place of a shape is taken: as it is; `+`: said in the other language, where it is known there; `!`: known there, else it is not this
 * shape; `,`: a list of such; `#`: a value as JSON has it, else it is not this shape.
 */
type Taking = '' | '+' | '!' | ',' | '#';

interface Shape {
  /** What stands before, between and behind the places. */
  readonly literals: readonly string[];
  readonly places: readonly { readonly name: string; readonly taking: Taking }[];
  readonly translated: string;
}

const PLACE = /\{(\d)([+!,#]?)\}/;
/** Of what is said within what is said. */
const DEEPEST = 6;
/** What divides a list, and in what language. */
const DIVIDERS = /(, or | or |; | and )/;
const VALUE = /^(?:["\d[{§-]|true\b|false\b|null\b)/;

/** Translates what is made of known shapes, in a time that grows as its length does. */
export class Translation {
  private readonly sentences: readonly Shape[];
  private readonly all: readonly Shape[];

  /** @param dividers what divides lists, in the other language */
  constructor(
    { sentences, parts }: Phrases,
    private readonly dividers: Readonly<Record<string, string>>,
  ) {
    this.sentences = shapesOf(sentences);
    this.all = shapesOf({ ...sentences, ...parts });
  }

  /** @returns undefined where nothing of it is known */
  of(text: string): string | undefined {
    return this.said(text, this.sentences, 0);
  }

  /** Likewise of what only stands within a message. */
  ofPart(text: string): string | undefined {
    return this.said(text, this.all, 0);
  }

  private said(text: string, shapes: readonly Shape[], depth: number): string | undefined {
    if (depth > DEEPEST) return undefined;
    for (const shape of shapes) {
      const values = valuesIn(text, shape);
      const said = values?.map((value, at) => this.taken(value, shape.places[at]?.taking ?? '', depth + 1));
      if (!said || said.includes(undefined)) continue;
      return shape.translated.replace(/\{(\d)\}/g, (_, name: string) => {
        const at = shape.places.findIndex((place) => place.name === name);
        return said[at] ?? '';
      });
    }
    return undefined;
  }

  private taken(value: string, taking: Taking, depth: number): string | undefined {
    if (taking === '') return value;
    if (taking === '#') return VALUE.test(value) ? this.listed(value, depth) : undefined;
    if (taking === ',') return this.listed(value, depth);
    return this.said(value, this.all, depth) ?? (taking === '+' ? value : undefined);
  }

  private listed(value: string, depth: number): string {
    const whole = this.said(value, this.all, depth);
    if (whole !== undefined) return whole;
    const pieces = value.split(DIVIDERS);
    return pieces
      .map((piece, at) =>
        at % 2 === 1 ? (this.dividers[piece] ?? piece) : (this.said(piece, this.all, depth) ?? piece),
      )
      .join('');
  }
}

/** Those that know what stands at their places first, above all at their beginning; then those that say more. */
function shapesOf(shapes: Shapes): Shape[] {
  return Object.entries(shapes)
    .map(([english, translated]) => {
      const [first = '', ...rest] = english.split(PLACE);
      const literals = [first];
      const places: { name: string; taking: Taking }[] = [];
      for (let at = 0; at < rest.length; at += 3) {
        places.push({ name: rest[at] ?? '', taking: (rest[at + 1] ?? '') as Taking });
        literals.push(rest[at + 2] ?? '');
      }
      return { literals, places, translated };
    })
    .sort((a, b) => knownIn(b) - knownIn(a) || lengthOf(b) - lengthOf(a));
}

function knownIn({ literals, places }: Shape): number {
  const begins = literals[0] === '' && places[0]?.taking === '!';
  return places.filter(({ taking }) => taking === '!').length + (begins ? places.length : 0);
}

function lengthOf({ literals }: Shape): number {
  return literals.join('').length;
}

/** What stands at the places, each up to where the next literal comes first; undefined where the text has another shape. */
function valuesIn(text: string, { literals }: Shape): string[] | undefined {
  const first = literals[0] ?? '';
  const last = literals.at(-1) ?? '';
  if (literals.length === 1) return text === first ? [] : undefined;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return undefined;
  const end = text.length - last.length;
  const values: string[] = [];
  let at = first.length;
  for (const literal of literals.slice(1, -1)) {
    const next = text.indexOf(literal, at);
    if (next === -1 || next + literal.length > end) return undefined;
    values.push(text.slice(at, next));
    at = next + literal.length;
  }
  return [...values, text.slice(at, end)];
}
