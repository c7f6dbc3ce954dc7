/** Resolves with the first value that is neither undefined nor false; rejects after the bound (milliseconds). */
export async function eventually(what, look, bound = 60_000) {
  const end = performance.now() + bound;
  let value;
  while (performance.now() < end) {
    value = await look();
    if (value !== undefined && value !== false) return value;
    await pause(50);
  }
  throw new Error(`Waited ${bound} ms in vain for ${what}`);
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @returns milliseconds that the work took */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Milliseconds of each call of `work(index)`, one after another.
 * @param bound no call is begun after so many milliseconds
 */
export async function series(count, work, bound = 60_000) {
  const end = performance.now() + bound;
  const times = [];
  for (let index = 0; index < count && performance.now() < end; index += 1) times.push(await timed(() => work(index)));
  return times;
}

/** Calls `work(index)` `count` times, at most `concurrency` at once. @returns milliseconds for all */
export function concurrently(count, concurrency, work) {
  let next = 0;
  const loop = async () => {
    while (next < count) await work(next++);
  };
  return timed(() => Promise.all(Array.from({ length: Math.min(concurrency, count) }, loop)));
}

/** Nearest rank. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const median = (values) => percentile(values, 0.5);

/** Prints one benchmark's measurements, each beside its budget, and counts how many keep it. */
export class Report {
  #kept = 0;
  #budgets = 0;
  #broken = false;

  constructor(name) {
    this.name = name;
  }

  note(text) {
    console.log(`  ${text}`);
  }

  /** Percentiles of times in milliseconds. */
  times(what, times) {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => milliseconds(percentile(times, share)));
    this.note(
      `${what}: p50 ${p50}, p95 ${p95}, p99 ${p99}, max ${milliseconds(Math.max(...times))} (n=${times.length})`,
    );
  }

  /** @param shown the value with its unit */
  budget(what, shown, kept, budget) {
    this.#budgets += 1;
    if (kept) this.#kept += 1;
    this.note(`${kept ? 'kept  ' : 'MISSED'} ${what}: ${shown} (budget ${budget})`);
  }

  /** What went wrong: the measurement is not whole. */
  broke(error) {
    this.#broken = true;
    this.note(`could not be measured: ${error instanceof Error ? error.stack : String(error)}`);
  }

  close() {
    const end = this.#broken ? ', BROKE OFF' : '';
    console.log(`${this.name}: ${this.#kept} of ${this.#budgets} budgets kept${end}\n`);
  }
}

export function milliseconds(value) {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
