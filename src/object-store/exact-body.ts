import { pipeline, Transform, type Readable, type TransformCallback, type Writable } from 'node:stream';

/**
 * The bytes of a source, failing where it gives more or fewer than `size`, or fails itself: a truncated object is never taken for a whole one.
 *
 * The last chunk is held back until the source has ended well, so that a receiver that counts bytes (HTTP's `Content-Length`)
 * cannot be satisfied by a source that then gives more or fails.
 * Destroying this destroys the source, and the writable it is piped into when that has not been ended.
 */
export class ExactBody extends Transform {
  #held: Buffer | undefined;
  #seen = 0;

  /**
   * @param asFailure makes what this emits as its error from the source's own
   * @throws the same, where `open` throws
   */
  static of(open: () => Readable, size: number, asFailure: (cause: Error) => Error): ExactBody {
    const body = new ExactBody(size, asFailure);
    let source: Readable;
    try {
      source = open();
    } catch (error) {
      throw asFailure(error instanceof Error ? error : new Error(String(error)));
    }
    // The callback is needed but has nothing to do: both ends have the error by then.
    pipeline(source, body, () => undefined);
    return body;
  }

  private constructor(
    readonly size: number,
    private readonly asFailure: (cause: Error) => Error,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seen += chunk.length;
    if (this.#seen > this.size) {
      done(new Error(`expected ${this.size} bytes, got more`));
      return;
    }
    const ready = this.#held;
    this.#held = chunk;
    done(null, ready);
  }

  override _flush(done: TransformCallback): void {
    if (this.#seen < this.size) {
      done(new Error(`expected ${this.size} bytes, got ${this.#seen}`));
      return;
    }
    done(null, this.#held);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    super._destroy(error, (cause) => done(cause ? this.asFailure(cause) : null));
  }

  /** A request that loses its body midway would otherwise keep its connection until a timeout. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    const writable = destination as unknown as Writable;
    this.once('close', () => {
      if (!this.readableEnded) writable.destroy();
    });
    return super.pipe(destination, options);
  }
}
