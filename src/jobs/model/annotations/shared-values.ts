/** Values that are kept; jobs differ in few. */
const MOST_KEPT = 1000;
/** Characters of a text that is worth looking for. */
const LONGEST = 256;

/**
 * What is made of texts that many jobs have in common (ids of processes, media types, what a request asked for): the same object for the same
 * text, so that it is made and kept in memory once.
 */
export class SharedValues<T> {
  private readonly values = new Map<string, T>();

  constructor(private readonly make: (text: string) => T) {}

  of(text: string): T {
    if (text.length > LONGEST) return this.make(text);
    const known = this.values.get(text);
    if (known !== undefined) return known;
    const value = this.make(text);
    if (this.values.size >= MOST_KEPT) this.values.clear();
    this.values.set(text, value);
    return value;
  }
}

const texts = new SharedValues((text) => text);

/** The one string of this text. */
export function shared<T extends string | undefined>(text: T): T {
  return (text === undefined ? text : texts.of(text)) as T;
}
