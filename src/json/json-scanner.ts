import { JsonSyntaxFault, TooDeepFault } from './json-faults.js';
import { DEFAULT_MAX_DEPTH } from './parse-json.js';
import type { JsonType } from './unread-value.js';

/** What comes next. */
enum Next {
  Value,
  /** After `[`. */
  ValueOrEnd,
  /** After `{`. */
  KeyOrEnd,
  Key,
  Colon,
  /** After a value. */
  CommaOrEnd,
  Text,
  Escape,
  Hex,
  Word,
  FirstDigit,
  AfterZero,
  Digit,
  FirstPlace,
  Place,
  ExponentSign,
  FirstExponentDigit,
  ExponentDigit,
}

const EXPECTED: Readonly<Record<Next, string>> = {
  [Next.Value]: 'a value',
  [Next.ValueOrEnd]: 'a value or ]',
  [Next.KeyOrEnd]: 'a key in double quotes or }',
  [Next.Key]: 'a key in double quotes',
  [Next.Colon]: 'a colon after the key',
  [Next.CommaOrEnd]: 'a comma or the end of the array or object',
  [Next.Text]: 'a double quote that ends the text, and control characters to be escaped',
  [Next.Escape]: 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
  [Next.Hex]: 'four hexadecimal digits',
  [Next.Word]: 'a value',
  [Next.FirstDigit]: 'a digit',
  [Next.AfterZero]: 'a number without zeros before it',
  [Next.Digit]: 'a digit',
  [Next.FirstPlace]: 'a digit after the point',
  [Next.Place]: 'a digit',
  [Next.ExponentSign]: 'a digit of the exponent',
  [Next.FirstExponentDigit]: 'a digit of the exponent',
  [Next.ExponentDigit]: 'a digit',
};

/** As `parseJson` has it. */
const MOST_EXPONENT_DIGITS = 15;
const ARRAY = 1;
const OBJECT = 2;
const WORDS: Readonly<Record<number, string>> = { 0x74: 'true', 0x66: 'false', 0x6e: 'null' };
const TYPES: Readonly<Record<string, JsonType>> = { t: 'boolean', f: 'boolean', n: 'null' };

/**
 * Whether bytes are a JSON text (RFC 8259, UTF-8), piece by piece, without keeping any of them: what `parseJson` refuses is refused, but
 * for keys
 * that an object has twice.
 */
export class JsonScanner {
  private next = Next.Value;
  private readonly containers = new Uint8Array(DEFAULT_MAX_DEPTH);
  private depth = 0;
  /** Whether the text that is being read is a key. */
  private isKey = false;
  private word = '';
  /** Hexadecimal digits that are missing, letters of the word or digits of the exponent that were read. */
  private count = 0;
  private isDone = false;
  private root: JsonType | undefined;
  private line = 1;
  /** Characters of the line that have been read. */
  private column = 0;
  /** Bytes of a byte order mark that are still to be passed over; undefined: nothing has come yet. */
  private mark: number | undefined;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @throws JsonSyntaxFault, TooDeepFault */
  push(bytes: Uint8Array): void {
    this.assertText(bytes);
    if (bytes.length > 0) this.mark ??= bytes[0] === 0xef ? 3 : 0;
    const passed = Math.min(this.mark ?? 0, bytes.length);
    this.mark = (this.mark ?? 0) - passed;
    for (let at = passed; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if ((byte & 0xc0) !== 0x80) this.column += 1;
      this.take(byte);
    }
  }

  /**
   * To be called when there is no more.
   * @returns which type of JSON it is
   * @throws JsonSyntaxFault
   */
  end(): JsonType {
    this.assertText();
    // Of what may be over at any place only a number outside of all arrays and objects is not known to be.
    if (this.isNumberOver()) this.closeValue();
    if (!this.isDone || this.root === undefined) {
      this.column += 1;
      throw this.unexpected('the end');
    }
    return this.root;
  }

  private take(byte: number): void {
    switch (this.next) {
      case Next.Text:
        if (byte === 0x22) this.closeText();
        else if (byte === 0x5c) this.next = Next.Escape;
        else if (byte < 0x20) throw this.unexpected(byte);
        return;
      case Next.Escape:
        if (byte === 0x75) this.expect(Next.Hex, 4);
        else if ('"\\/bfnrt'.includes(String.fromCharCode(byte))) this.next = Next.Text;
        else throw this.unexpected(byte);
        return;
      case Next.Hex:
        if (!/[0-9a-f]/i.test(String.fromCharCode(byte))) throw this.unexpected(byte);
        this.count -= 1;
        if (this.count === 0) this.next = Next.Text;
        return;
      case Next.Word:
        if (byte !== this.word.charCodeAt(this.count)) throw this.unexpected(byte);
        this.count += 1;
        if (this.count === this.word.length) this.closeValue();
        return;
      default:
        if (this.next >= Next.FirstDigit && this.takeOfNumber(byte)) return;
        this.takeBetween(byte);
    }
  }

