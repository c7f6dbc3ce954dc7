/** A place in a text, both counted from 1; columns are characters, not bytes. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** What keeps a text from being taken as JSON. */
export abstract class JsonFault extends Error {
  constructor(
    message: string,
    readonly position: TextPosition,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The text is no JSON (RFC 8259), or no UTF-8. */
export class JsonSyntaxFault extends JsonFault {
  /**
   * @param expected as a noun: `a comma or ]`
   * @param found what stands there
   */
  constructor(
    position: TextPosition,
    readonly expected: string,
    found: string,
  ) {
    super(`Expected ${expected} at line ${position.line}, column ${position.column}, and found ${found}.`, position);
  }
}

/** An object has a key twice: which of its values is meant cannot be known. */
export class DuplicateKeyFault extends JsonFault {
  /** @param pointer JSON Pointer (RFC 6901) of the second one */
  constructor(
    position: TextPosition,
    readonly pointer: string,
  ) {
    super(
      `The key of ${pointer} is given a second time at line ${position.line}, column ${position.column}.`,
      position,
    );
  }
}

/** Arrays and objects lie deeper in each other than the reader allows. */
export class TooDeepFault extends JsonFault {
  constructor(
    position: TextPosition,
    readonly maxDepth: number,
  ) {
    super(
      `Arrays and objects are nested deeper than ${maxDepth} levels at line ${position.line}, column ${position.column}.`,
      position,
    );
  }
}
