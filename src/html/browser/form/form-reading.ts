import type { FormFault, FormFile, FormPart, ReadingWays, ReadRequest } from './form-part.js';
import { isObject, linesOf, readScalar } from './form-scalars.js';
import {
  alternativeName,
  BOX_PARTS,
  controlName,
  type FormShape,
  type InputShape,
  memberName,
  MOST_ROWS,
  pointerTo,
  type Shape,
} from './form-shape.js';

/** What was left empty is not there; what is no number where one is expected stays text, so that the validation names it. */
export function readParts(form: FormShape, parts: readonly FormPart[], ways: ReadingWays): ReadRequest {
  const reading = new Reading(parts, ways);
  const inputs: [string, unknown][] = [];
  for (const input of form.inputs) {
    const value = reading.input(input);
    if (value !== undefined) inputs.push([input.id, value]);
  }
  const others = reading.json('more.inputs', '/inputs');
  const outputs = reading.json('more.outputs', '/outputs') ?? reading.outputs(form.outputs);
  const subscriber = reading.members('more.subscriber.', SUBSCRIBER);
  const tags = reading.linesIn('more.tags');
  const request = {
    inputs: { ...(isObject(others) ? others : {}), ...Object.fromEntries(inputs) },
    ...(outputs === undefined ? {} : { outputs }),
    ...reading.members('more.', ['response', 'mode']),
    ...(Object.keys(subscriber).length > 0 ? { subscriber } : {}),
    ...(tags.length > 0 ? { tags } : {}),
  };
  return { request, faults: reading.faults };
}

export const SUBSCRIBER = ['successUri', 'inProgressUri', 'failedUri'] as const;

/** Deeper names are no one's, and would cost more than they are long. */
const DEEPEST = 12;

class Reading {
  readonly faults: FormFault[] = [];
  private readonly texts = new Map<string, string[]>();
  private readonly files = new Map<string, FormFile[]>();
  /** Every name that there is, and those that they are beneath. */
  private readonly places = new Set<string>();

  constructor(
    parts: readonly FormPart[],
    private readonly ways: ReadingWays,
  ) {
    for (const part of parts) {
      if ('file' in part) add(this.files, part.name, part.file);
      else if (part.text !== '') {
        add(this.texts, part.name, part.text);
        this.addPlaces(part.name);
      }
    }
  }

  /** The value of an input; undefined: it was not given. */
  input({ id, shape, initial }: InputShape): unknown {
    const name = controlName([id]);
    const pointer = pointerTo('/inputs', id);
    const files = this.files.get(name) ?? [];
    const links = this.textsOf(`${name}.href`);
    const [type] = this.textsOf(`${name}.type`);
    const byControls = this.value(shape, name, pointer);
    const json = this.textsOf(`${name}.json`);
    const given: [string, () => unknown][] = [];
    if (files.length > 0) given.push(['a file', () => ofFiles(files, shape)]);
    if (json.length > 0) given.push(['JSON', () => this.parsed(json, pointer)]);
    if (links.length > 0)
      given.push(['an address', () => one(links.map((href) => ({ href, ...(type === undefined ? {} : { type }) })))]);
    // What the controls showed at first was filled in by nobody.
    const isFilled = byControls !== undefined && (given.length === 0 || JSON.stringify(byControls) !== initial);
    if (isFilled) given.push(['its own field', () => byControls]);
    if (given.length > 1)
      this.blame(pointer, `must be given in one way, not as ${given.map(([way]) => way).join(' and as ')}`);
    return given.length === 1 ? given[0]?.[1]() : undefined;
  }

  json(name: string, pointer: string): unknown {
    const texts = this.textsOf(`${name}.json`);
    if (texts.length === 0) return undefined;
    const value = this.parsed(texts, pointer);
    if (value !== undefined && !isObject(value)) this.blame(pointer, 'must be an object');
    return isObject(value) ? value : undefined;
  }

