/** Since Node 21; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/**
 * A number of a JSON text whose double would not print as it was written: `12345678901234567890`, `1.0`, `1e400`, `-0`. All other
 * numbers are ordinary ones. `JSON.stringify` prints it as it was written.
 */
export class ExactNumber {
  /** @param text a number by the grammar of RFC 8259 */
  constructor(readonly text: string) {}

  /** The nearest double; infinite where the number is beyond what a double can hold. */
  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): object {
    return rawJSON(this.text);
  }
}

/** A number by the text that JSON has for it: an ordinary one where that prints as the text, else one that keeps it. */
export function numberOf(text: string): number | ExactNumber {
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}

/** Only numbers such as these print with an exponent. */
const PRINTED_EXPONENT = /^-?[1-9](?:\.\d*[1-9])?e(?:-(?:[7-9]|[1-9]\d)|\+(?:2[1-9]|[3-9]\d|[1-9]\d\d))/;

/** As {@link numberOf}, of a text with an exponent. */
export function numberWithExponent(text: string): number | ExactNumber {
  return PRINTED_EXPONENT.test(text) ? numberOf(text) : new ExactNumber(text);
}
