import { createHash } from 'node:crypto';
import { MASK, type Omitted } from '../../processes/request/marks.js';
import { maskSecrets } from '../../processes/schema/secrets.js';

/** As much of inputs as has room. */
export interface FittedInputs {
  /** The inputs that are left, as JSON; those that are too large are {@link Omitted}. */
  readonly text: string;
  /** The JSON of what is omitted, secrets in it {@link MASK}, in the order of the text, the rest last, as an object. */
  readonly omitted: readonly string[];
  /** Inputs that are not in it, where not even all of their names have room. */
  readonly rest?: OmittedInputs;
}

/** How many inputs are not named, and size and digest, as those of {@link Omitted}, of the JSON object of them. */
export type OmittedInputs = Omitted['omitted'] & { readonly count: number };

/** One input on its way. */
interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly json: string;
  /** Bytes that it takes, and that it would take with a mark in place of its value. */
  readonly size: number;
  readonly markedSize: number;
  /** What is omitted, where it is; made when it is wanted. */
  omitted?: { readonly json: string; readonly mark: string };
}

/** What is longer is omitted anyway, and not read any further to know how long it is. */
const LONG = 64 * 1024;

/**
 * Inputs, secrets `*`, that have to fit where there may be little room. In what is omitted secrets are {@link MASK}, so that it is
 * refused where it is
 * sent again as it is.
 */
export class FittableInputs {
  private readonly entries: readonly Entry[];

  constructor(inputs: Readonly<Record<string, unknown>>) {
    this.entries = Object.entries(inputs).map(([name, value]) => entryOf(name, value));
  }

  /**
   * The largest are omitted first, as long as the rest does not fit; of those whose marks are too many the first are left. Takes n log n
   * for n
   * inputs.
   * @param room bytes that the text may take as a text within JSON, without its quotes; 2 to 65536
   */
  fit(room: number): FittedInputs {
    const { entries } = this;
    // The braces, less one comma too many.
    let size = 1 + entries.reduce((sum, entry) => sum + entry.size, 0);
    if (size <= room || entries.length === 0) return { text: textOf(entries), omitted: [] };
    const marked = new Set<Entry>();
    for (const entry of entries.toSorted((one, other) => other.size - one.size)) {
      if (size <= room) break;
      if (entry.markedSize >= entry.size) continue;
      marked.add(entry);
      size -= entry.size - entry.markedSize;
    }
    const omitted = (some: readonly Entry[]) =>
      some.filter((entry) => marked.has(entry)).map((entry) => omittedOf(entry).json);
    if (size <= room) return { text: textOf(entries, marked), omitted: omitted(entries) };
    let taken = 1;
    const cut = entries.findIndex((entry) => {
      taken += marked.has(entry) ? entry.markedSize : entry.size;
      return taken > room;
    });
    const named = entries.slice(0, cut);
    const rest = jsonOf(Object.fromEntries(entries.slice(cut).map(({ name, value }) => [name, value])));
    return {
      text: textOf(named, marked),
      omitted: [...omitted(named), rest],
      rest: { count: entries.length - cut, ...digestOf(rest) },
    };
  }
}

/** Bytes of a text within JSON, without its quotes. */
export function sizeWithin(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function entryOf(name: string, value: unknown): Entry {
  const json = JSON.stringify(value);
  const around = sizeWithin(`${JSON.stringify(name)}:,`);
  // Three bytes to a character, and masks, are at the most so much more.
  const mark = markOf({ size: json.length * 10, sha256: '0'.repeat(64) });
  return {
    name,
    value,
    json,
    size: around + (json.length > LONG ? json.length : sizeWithin(json)),
    markedSize: around + sizeWithin(mark),
  };
}

function textOf(entries: readonly Entry[], marked: ReadonlySet<Entry> = new Set()): string {
  const members = entries.map((entry) => {
    const text = marked.has(entry) ? omittedOf(entry).mark : entry.json;
    return `${JSON.stringify(entry.name)}:${text}`;
  });
  return `{${members.join(',')}}`;
}

function omittedOf(entry: Entry): NonNullable<Entry['omitted']> {
  if (entry.omitted) return entry.omitted;
  const json = JSON.stringify(maskSecrets({ [entry.name]: entry.value }, MASK)[entry.name]);
  return (entry.omitted = { json, mark: markOf(digestOf(json)) });
}

function jsonOf(inputs: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(maskSecrets(inputs, MASK));
}

function markOf(omitted: Omitted['omitted']): string {
  return JSON.stringify({ omitted } satisfies Omitted);
}

function digestOf(json: string): Omitted['omitted'] {
  return { size: Buffer.byteLength(json), sha256: createHash('sha256').update(json).digest('hex') };
}
