import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** As in `PodLogOptions`. */
export interface LogOptions {
  readonly follow?: boolean;
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

const NEWLINE = 0x0a;
const BLOCK = 64 * 1024;
/** A line longer than this is written in parts, as containerd does; only then do two streams mix within a line. */
const MAX_HELD = 16 * 1024;
const INDEX_ENTRY = 16;

type Stream = 'stdout' | 'stderr';

/**
 * One run of a container: its output byte for byte in `FILE`, and in `FILE.times` when what was written (pairs of doubles: offset, milliseconds).
 * stdout and stderr are put together by whole lines. What cannot be written, on a full disk, is left out, and a line in its place says so
 * as soon as there is room for that: no write fails.
 */
export class LogWriter {
  private readonly log: number;
  private readonly times: number;
  private held: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  private waiting: (() => void)[] = [];
  private entries = 0;
  private isAtLineStart = true;
  /** What is left out since the last byte that was written. */
  private left: { bytes: number; readonly why: string } | undefined;
  size = 0;
  ended = false;

  constructor(
    file: string,
    private readonly onEnd: () => void,
    /** For tests. */
    private readonly writeAt: (
      file: number,
      bytes: Buffer,
      from: number,
      length: number,
      at: number,
    ) => number = writeSync,
  ) {
    this.log = openSync(file, 'w', 0o600);
    try {
      this.times = openSync(`${file}.times`, 'w', 0o600);
    } catch (error) {
      closeSync(this.log);
      throw error;
    }
  }

  write(stream: Stream, chunk: Buffer): void {
    const bytes = this.held[stream].length > 0 ? Buffer.concat([this.held[stream], chunk]) : chunk;
    const lines = bytes.lastIndexOf(NEWLINE) + 1;
    const end = bytes.length - lines > MAX_HELD ? bytes.length : lines;
    this.held[stream] = Buffer.from(bytes.subarray(end));
    this.append(bytes.subarray(0, end));
  }

  end(): void {
    if (this.ended) return;
    this.append(this.held.stdout);
    this.append(this.held.stderr);
    this.sayWhatIsLeftOut();
    this.ended = true;
    closeSync(this.log);
    closeSync(this.times);
    this.onEnd();
    this.wake();
  }

  /** Resolves when there is more, or the end. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private append(bytes: Buffer): void {
    if (bytes.length === 0 || this.ended) return;
    this.sayWhatIsLeftOut();
    if (this.left) this.left.bytes += bytes.length;
    else {
      const { written, why } = this.put(bytes);
      this.grow(bytes.subarray(0, written));
      if (why !== undefined) this.left = { bytes: bytes.length - written, why };
    }
    this.wake();
  }

  /** In a line of its own, whatever stands before it. What is written of one that is not whole the next try overwrites. */
  private sayWhatIsLeftOut(): void {
    if (!this.left) return;
    const { bytes, why } = this.left;
    const line = Buffer.from(
      `${this.isAtLineStart ? '' : '\n'}embedded cluster: ${bytes} bytes of output are left out here: ${why}\n`,
    );
    if (this.put(line).why !== undefined) return;
    this.grow(line);
    this.left = undefined;
  }

  /** @returns how much was written, and why not all was */
  private put(bytes: Buffer): { readonly written: number; readonly why?: string } {
    const entry = Buffer.alloc(INDEX_ENTRY);
    entry.writeDoubleLE(this.size, 0);
    entry.writeDoubleLE(Date.now(), 8);
    let written = 0;
    const put = (file: number, part: Buffer, at: number, from: number) =>
      this.writeAt(file, part, from, part.length - from, at + from);
    try {
      for (let done = 0; done < INDEX_ENTRY;) done += put(this.times, entry, this.entries * INDEX_ENTRY, done);
      while (written < bytes.length) written += put(this.log, bytes, this.size, written);
      return { written };
    } catch (error) {
      return { written, why: error instanceof Error ? error.message : String(error) };
    }
  }

