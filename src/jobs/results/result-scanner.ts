import { ResultFault } from '../model/job-outcome.js';
import { isMediaType } from '../../processes/description/media-type.js';
import { parseStartMarker, START_MARKER, type ResultHead } from './start-marker.js';

/** Log marker by which a job states the media type of the result that comes next; the predecessor's. */
export const MEDIA_TYPE_MARKER = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE';

const NEWLINE = 0x0a;
/** A marker is looked for in so many bytes of a line, from its start; one with attributes is not longer. */
const MAX_MARKER_LINE = 64 * 1024;

/** Bytes that belong to a result. */
export interface ResultPart {
  readonly head: ResultHead;
  readonly bytes: Buffer;
}

/**
 * Finds the results in a container's log, which comes in chunks cut anywhere. A result is the bytes after the line of its start marker, exactly, but for one final newline:
 *
 * - without an output's id to the end of the log, whatever it holds;
 * - with one (`output=ID`) to the next line that begins with a start marker with an id, or to the end.
 *
 * So many first bytes as the marker says (`bytes=N`) belong to the result whatever they are, a final newline included.
 *
 * The media type is the marker's attribute, else what follows the colon behind its own marker, on a line before the first result; what is no media type there counts as none
 * named. A start marker that has its line for itself replaces one with text before it on the line just before: that was a
 * shell's trace of the command that prints it (`sh -x`).
 * Holds at most one line.
 */
export class ResultScanner {
  /** The results that have begun, in order. */
  readonly heads: ResultHead[] = [];
  private current: ResultHead | undefined;
  /** Where the marker of the current result had text before it, until the line behind it is known to be none that replaces it. */
  private mayBeTrace = false;
  /** Of the line that is being read; inside a result what may be a marker. */
  private held: Buffer = Buffer.alloc(0);
  /** Held back, for the final one does not belong to the result. */
  private heldNewline = false;
  /** So many next bytes are the result's, whatever they are. */
  private blind = 0;
  private atLineStart = true;
  /** Whether more stands on the line than is held of it. */
  private isCut = false;
  private named: string | undefined;

  /** Whether a result has begun, told or not. */
  get hasBegun(): boolean {
    return this.current !== undefined;
  }

  /**
   * @returns bytes of results
   * @throws ResultFault where a start marker is wrong: nothing more can be told of this log
   */
  push(chunk: Buffer): ResultPart[] {
    const parts: ResultPart[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (!this.current) rest = this.readLog(rest);
      else if (this.mayBeTrace) rest = this.readBehindTrace(rest);
      else if (this.blind > 0) rest = this.readBlind(rest, parts);
      else if (this.current.output === undefined) rest = this.take(rest, rest.length, parts);
      else rest = this.readNamed(rest, parts);
    }
    return parts;
  }

  /** The log has ended; its last line may lack a newline. */
  end(): ResultPart[] {
    const parts: ResultPart[] = [];
    if (!this.current) this.readLine(!this.isCut);
    if (this.mayBeTrace) parts.push(...this.push(this.settle(this.held)));
    if (this.current && this.held.length > 0) this.readHeld(parts, true);
    return parts;
  }

  /** Outside results: whole lines. @returns what comes after the line */
  private readLog(chunk: Buffer): Buffer {
    const newline = chunk.indexOf(NEWLINE);
    const line = newline < 0 ? chunk : chunk.subarray(0, newline);
    const room = MAX_MARKER_LINE - this.held.length;
    if (room > 0 && line.length > 0) this.held = Buffer.concat([this.held, line.subarray(0, room)]);
    this.isCut ||= line.length > room;
    if (newline < 0) return Buffer.alloc(0);
    this.readLine(!this.isCut);
    return chunk.subarray(newline + 1);
  }

  /** @param isWhole else more stands behind what is held of it */
  private readLine(isWhole: boolean): void {
    const text = this.held.toString('utf8');
    this.held = Buffer.alloc(0);
    this.isCut = false;
    const typed = text.indexOf(MEDIA_TYPE_MARKER);
    if (typed >= 0) {
      const named = text
        .slice(typed + MEDIA_TYPE_MARKER.length)
        .trim()
        .replace(/^:\s*/, '');
      if (isMediaType(named)) this.named = named;
    }
    const started = isWhole ? text.indexOf(START_MARKER) : -1;
    if (started < 0) return;
    const before = text.slice(0, started);
    const head = parseStartMarker(before, text.slice(started + START_MARKER.length));
    if (!head) return;
    this.begin(head);
    if (before === '') this.tell();
    else this.mayBeTrace = true;
  }

  private tell(): void {
    this.named = undefined;
    if (this.current) this.heads.push(this.current);
  }

