/** Resolves with the first value that is neither undefined nor false; rejects, with what was waited for, after the bound (milliseconds). */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  bound = 120_000,
): Promise<T> {
  const end = performance.now() + bound;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `Waited ${bound} ms in vain for ${what}; the last look gave ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
