import { types } from 'node:util';

/** Milliseconds. */
const [SHORTEST, LONGEST] = [50, 250];

/**
 * Resolves with the first value that is neither undefined nor false; rejects, with what was waited for, after the bound (milliseconds). Who
 * waits longer looks less often, up to a tenth of the time later: each look is a request to a server that has no processor of its own.
 * @param longest the longest pause between two looks, milliseconds
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  bound = 120_000,
  longest = LONGEST,
): Promise<T> {
  const begin = performance.now();
  const end = begin + bound;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    const pause = Math.min(longest, Math.max(SHORTEST, (performance.now() - begin) / 10));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(
    `Waited ${bound} ms in vain for ${what}; the last look gave ${types.isNativeError(last) ? last.message : JSON.stringify(last)}`,
  );
}

/** As {@link eventually}, and looks as often however long it waits: for what is to be met as soon as it is there. */
export const closely = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> =>
  eventually(what, look, undefined, SHORTEST);
