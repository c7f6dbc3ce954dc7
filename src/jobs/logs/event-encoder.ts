const NEWLINE = 0x0a;
/** A line that is longer is sent in parts, bytes. */
const LONGEST_LINE = 16 * 1024;

/**
 * A log as server-sent events: each holds whole lines, and its id says where the next begins: `ATTEMPT-BYTES`. What has no
 * newline yet, and must not wait for it,
 * is an event `part`: the next goes on with its line. A carriage return ends a line there as a newline does, for the format
 * knows no difference.
 */
export class EventEncoder {
  /** What has come of a line that has no end yet. */
  private pieces: Buffer[] = [];
  private heldLength = 0;

  /** @param offset of the log's bytes, where it begins; undefined: nobody knows, and events have no ids */
  constructor(
    private readonly attempt: number,
    private offset?: number,
  ) {}

  /** Bytes of the log that events were made of. */
  get sent(): number {
    return this.offset ?? 0;
  }

  /** @returns the events that are whole by now, or nothing */
  push(chunk: Buffer): string {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const lines = end === 0 ? '' : this.lines(chunk.subarray(0, end));
    this.hold(Buffer.from(chunk.subarray(end)));
    return this.heldLength > LONGEST_LINE ? lines + this.flush() : lines;
  }

  /** What is held of a line, up to its last whole character. */
  flush(): string {
    const held = this.take();
    const length = wholeCharacters(held);
    this.hold(held.subarray(length));
    return this.part(held.subarray(0, length));
  }

  /** All that is held. */
  end(): string {
    return this.part(this.take());
  }

  private hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.heldLength += bytes.length;
  }

  private take(): Buffer {
    const [first] = this.pieces;
    const held = this.pieces.length === 1 && first ? first : Buffer.concat(this.pieces);
    this.pieces = [];
    this.heldLength = 0;
    return held;
  }

  /** @param bytes with a newline at their end */
  private lines(bytes: Buffer): string {
    this.hold(bytes);
    const all = this.take();
    return this.event(all.subarray(0, -1), all.length);
  }

  private part(bytes: Buffer): string {
    return bytes.length === 0 ? '' : `event: part\n${this.event(bytes, bytes.length)}`;
  }

  private event(bytes: Buffer, length: number): string {
    if (this.offset !== undefined) this.offset += length;
    const id = this.offset === undefined ? '' : `id: ${this.attempt}-${this.offset}\n`;
    const data = bytes
      .toString('utf8')
      .replace(/\r$/, '')
      .split(/\r\n|\r|\n/)
      .map((line) => `data: ${line}\n`);
    return `${id}${data.join('')}\n`;
  }
}

/** How many of the bytes do not end within a character of UTF-8. */
export function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
