import { Readable } from 'node:stream';
import { RangeNotSatisfiableError } from '../../ogc/domain-errors.js';
import { within } from '../../k8s/time/within.js';
import { FellBehindError } from './shared-logs.js';

/** Stands between the chunks of a log where nothing came for a while. */
export const SILENCE = Symbol('silence');

/**
 * The chunks of a log, and {@link SILENCE} after each time of so many milliseconds in which none came, also while the log is
 * only being opened. Only the time in which the reader waits counts. Whoever stops early ends the log, which ends early, too,
 * for who fell behind ({@link FellBehindError}).
 */
export async function* withSilences(
  opening: Promise<Readable>,
  milliseconds: number,
): AsyncGenerator<Buffer | typeof SILENCE, void, undefined> {
  const next = async (chunks: AsyncIterator<unknown>) => ({ found: await chunks.next() });
  try {
    let log: Readable | undefined;
    while (!(log = await within(opening, milliseconds))) yield SILENCE;
    const chunks = log[Symbol.asyncIterator]();
    for (;;) {
      const coming = next(chunks);
      // It is awaited below, but for the one that is under way when the reader stops.
      coming.catch(() => undefined);
      let chunk: Awaited<typeof coming> | undefined;
      while (!(chunk = await within(coming, milliseconds))) yield SILENCE;
      if (chunk.found.done) return;
      yield chunk.found.value as Buffer;
    }
  } catch (error) {
    if (!(error instanceof FellBehindError)) throw error;
  } finally {
    destroyOnceOpen(opening);
  }
}

function destroyOnceOpen(opening: Promise<Readable>): void {
  opening.then(
    (log) => log.destroy(),
    () => undefined,
  );
}

/**
 * The log until nothing has come for so many milliseconds: then it ends as if it were over.
 * @throws what opening it does, where that is known in this time
 */
export async function untilSilent(opening: Promise<Readable>, milliseconds: number): Promise<Readable> {
  if (!(await within(opening, milliseconds))) {
    destroyOnceOpen(opening);
    return Readable.from([]);
  }
  const bounded = async function* () {
    for await (const chunk of withSilences(opening, milliseconds)) {
      if (chunk === SILENCE) return;
      yield chunk;
    }
  };
  return Readable.from(bounded(), { objectMode: false });
}

/**
 * The log without its first bytes.
 * @throws RangeNotSatisfiableError where it has fewer
 */
export async function withoutFirst(log: Readable, bytes: number): Promise<Readable> {
  if (bytes === 0) return log;
  const chunks = log.iterator({ destroyOnReturn: false });
  let left = bytes;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) throw beyondEnd(bytes, bytes - left);
    const chunk = value as Buffer;
    if (chunk.length < left) {
      left -= chunk.length;
      continue;
    }
    const rest = chunk.subarray(left);
    await chunks.return?.();
    if (rest.length > 0) log.unshift(rest);
    return log;
  }
}

/** That a client asks for what follows a byte which there is not. */
export function beyondEnd(from: number, size: number): RangeNotSatisfiableError {
  return new RangeNotSatisfiableError(`The log has ${size} bytes; nothing can be given from byte ${from}.`, size);
}
