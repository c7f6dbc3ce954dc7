import { ExactNumber, numberOf, numberWithExponent } from './exact-number.js';
import { DuplicateKeyFault, JsonSyntaxFault, TooDeepFault, type TextPosition } from './json-faults.js';
import { pointerTo } from './json-pointer.js';
import { decode, faultyEscape, positionIn } from './json-text.js';
import { define } from './plain-json.js';
import { readDecimal } from './printed-decimal.js';

/** Far more than any data needs, and far less than what overflows a stack. */
export const DEFAULT_MAX_DEPTH = 500;

/** How JSON is read. */
export interface ParseJsonOptions {
  /** How many arrays and objects may lie in each other; default {@link DEFAULT_MAX_DEPTH}. */
  readonly maxDepth?: number;
  /** Of keys that an object has twice: a fault, or, as `JSON.parse` has it, the last one counts. Default `refuse`. */
  readonly duplicateKeys?: 'refuse' | 'last';
}

/**
 * Reads JSON (RFC 8259) in one pass, without recursion. Numbers whose double does not print as they were written are
 * {@link ExactNumber}s; `__proto__` is a key as any other.
 * @param source text, or its bytes; a byte order mark before it is passed over
 * @throws JsonSyntaxFault, DuplicateKeyFault, TooDeepFault
 */
export function parseJson(source: string | Uint8Array, options: ParseJsonOptions = {}): unknown {
  const text = typeof source === 'string' ? source : decode(source);
  return new JsonReader(text, options).read();
}

type Members = Record<string, unknown>;
const QUOTE = 0x22;
const COMMA = 0x2c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Longer ones no software reads, and to compare them would take more than doubles. */
const MOST_EXPONENT_DIGITS = 15;

class JsonReader {
  private at: number;
  private readonly maxDepth: number;
  private readonly refusesDuplicates: boolean;
  /** The array or object that is being read, and those around it. */
  private container: unknown[] | Members | undefined;
  private readonly outer: (unknown[] | Members)[] = [];
  /** Key of the member that is being read, of an object, and of those around it. */
  private key = '';
  private readonly outerKeys: string[] = [];

  constructor(
    private readonly text: string,
    { maxDepth = DEFAULT_MAX_DEPTH, duplicateKeys = 'refuse' }: ParseJsonOptions,
  ) {
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.maxDepth = maxDepth;
    this.refusesDuplicates = duplicateKeys === 'refuse';
  }

  read(): unknown {
    for (;;) {
      let value = this.readValue();
      // A container that has been opened: its first item is next.
      while (value !== OPENED) {
        const { container } = this;
        if (container === undefined) {
          if (this.nextCode() >= 0) throw this.unexpected('nothing more after the value');
          return value;
        }
        if (Array.isArray(container)) {
          container.push(value);
          const code = this.nextCode();
          if (code !== COMMA && code !== CLOSING_BRACKET) throw this.unexpected('a comma or ]');
          this.at += 1;
          if (code === COMMA) break;
        } else {
          define(container, this.key, value);
          const code = this.nextCode();
          if (code !== COMMA && code !== CLOSING_BRACE) throw this.unexpected('a comma or }');
          this.at += 1;
          if (code === COMMA) {
            this.readKey(container);
            break;
          }
        }
        value = this.close();
      }
    }
  }

  /** @returns {@link OPENED} where it is an array or object that is not empty */
  private readValue(): unknown {
    const code = this.nextCode();
    if (code === MINUS || isDigit(code)) return this.readNumber();
    switch (code) {
      case QUOTE:
        return this.readString();
      case OPENING_BRACKET:
        this.open([]);
        if (this.nextCode() !== CLOSING_BRACKET) return OPENED;
        this.at += 1;
        return this.close();
      case OPENING_BRACE: {
        const members: Members = {};
        this.open(members);
        if (this.nextCode() !== CLOSING_BRACE) {
          this.readKey(members);
          return OPENED;
        }
        this.at += 1;
        return this.close();
      }
      case 0x74:
        return this.readWord('true', true);
      case 0x66:
        return this.readWord('false', false);
      case 0x6e:
        return this.readWord('null', null);
      default:
        throw this.unexpected(
          /[NI]/.test(this.text.charAt(this.at)) ? 'a value (JSON has no NaN and no Infinity)' : 'a value',
        );
    }
  }

  private open(container: unknown[] | Members): void {
    if (this.outer.length + (this.container === undefined ? 0 : 1) >= this.maxDepth)
      throw new TooDeepFault(this.position(this.at), this.maxDepth);
    if (this.container !== undefined) {
      this.outer.push(this.container);
      this.outerKeys.push(this.key);
    }
    this.container = container;
    this.at += 1;
  }

