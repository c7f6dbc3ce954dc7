import type { Readable } from 'node:stream';

/** Bytes of the blocks in which the end of a log is kept. */
export const BLOCK = 16 * 1024;
const NEWLINE = 0x0a;

/** Opens a container's log, from its beginning until the container ends. */
export type OpenLog = (signal: AbortSignal) => Promise<Readable>;

/** A reader of a {@link SharedLog}. */
export interface Follower {
  /** Bytes that it has. */
  at: number;
}

/**
 * One stream that many read, each at its own pace, of which the last bytes are kept. It is read no faster than its fastest reader reads
 * it, so that a single reader never falls behind. It ends with its last reader.
 */
export class SharedLog {
  /** All are full but the last. */
  private readonly blocks: Buffer[] = [];
  /** The first byte that is kept. */
  private start = 0;
  private end = 0;
  private isOver = false;
  private failure: unknown;
  private readonly followers = new Set<Follower>();
  private readonly closing = new AbortController();
  private change = Promise.withResolvers<void>();

  /**
   * @param kept how many bytes are kept now
   * @param onOver called once, when nothing more will come
   */
  constructor(
    open: OpenLog,
    private readonly kept: () => number,
    private readonly onOver: () => void,
  ) {
    void this.pump(open);
  }

  /**
   * @param lines of its end so far, with which the reader begins; undefined: from the beginning
   * @returns a reader, which has to {@link leave}; undefined where what it begins with is no longer kept
   */
  join(lines?: number): Follower | undefined {
    const at = lines === undefined ? 0 : this.beginningOfLast(lines);
    if (at < this.start) return undefined;
    const follower = { at };
    this.followers.add(follower);
    return follower;
  }

  leave(follower: Follower): void {
    this.followers.delete(follower);
    if (this.followers.size === 0) this.finish();
    this.changed();
  }

  /**
   * @returns what comes next; undefined at the end and after {@link leave}, `behind` where it is no longer kept
   * @throws what opening or reading the log does
   */
  async next(follower: Follower): Promise<Buffer | 'behind' | undefined> {
    for (;;) {
      if (!this.followers.has(follower)) return undefined;
      if (follower.at < this.start) return 'behind';
      if (follower.at < this.end) {
        const bytes = this.from(follower.at);
        follower.at += bytes.length;
        this.changed();
        return bytes;
      }
      if (this.failure !== undefined) throw this.failure;
      if (this.isOver) return undefined;
      await this.change.promise;
    }
  }

  /** Where the last lines begin; 0 where there are no more than these among what is kept. */
  private beginningOfLast(lines: number): number {
    // The newline that ends the last line ends none before it.
    let left = this.end > this.start && this.byteAt(this.end - 1) === NEWLINE ? lines + 1 : lines;
    for (let block = this.blocks.length - 1; block >= 0; block -= 1) {
      const blockStart = this.start + block * BLOCK;
      const bytes = this.from(blockStart);
      for (let at = bytes.lastIndexOf(NEWLINE); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1))
        if ((left -= 1) === 0) return blockStart + at + 1;
    }
    return 0;
  }

  private byteAt(at: number): number | undefined {
    return this.from(at)[0];
  }

  private async pump(open: OpenLog): Promise<void> {
    const { signal } = this.closing;
    try {
      for await (const chunk of await open(signal)) {
        for (let at = 0; at < (chunk as Buffer).length; at += BLOCK) {
          while (!signal.aborted && this.end - this.fastest() > this.kept() / 2) await this.change.promise;
          this.keep((chunk as Buffer).subarray(at, at + BLOCK));
        }
        if (signal.aborted) break;
      }
    } catch (error) {
      if (!signal.aborted) this.failure = error ?? new Error('Following the log broke off.');
    }
    this.finish();
    this.changed();
  }

  private fastest(): number {
    let most = 0;
    for (const { at } of this.followers) most = Math.max(most, at);
    return most;
  }

  private keep(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const used = this.end % BLOCK;
      if (used === 0) this.blocks.push(Buffer.alloc(BLOCK));
      const copied = bytes.copy(this.blocks.at(-1) as Buffer, used, at);
      at += copied;
      this.end += copied;
    }
    while (this.blocks.length > 1 && this.end - this.start - BLOCK >= this.kept()) {
      this.blocks.shift();
      this.start += BLOCK;
    }
    this.changed();
  }

  /** What is written to a block later does not change what stands in it. */
  private from(at: number): Buffer {
    const block = Math.floor((at - this.start) / BLOCK);
    const length = Math.min(BLOCK, this.end - this.start - block * BLOCK);
    return (this.blocks[block] as Buffer).subarray(at % BLOCK, length);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.closing.abort();
    this.onOver();
  }

  private changed(): void {
    const { resolve } = this.change;
    this.change = Promise.withResolvers<void>();
    resolve();
  }
}
