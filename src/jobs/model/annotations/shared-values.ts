import { toDate } from '../../../k8s/time/kubernetes-time.js';

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
const dates = new SharedValues((text) => toDate(text));

/** The one string of this text. */
export function shared<T extends string | undefined>(text: T): T {
  return (text === undefined ? text : texts.of(text)) as T;
}

/** As `toDate`; the one date of this text, for times to the second: a date takes 96 bytes. Do not change it. */
export function sharedDate(time: Date | string | undefined | null): Date | undefined {
  return typeof time === 'string' ? dates.of(time) : toDate(time);
}
