import { type OpenLog, SharedLog } from './shared-log.js';

/** So much of the end of one log is kept for its followers, bytes, and of all together; each has the same share. */
export const KEPT = 1024 ** 2;
const KEPT_IN_ALL = 32 * KEPT;

/** That a follower is slower than the others by more than is kept: it has to come again, from where it is. */
export class FellBehindError extends Error {
  override readonly name = 'FellBehindError';
}

/** Followed logs of running containers: one stream each at the API server, whoever many follow it. */
export class SharedLogs {
  private readonly logs = new Map<string, SharedLog>();

  /**
   * The log from its first byte, or from its last lines, to its end. Who comes when that is no longer kept has a stream of its own.
   * @param key of the container, and of what `open` begins with
   * @param lines with which `open` begins; undefined: with the first
   * @throws FellBehindError; what opening or reading does
   */
  async *follow(
    key: string,
    open: OpenLog,
    signal: AbortSignal,
    lines?: number,
  ): AsyncGenerator<Buffer, void, undefined> {
    const log = this.logs.get(key) ?? this.share(key, open);
    const follower = log.join(lines);
    if (!follower) {
      for await (const chunk of await open(signal)) yield chunk as Buffer;
      return;
    }
    const leave = () => log.leave(follower);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      for (;;) {
        const chunk = await log.next(follower);
        if (chunk === undefined) return;
        if (chunk === 'behind') throw new FellBehindError('The log goes on faster than it is read.');
        yield chunk;
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  private share(key: string, open: OpenLog): SharedLog {
    const kept = () => Math.min(KEPT, KEPT_IN_ALL / this.logs.size);
    const log: SharedLog = new SharedLog(open, kept, () => {
      if (this.logs.get(key) === log) this.logs.delete(key);
    });
    this.logs.set(key, log);
    return log;
  }
}