  /** Those that were chosen; undefined: none, which asks for all. */
  outputs(ids: readonly string[]): unknown {
    const chosen = ids.filter((id) => this.textsOf(`more.output.${id}`).length > 0);
    if (chosen.length === 0) return undefined;
    return Object.fromEntries(
      chosen.map((id) => {
        const [transmissionMode] = this.textsOf(`more.transmission.${id}`);
        return [id, transmissionMode === undefined ? {} : { transmissionMode }];
      }),
    );
  }

  members(prefix: string, keys: readonly string[]): Record<string, string> {
    const entries = keys.flatMap((key) => this.textsOf(prefix + key).map((text) => [key, text] as const));
    return Object.fromEntries(entries);
  }

  linesIn(name: string): readonly string[] {
    return this.textsOf(name)
      .flatMap(linesOf)
      .map((line) => line.trim());
  }

  /** @returns undefined: it was left empty */
  value(shape: Shape, name: string, pointer: string): unknown {
    switch (shape.kind) {
      case 'json':
      case 'geometry':
        return this.parsed(this.textsOf(name), pointer);
      case 'choices':
        return this.chosen(shape.choices, name, pointer);
      case 'lines':
        return this.lines(shape.item, name);
      case 'bbox':
        return this.box(name) ?? this.plain(shape, name, pointer);
      case 'group':
        return this.group(shape.members, name, pointer) ?? this.plain(shape, name, pointer);
      case 'alternatives':
        return this.alternative(shape.alternatives, name, pointer) ?? this.plain(shape, name, pointer);
      case 'repeat': {
        const rows = this.rows(shape.item, name, pointer);
        return rows.length > 0 ? rows.map(([, value]) => value) : this.plain(shape, name, pointer);
      }
      case 'date-time': {
        const [zone] = this.textsOf(`${name}.zone`);
        return one(this.textsOf(name).map((text) => readScalar(shape, text, this.ways, zone)));
      }
      default:
        return one(this.textsOf(name).map((text) => readScalar(shape, text, this.ways)));
    }
  }

  /** The rows that were filled in, and what. */
  rows(item: Shape, name: string, pointer: string): [row: number, value: unknown][] {
    const filled: [number, unknown][] = [];
    for (let row = 0; row < MOST_ROWS; row++) {
      const rowName = memberName(name, row);
      if (!this.places.has(rowName)) continue;
      const value = this.value(item, rowName, pointerTo(pointer, filled.length));
      if (value !== undefined) filled.push([row, value]);
    }
    return filled;
  }

  /** Which alternative is meant: the chosen one, or the only one that was filled in. */
  meant(alternatives: readonly Shape[], name: string, pointer: string): [at: number, value: unknown][] {
    const [choice] = this.textsOf(`${name}.choice`);
    const found = alternatives.flatMap((shape, at) => {
      const alternative = alternativeName(name, at);
      if (!this.places.has(alternative)) return [];
      const before = this.faults.length;
      const value = this.value(shape, alternative, pointer);
      const faults = this.faults.splice(before);
      return value === undefined && faults.length === 0 ? [] : [{ at, value, faults }];
    });
    const chosen = found.filter(({ at }) => String(at) === choice);
    // What is wrong with what is not meant is nothing to anybody.
    const meant = chosen.length > 0 ? chosen : found;
    this.faults.push(...meant.flatMap(({ faults }) => faults));
    return meant.map(({ at, value }) => [at, value]);
  }

  private alternative(alternatives: readonly Shape[], name: string, pointer: string): unknown {
    const meant = this.meant(alternatives, name, pointer);
    if (meant.length > 1) this.blame(pointer, 'must be given in one way: choose which');
    return meant.length === 1 ? meant[0]?.[1] : undefined;
  }

  private group(members: readonly (readonly [string, Shape])[], name: string, pointer: string): unknown {
    if (!this.places.has(name)) return undefined;
    const entries = members.flatMap(([key, shape]): [string, unknown][] => {
      const value = this.value(shape, memberName(name, key), pointerTo(pointer, key));
      return value === undefined ? [] : [[key, value]];
    });
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }

