import { isMediaType } from './media-type.js';

/** Log markers by which a job states its result; the predecessor's. */
export const MEDIA_TYPE_MARKER = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE';
export const START_MARKER = 'PYGEOAPI_K8S_MANAGER_RESULT_START';

const NEWLINE = 0x0a;
/** A marker is looked for in so many bytes of a line, from its start. */
const MAX_MARKER_LINE = 64 * 1024;

/**
 * Finds the result in a container's log, which comes in chunks cut anywhere: the bytes after the first line that holds the start marker, exactly,
 * but for one final newline. The media type is what follows the colon behind its marker, on a line before; what is no media type there counts as
 * none named. Holds at most one line.
 */
export class ResultScanner {
  private line: Buffer[] = [];
  private lineLength = 0;
  private started = false;
  private heldNewline = false;
  private type: string | undefined;

  /** Undefined where the log has not named one. */
  get mediaType(): string | undefined {
    return this.type;
  }

  /** Whether the start marker has been seen, so that there is a result (which may be empty). */
  get found(): boolean {
    return this.started;
  }

  /** @returns bytes of the result */
  push(chunk: Buffer): Buffer[] {
    let rest = chunk;
    while (!this.started && rest.length > 0) {
      const newline = rest.indexOf(NEWLINE);
      this.addToLine(newline < 0 ? rest : rest.subarray(0, newline));
      if (newline < 0) return [];
      this.readLine();
      rest = rest.subarray(newline + 1);
    }
    return this.result(rest);
  }

  /** The log has ended; its last line may lack a newline. */
  end(): void {
    if (!this.started && this.lineLength > 0) this.readLine();
  }

  private result(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return [];
    const parts = this.heldNewline ? [Buffer.from('\n')] : [];
    this.heldNewline = chunk[chunk.length - 1] === NEWLINE;
    const body = this.heldNewline ? chunk.subarray(0, -1) : chunk;
    return body.length > 0 ? [...parts, body] : parts;
  }

  private addToLine(part: Buffer): void {
    const room = MAX_MARKER_LINE - this.lineLength;
    if (room <= 0 || part.length === 0) return;
    this.line.push(Buffer.from(part.subarray(0, room)));
    this.lineLength += Math.min(part.length, room);
  }

  private readLine(): void {
    const text = Buffer.concat(this.line).toString('utf8');
    this.line = [];
    this.lineLength = 0;
    const marker = text.indexOf(MEDIA_TYPE_MARKER);
    if (marker >= 0) {
      const named = text
        .slice(marker + MEDIA_TYPE_MARKER.length)
        .trim()
        .replace(/^:\s*/, '');
      if (isMediaType(named)) this.type = named;
    }
    if (text.includes(START_MARKER)) this.started = true;
  }
}
