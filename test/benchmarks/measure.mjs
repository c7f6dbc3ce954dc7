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

/** So that none is always first. */
export function turned(names, index) {
  return names.map((_, at) => names[(at + index) % names.length]);
}

/**
 * Calls each way `count` times, one call at a time, in turn.
 * @param prepare makes what a way is called with, which is not measured
 * @returns of each way, by its name, milliseconds of its calls
 */
export async function alternating(count, ways, prepare) {
  const names = Object.keys(ways);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let index = 0; index < count; index += 1)
    for (const name of turned(names, index)) {
      const prepared = prepare();
      times[name].push(await timed(() => ways[name](prepared)));
    }
  return times;
}

/** Nearest rank. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const median = (values) => percentile(values, 0.5);

/**
 * Prints one benchmark's measurements, and in the end each figure that has a budget: its median over the runs, their spread, the budget, and
 * whether it is kept.
 */
export class Report {
  /** By their stable names: what `--json` writes. */
  #figures = new Map();
  #broken = false;

  constructor(name) {
    this.name = name;
  }

  note(text) {
    console.log(`  ${text}`);
  }

  /** One run's value of a figure, by its stable name. @param unit `ms`, `MiB`, `/s`; absent: a ratio or a number */
  figure(name, value, unit) {
    const known = this.#figures.get(name) ?? { unit, runs: [] };
    known.runs.push(value);
    this.#figures.set(name, known);
    return known;
  }

  /** Percentiles of times in milliseconds. @param name of the figures, which are `NAME_p50` and so on; absent: they are only printed */
  times(what, times, name) {
    const shares = { p50: 0.5, p95: 0.95, p99: 0.99 };
    const shown = Object.entries(shares).map(([key, share]) => `${key} ${milliseconds(percentile(times, share))}`);
    this.note(`${what}: ${shown.join(', ')}, max ${milliseconds(Math.max(...times))} (n=${times.length})`);
    if (name === undefined) return;
    for (const [key, share] of Object.entries(shares)) this.figure(`${name}_${key}`, percentile(times, share), 'ms');
  }

  /**
   * One run's value of a figure that has a budget; it is printed when the runs are over.
   * @param most the budget, or `least`
   * @param show makes the text of a value
   * @param budget its text; absent: as `show` makes it
   */
  budget(what, value, { name, most, least, unit = 'ms', show = showIn[unit] ?? ratio, budget }) {
    const figure = this.figure(name, value, unit === '' ? undefined : unit);
    Object.assign(figure, { what, most, least, show, budget: budget ?? show(most ?? least) });
  }

  /** What went wrong: the measurement is not whole. */
  broke(error) {
    this.#broken = true;
    this.note(`could not be measured: ${error instanceof Error ? error.stack : String(error)}`);
  }

  close() {
    const budgets = [...this.#figures.values()].filter(({ what }) => what !== undefined);
    for (const { what, show, runs, budget, ...limits } of budgets) {
      const [low, high] = [Math.min(...runs), Math.max(...runs)].map(show);
      const spread = runs.length > 1 ? ` (${low} to ${high} in ${runs.length} runs)` : '';
      const kept = isKept(median(runs), limits) ? 'kept  ' : 'MISSED';
      this.note(`${kept} ${what}: ${show(median(runs))}${spread} (budget ${budget})`);
    }
    const kept = budgets.filter(({ runs, ...limits }) => isKept(median(runs), limits)).length;
    const end = this.#broken ? ', BROKE OFF' : '';
    console.log(`${this.name}: ${kept} of ${budgets.length} budgets kept${end}\n`);
  }

  /** As `--json` writes it: of each figure its median, lowest and highest run, and budget. */
  toJSON() {
    const figures = [...this.#figures].map(([name, { unit, runs, most, least }]) => {
      const limits = { ...(most === undefined ? {} : { most }), ...(least === undefined ? {} : { least }) };
      const kept = most === undefined && least === undefined ? {} : { kept: isKept(median(runs), limits) };
      const spread = { median: median(runs), low: Math.min(...runs), high: Math.max(...runs) };
      return [name, { ...(unit === undefined ? {} : { unit }), ...spread, runs, ...limits, ...kept }];
    });
    return { ...(this.#broken ? { broken: true } : {}), figures: Object.fromEntries(figures) };
  }
}

function isKept(value, { most = Infinity, least = -Infinity }) {
  return value <= most && value >= least;
}

const ratio = (value) => value.toFixed(2);

const showIn = { ms: (value) => milliseconds(value), MiB: (value) => `${value.toFixed(0)} MiB` };

export function milliseconds(value) {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