  /** A number that is missing is null, for the validation to refuse it. */
  private box(name: string): unknown {
    const numbers = BOX_PARTS.map((part) =>
      one(
        this.textsOf(memberName(memberName(name, 'bbox'), part)).map((text) =>
          readScalar({ kind: 'number' }, text, this.ways),
        ),
      ),
    );
    const [crs] = this.textsOf(memberName(name, 'crs'));
    if (numbers.every((number) => number === undefined)) return undefined;
    const isFlat = numbers[2] === undefined && numbers[5] === undefined;
    const bbox = numbers.filter((_, at) => !isFlat || at % 3 !== 2).map((number) => number ?? null);
    return { bbox, ...(crs === undefined ? {} : { crs }) };
  }

  private chosen(choices: readonly string[], name: string, pointer: string): unknown {
    const texts = this.textsOf(name);
    if (texts.length === 0) return undefined;
    const [only = ''] = texts;
    if (texts.length === 1 && /^\s*\[/.test(only) && !choices.includes(only)) return this.parsed(texts, pointer);
    return texts.map((text) => readScalar({ kind: 'choice', choices }, text, this.ways));
  }

  private lines(item: Extract<Shape, { kind: 'lines' }>['item'], name: string): unknown {
    const texts = this.textsOf(name);
    if (texts.length === 0) return undefined;
    const [only = ''] = texts;
    if (texts.length > 1) return texts.map((text) => readScalar(item, text, this.ways));
    const list = /^\s*\[/.test(only) ? this.listIn(only) : undefined;
    if (list) return list;
    const lines = linesOf(only);
    return lines.length === 0 ? undefined : lines.map((line) => readScalar(item, line, this.ways));
  }

  /** Undefined: it is no JSON, and a text that begins so. */
  private listIn(text: string): unknown[] | undefined {
    try {
      const value = this.ways.parseJson(text);
      return Array.isArray(value) ? (value as unknown[]) : undefined;
    } catch {
      return undefined;
    }
  }

  private plain(shape: Shape, name: string, pointer: string): unknown {
    return this.readEach(this.textsOf(name), pointer, (text) => this.ways.readPlain(shape, text));
  }

  private parsed(texts: readonly string[], pointer: string): unknown {
    return this.readEach(texts, pointer, (text) => this.ways.parseJson(text));
  }

  private readEach(texts: readonly string[], pointer: string, read: (text: string) => unknown): unknown {
    const values = texts.flatMap((text) => {
      try {
        return [read(text)];
      } catch (error) {
        this.blame(pointer, `must be JSON (${(error as Error).message})`);
        return [];
      }
    });
    return one(values);
  }

  private blame(pointer: string, message: string): void {
    this.faults.push({ pointer, message });
  }

  private textsOf(name: string): readonly string[] {
    return this.texts.get(name) ?? [];
  }

  private addPlaces(name: string): void {
    let end = -1;
    for (let depth = 0; depth < DEEPEST; depth++) {
      end = name.indexOf('/', end + 1);
      if (end < 0) break;
      this.places.add(name.slice(0, end));
    }
    this.places.add(name);
    // `input.a/0.choice` and the like: something of that row.
    const last = name.lastIndexOf('.');
    if (last > name.lastIndexOf('/')) this.places.add(name.slice(0, last));
  }
}

/** The rows of a repeated part that were filled in, and of alternatives the one that is meant. */
export function filledIn(parts: readonly FormPart[], ways: ReadingWays): Pick<Reading, 'rows' | 'meant'> {
  return new Reading(parts, ways);
}

function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const known = map.get(name);
  if (known) known.push(value);
  else map.set(name, [value]);
}

/** A file that is no array is an item of one, where an array is expected. */
function ofFiles(files: readonly FormFile[], { kind }: Shape): unknown {
  const isList = kind === 'lines' || kind === 'choices' || kind === 'repeat';
  const values = files.map(({ value }) => value);
  return isList && !files[0]?.isArray ? values : one(values);
}

/** Several values where one is expected are a list, which the validation refuses where it is none. */
function one(values: readonly unknown[]): unknown {
  return values.length > 1 ? values : values[0];
}