  /** @returns whether it is of the number; where it is not, the number is over */
  private takeOfNumber(byte: number): boolean {
    const isDigit = byte >= 0x30 && byte <= 0x39;
    switch (this.next) {
      case Next.FirstDigit:
        if (!isDigit) throw this.unexpected(byte);
        this.next = byte === 0x30 ? Next.AfterZero : Next.Digit;
        return true;
      case Next.AfterZero:
        if (isDigit) throw this.unexpected(byte);
        break;
      case Next.FirstPlace:
        if (!isDigit) throw this.unexpected(byte);
        this.next = Next.Place;
        return true;
      case Next.ExponentSign:
        this.next = Next.FirstExponentDigit;
        if (byte === 0x2b || byte === 0x2d) return true;
        return this.takeOfNumber(byte);
      case Next.FirstExponentDigit:
      case Next.ExponentDigit:
        if (isDigit) {
          this.next = Next.ExponentDigit;
          if (byte !== 0x30 || this.count > 0) this.count += 1;
          if (this.count > MOST_EXPONENT_DIGITS)
            throw this.unexpected(byte, `an exponent of at most ${MOST_EXPONENT_DIGITS} digits`);
          return true;
        }
        if (this.next === Next.FirstExponentDigit) throw this.unexpected(byte);
        this.closeValue();
        return false;
      default:
        if (isDigit) return true;
    }
    if (byte === 0x2e && this.next !== Next.Place) this.next = Next.FirstPlace;
    else if ((byte | 0x20) === 0x65) this.expect(Next.ExponentSign, 0);
    else {
      this.closeValue();
      return false;
    }
    return true;
  }

  private takeBetween(byte: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d) return;
    if (byte === 0x0a) {
      this.line += 1;
      this.column = 0;
      return;
    }
    if (this.isDone) throw this.unexpected(byte, 'nothing more after the value');
    switch (this.next) {
      case Next.Colon:
        if (byte !== 0x3a) throw this.unexpected(byte);
        this.next = Next.Value;
        return;
      case Next.CommaOrEnd: {
        const isArray = this.containers[this.depth - 1] === ARRAY;
        if (byte === 0x2c) this.next = isArray ? Next.Value : Next.Key;
        else if (byte === (isArray ? 0x5d : 0x7d)) this.closeContainer();
        else throw this.unexpected(byte, isArray ? 'a comma or ]' : 'a comma or }');
        return;
      }
      case Next.KeyOrEnd:
      case Next.Key:
        if (byte === 0x22) this.openText(true);
        else if (byte === 0x7d && this.next === Next.KeyOrEnd) this.closeContainer();
        else throw this.unexpected(byte);
        return;
      default:
        if (byte === 0x5d && this.next === Next.ValueOrEnd) this.closeContainer();
        else this.openValue(byte);
    }
  }

  private openValue(byte: number): void {
    if (byte === 0x22) {
      this.root ??= 'string';
      this.openText(false);
    } else if (byte === 0x5b || byte === 0x7b) {
      const isArray = byte === 0x5b;
      this.root ??= isArray ? 'array' : 'object';
      if (this.depth >= DEFAULT_MAX_DEPTH) throw new TooDeepFault(this.position(), DEFAULT_MAX_DEPTH);
      this.containers[this.depth] = isArray ? ARRAY : OBJECT;
      this.depth += 1;
      this.next = isArray ? Next.ValueOrEnd : Next.KeyOrEnd;
    } else if (WORDS[byte] !== undefined) {
      this.word = WORDS[byte];
      this.root ??= TYPES[this.word.charAt(0)];
      this.expect(Next.Word, 1);
    } else {
      if (byte !== 0x2d && !(byte >= 0x30 && byte <= 0x39)) throw this.unexpected(byte);
      this.root ??= 'number';
      this.next = Next.FirstDigit;
      if (byte !== 0x2d) this.takeOfNumber(byte);
    }
  }

  private openText(isKey: boolean): void {
    this.isKey = isKey;
    this.next = Next.Text;
  }

  private closeText(): void {
    if (this.isKey) this.next = Next.Colon;
    else this.closeValue();
  }

  private closeContainer(): void {
    this.depth -= 1;
    this.closeValue();
  }

  private closeValue(): void {
    this.next = Next.CommaOrEnd;
    this.isDone = this.depth === 0;
  }

  private expect(next: Next, count: number): void {
    this.next = next;
    this.count = count;
  }

  private isNumberOver(): boolean {
    const { next, depth } = this;
    return depth === 0 && [Next.AfterZero, Next.Digit, Next.Place, Next.ExponentDigit].includes(next);
  }

  private assertText(bytes?: Uint8Array): void {
    try {
      this.decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new JsonSyntaxFault(this.position(), 'UTF-8 from here on', 'bytes that are none');
    }
  }

  private position() {
    return { line: this.line, column: Math.max(this.column, 1) };
  }

  private unexpected(found: number | 'the end', expected = EXPECTED[this.next]): JsonSyntaxFault {
    const what =
      found === 'the end' ? found : found < 0x80 ? JSON.stringify(String.fromCharCode(found)) : 'another character';
    return new JsonSyntaxFault(this.position(), expected, what);
  }
}