  /** Does not {@link tell} of it yet. */
  private begin(head: ResultHead): void {
    const mediaType = head.mediaType ?? this.named;
    this.current = { ...head, ...(mediaType === undefined ? {} : { mediaType }) };
    this.heldNewline = false;
    this.atLineStart = true;
    // Base64 has no character that could be taken for a marker.
    this.blind = head.encoding === undefined ? (head.bytes ?? 0) : 0;
  }

  /** The line behind a marker that may be a trace's. @returns what is to be read next */
  private readBehindTrace(chunk: Buffer): Buffer {
    const held = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    const length = Math.min(held.length, START_MARKER.length);
    if (held.toString('latin1', 0, length) !== START_MARKER.slice(0, length)) return this.settle(held);
    const newline = held.indexOf(NEWLINE);
    if (newline < 0 && held.length < MAX_MARKER_LINE) {
      this.held = held;
      return Buffer.alloc(0);
    }
    return this.settle(held);
  }

  /** Decides whether the held line replaces the marker before it. @returns what is to be read next */
  private settle(held: Buffer): Buffer {
    this.held = Buffer.alloc(0);
    this.mayBeTrace = false;
    const newline = held.indexOf(NEWLINE);
    const line = held.toString('utf8', 0, newline < 0 ? held.length : newline);
    const isMarker = line.startsWith(START_MARKER) && line.length < MAX_MARKER_LINE;
    const head = isMarker ? parseStartMarker('', line.slice(START_MARKER.length)) : undefined;
    // So many first bytes belong to the result whatever they are; a trace shows the marker as it is.
    const replaces = head && (this.current?.bytes === undefined || this.current.bytes === head.bytes);
    if (replaces) this.begin(head);
    this.tell();
    return replaces ? held.subarray(newline < 0 ? held.length : newline + 1) : held;
  }

  private readBlind(chunk: Buffer, parts: ResultPart[]): Buffer {
    const length = Math.min(chunk.length, this.blind);
    const rest = this.take(chunk, length, parts);
    this.blind -= length;
    if (this.blind > 0 || !this.current) return rest;
    // What was announced has been read, a newline at its end included; a marker may follow at once.
    if (this.heldNewline) parts.push({ head: this.current, bytes: Buffer.from('\n') });
    this.heldNewline = false;
    this.atLineStart = true;
    return rest;
  }

  private readNamed(chunk: Buffer, parts: ResultPart[]): Buffer {
    this.held = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk;
    return this.readHeld(parts, false);
  }

  /** @returns what comes after the line of a start marker */
  private readHeld(parts: ResultPart[], isEnd: boolean): Buffer {
    const { held } = this;
    const marker = held.indexOf(START_MARKER);
    if (marker < 0) {
      // A marker may be cut here.
      const sure = isEnd ? held.length : Math.max(0, held.length - START_MARKER.length + 1);
      this.held = this.take(held, sure, parts);
      return Buffer.alloc(0);
    }
    this.held = this.take(held, marker, parts);
    const newline = this.held.indexOf(NEWLINE);
    if (newline < 0 && !isEnd && this.held.length < MAX_MARKER_LINE) return Buffer.alloc(0);
    const line = this.held.subarray(START_MARKER.length, newline < 0 ? this.held.length : newline);
    const before = this.atLineStart ? '' : 'something';
    const head = line.length < MAX_MARKER_LINE ? parseStartMarker(before, line.toString('utf8')) : undefined;
    if (head?.output === undefined) {
      const rest = this.take(this.held, START_MARKER.length, parts);
      this.held = Buffer.alloc(0);
      if (!isEnd) return rest;
      this.held = rest;
      return rest.length > 0 ? this.readHeld(parts, true) : rest;
    }
    if (!this.atLineStart)
      throw new ResultFault(
        'result-invalid',
        `The start marker of output "${head.output}" does not stand at the beginning of a line: what is before it may belong to output "${this.current?.output}". Print a newline between them, or say bytes=N.`,
      );
    const rest = newline < 0 ? Buffer.alloc(0) : this.held.subarray(newline + 1);
    this.held = Buffer.alloc(0);
    this.begin(head);
    this.tell();
    return rest;
  }

  /** The first bytes are the result's. @returns the others */
  private take(chunk: Buffer, length: number, parts: ResultPart[]): Buffer {
    const head = this.current;
    if (length === 0 || !head) return chunk;
    if (this.heldNewline) parts.push({ head, bytes: Buffer.from('\n') });
    this.heldNewline = this.atLineStart = chunk[length - 1] === NEWLINE;
    const body = chunk.subarray(0, this.heldNewline ? length - 1 : length);
    if (body.length > 0) parts.push({ head, bytes: body });
    return chunk.subarray(length);
  }
}
