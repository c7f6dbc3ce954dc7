import type { Readable } from 'node:stream';
import type { ByteRange } from '../../object-store/object-store.js';
import { containerOfHeading } from './log-document.js';

/** What of a log is wanted; nothing said: all of it. */
export interface LogPart {
  /** Of this container alone, with its heading. */
  readonly container?: string;
  /** Of each container so many of its last lines, as Kubernetes' `tailLines`. */
  readonly tail?: number;
}

/** Lines that look like headings are believed to be so many times: a program may print what looks like one. */
const MOST_CONTAINERS = 100;
/** A heading has no more bytes: a container's name has up to 63. */
const LONGEST_HEADING = 100;
const NEWLINE = 0x0a;

export function isWhole({ container, tail }: LogPart): boolean {
  return container === undefined && tail === undefined;
}

/**
 * Where in a log that is kept a part of it is. Reads all of it; holds no more than `tail` numbers, and two for each container.
 * @returns in the order of the log; undefined where it has no such container
 */
export async function rangesOf(log: Readable, part: LogPart): Promise<ByteRange[] | undefined> {
  const sections = new Sections(part);
  for await (const chunk of log as AsyncIterable<Buffer>) sections.push(chunk);
  return sections.end();
}

class Sections {
  private readonly ranges: ByteRange[] = [];
  /** Of the line that is read: where it begins, and its first bytes. */
  private lineStart = 0;
  private head = '';
  private at = 0;
  private headings = 0;
  /** Whether the section that is read is wanted; what stands before the first container is one. */
  private isWanted: boolean;
  /** Where the lines of the section begin, behind its heading; and the last of them, as a ring. */
  private sectionStart = 0;
  private readonly starts: number[] = [];
  private count = 0;
  private hasFound: boolean;

  constructor(private readonly part: LogPart) {
    this.isWanted = part.container === undefined;
    this.hasFound = this.isWanted;
  }

  push(chunk: Buffer): void {
    for (let from = 0; from < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, from);
      const to = newline === -1 ? chunk.length : newline;
      if (this.head.length < LONGEST_HEADING)
        this.head += chunk.toString('latin1', from, Math.min(to, from + LONGEST_HEADING));
      this.at += to - from;
      if (newline === -1) return;
      this.at += 1;
      this.endLine();
      from = newline + 1;
    }
  }

  end(): ByteRange[] | undefined {
    if (this.at > this.lineStart) this.endLine();
    this.close(this.at);
    return this.hasFound ? this.ranges : undefined;
  }

  private endLine(): void {
    const name = this.headings < MOST_CONTAINERS ? containerOfHeading(this.head) : undefined;
    if (name !== undefined) this.begin(name);
    else if (this.isWanted && this.part.tail !== undefined && this.headings > 0) {
      this.starts[this.count % this.part.tail] = this.lineStart;
      this.count += 1;
    }
    this.lineStart = this.at;
    this.head = '';
  }

  /** A section begins with the line that has just ended. */
  private begin(name: string): void {
    this.close(this.lineStart);
    this.headings += 1;
    this.isWanted = this.part.container === undefined || this.part.container === name;
    this.sectionStart = this.at;
    if (!this.isWanted) return;
    this.hasFound = true;
    this.add(this.lineStart, this.at);
  }

  /** The section that was read ends before this byte. */
  private close(end: number): void {
    const { tail } = this.part;
    const isCut = tail !== undefined && this.count > tail;
    const start = isCut ? (this.starts[this.count % tail] ?? end) : this.sectionStart;
    if (this.isWanted) this.add(start, end);
    this.count = 0;
    this.starts.length = 0;
  }

  private add(start: number, end: number): void {
    if (end <= start) return;
    const last = this.ranges.at(-1);
    if (last && last.end === start - 1) this.ranges[this.ranges.length - 1] = { start: last.start, end: end - 1 };
    else this.ranges.push({ start, end: end - 1 });
  }
}