  private close(): unknown {
    const closed = this.container;
    this.container = this.outer.pop();
    this.key = this.outerKeys.pop() ?? '';
    return closed;
  }

  private readKey(members: Members): void {
    if (this.nextCode() !== QUOTE) throw this.unexpected('a key in double quotes');
    const start = this.at;
    this.key = this.readString();
    if (this.refusesDuplicates && Object.hasOwn(members, this.key))
      throw new DuplicateKeyFault(this.position(start), this.pointer());
    if (this.nextCode() !== COLON) throw this.unexpected('a colon after the key');
    this.at += 1;
  }

  private readString(): string {
    const { text } = this;
    const start = this.at + 1;
    let at = start;
    let isEscaped = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        isEscaped = true;
        at += 2;
        continue;
      }
      if (code >= 0x20) {
        at += 1;
        continue;
      }
      this.at = Math.min(at, text.length);
      throw this.unexpected(
        this.at < text.length
          ? 'control characters to be written as \\n or \\u000a'
          : 'a double quote that ends the text',
      );
    }
    this.at = at + 1;
    return isEscaped ? this.unescape(start, at) : text.slice(start, at);
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start - 1, end + 1)) as string;
    } catch {
      this.at = faultyEscape(this.text, start, end);
      throw this.unexpected('one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX');
    }
  }

  private readNumber(): number | ExactNumber {
    const { text } = this;
    const start = this.at;
    const isNegative = text.charCodeAt(start) === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let value = 0;
    let code = text.charCodeAt(at);
    if (!isDigit(code)) throw this.unexpectedAt(at, 'a digit');
    for (; isDigit(code); code = text.charCodeAt(++at)) value = value * 10 + (code - ZERO);
    if (at > first + 1 && text.charCodeAt(first) === ZERO)
      throw this.unexpectedAt(first, 'a number without zeros before it');
    if (code !== POINT && !isExponentMark(code)) {
      this.at = at;
      const isPlain = value <= Number.MAX_SAFE_INTEGER && !(isNegative && value === 0);
      return isPlain ? (isNegative ? -value : value) : numberOf(text.slice(start, at));
    }
    let places = 0;
    if (code === POINT) {
      const point = at;
      code = text.charCodeAt(++at);
      if (!isDigit(code)) throw this.unexpectedAt(at, 'a digit after the point');
      for (; isDigit(code); code = text.charCodeAt(++at)) value = value * 10 + (code - ZERO);
      places = at - point - 1;
    }
    if (isExponentMark(code)) {
      this.at = this.skipExponent(at);
      const written = text.slice(start, this.at);
      return numberWithExponent(written);
    }
    this.at = at;
    const number = readDecimal(text, first, at, value, places);
    return Number.isNaN(number) ? new ExactNumber(text.slice(start, at)) : isNegative ? -number : number;
  }

  /** @returns where it ends */
  private skipExponent(mark: number): number {
    const { text } = this;
    let at = mark + 1;
    let code = text.charCodeAt(at);
    if (code === PLUS || code === MINUS) code = text.charCodeAt(++at);
    if (!isDigit(code)) throw this.unexpectedAt(at, 'a digit of the exponent');
    while (text.charCodeAt(at) === ZERO) at += 1;
    const start = at;
    while (isDigit(text.charCodeAt(at))) at += 1;
    if (at - start > MOST_EXPONENT_DIGITS)
      throw this.unexpectedAt(start, `an exponent of at most ${MOST_EXPONENT_DIGITS} digits`);
    return at;
  }

  private readWord<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.unexpected('a value');
    this.at += word.length;
    return value;
  }

  /** @returns the code of the next character that is no blank; NaN at the end */
  private nextCode(): number {
    const code = this.text.charCodeAt(this.at);
    return code > 0x20 ? code : this.skipBlanks();
  }

  private skipBlanks(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at += 1;
    }
  }

  private unexpectedAt(at: number, expected: string): JsonSyntaxFault {
    this.at = at;
    return this.unexpected(expected);
  }

  private unexpected(expected: string): JsonSyntaxFault {
    const code = this.text.codePointAt(this.at);
    const found = code === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(code));
    return new JsonSyntaxFault(this.position(this.at), expected, found);
  }

  private position(at: number): TextPosition {
    return positionIn(this.text, at);
  }

  private pointer(): string {
    const containers = [...this.outer, this.container];
    const keys = [...this.outerKeys, this.key];
    return containers
      .map((container, level) => (Array.isArray(container) ? container.length : keys[level]))
      .reduce<string>((place, name) => pointerTo(place, name ?? ''), '');
  }
}

/** In place of a value: an array or object whose items follow. */
const OPENED = Symbol('opened');

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;
const isExponentMark = (code: number): boolean => code === 0x65 || code === 0x45;