  private grow(by: Buffer): void {
    if (by.length === 0) return;
    this.entries++;
    this.size += by.length;
    this.isAtLineStart = by.at(-1) === NEWLINE;
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The logs of all containers, in a folder of each pod's uid. */
export class ContainerLogs {
  private readonly writers = new Map<string, LogWriter>();

  constructor(private readonly folder: string) {}

  open(podUid: string, container: string, run: number): LogWriter {
    mkdirSync(path.join(this.folder, podUid), { recursive: true, mode: 0o700 });
    const file = this.file(podUid, container, run);
    const writer = new LogWriter(file, () => this.writers.delete(file));
    this.writers.set(file, writer);
    return writer;
  }

  exists(podUid: string, container: string, run: number): boolean {
    return existsSync(this.file(podUid, container, run));
  }

  remove(podUid: string): void {
    rmSync(path.join(this.folder, podUid), { recursive: true, force: true });
  }

  /** The log as it is; with `follow` on until the container has ended or the signal ends it. A run that wrote no log has an empty one. */
  async *read(
    podUid: string,
    container: string,
    run: number,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    const file = this.file(podUid, container, run);
    if (!existsSync(file)) return;
    const descriptor = openSync(file, 'r');
    try {
      let offset = firstOffset(descriptor, file, options);
      let left = options.limitBytes ?? Infinity;
      const stamp = options.timestamps ? timestamper(file) : undefined;
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      while (left > 0 && !signal.aborted) {
        const writer = this.writers.get(file);
        const end = writer?.size ?? fstatSync(descriptor).size;
        while (offset < end && left > 0 && !signal.aborted) {
          const block = readBlock(descriptor, offset, Math.min(BLOCK, end - offset));
          const text = stamp ? stamp(block, offset) : block;
          offset += block.length;
          yield text.subarray(0, left);
          left -= text.length;
        }
        if (writer && writer.size > offset) continue;
        if (!options.follow || !writer || writer.ended) return;
        await Promise.race([writer.changed(), aborted]);
      }
    } finally {
      closeSync(descriptor);
    }
  }

  private file(podUid: string, container: string, run: number): string {
    return path.join(this.folder, podUid, `${container}.${run}.log`);
  }
}

function readBlock(descriptor: number, offset: number, length: number): Buffer {
  const block = Buffer.allocUnsafe(length);
  return block.subarray(0, readSync(descriptor, block, 0, length, offset));
}

function readIndex(file: string): { offset: number; time: number }[] {
  const bytes = readFileSync(`${file}.times`);
  return Array.from({ length: Math.floor(bytes.length / INDEX_ENTRY) }, (_, index) => ({
    offset: bytes.readDoubleLE(index * INDEX_ENTRY),
    time: bytes.readDoubleLE(index * INDEX_ENTRY + 8),
  }));
}

function firstOffset(descriptor: number, file: string, { tailLines, since }: LogOptions): number {
  const { size } = fstatSync(descriptor);
  const bySince = since === undefined ? 0 : (readIndex(file).find(({ time }) => time >= since)?.offset ?? size);
  return tailLines === undefined ? bySince : Math.max(bySince, tailOffset(descriptor, size, tailLines));
}

/** Where the last lines begin. A line end at the very end ends the last line, and begins none. */
function tailOffset(descriptor: number, size: number, lines: number): number {
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK);
    const block = readBlock(descriptor, start, end - start);
    for (let index = block.length - 1; index >= 0; index--) {
      if (block[index] === NEWLINE && start + index !== size - 1 && ++found === lines) return start + index + 1;
    }
    end = start;
  }
  return 0;
}

/** Puts the time at which a line was written before it. */
function timestamper(file: string): (block: Buffer, offset: number) => Buffer {
  let atLineStart = true;
  let index = readIndex(file);
  const timeAt = (offset: number): Buffer => {
    if ((index.at(-1)?.offset ?? -1) < offset) index = readIndex(file);
    let [low, high] = [0, index.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((index[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return Buffer.from(`${new Date(index[low - 1]?.time ?? 0).toISOString()} `);
  };
  return (block, offset) => {
    const parts: Buffer[] = [];
    for (let start = 0; start < block.length;) {
      if (atLineStart) parts.push(timeAt(offset + start));
      const newline = block.indexOf(NEWLINE, start);
      const end = newline < 0 ? block.length : newline + 1;
      parts.push(block.subarray(start, end));
      atLineStart = newline >= 0;
      start = end;
    }
    return Buffer.concat(parts);
  };
}
