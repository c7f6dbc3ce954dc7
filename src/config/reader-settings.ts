import type { ServerSection } from './configuration.js';

/** How much is read at the same time. */
export interface ReaderSettings {
  /** Readers of results and stored logs, all together. */
  readonly atOnce: number;
  /** Of one address, apart for those with and those without the token. */
  readonly perCaller: number;
  /** Bytes a second that a reader takes while there is something to take, on average of a minute. */
  readonly minimumRate: number;
}

/** Generous: whoever reads more than this at once, or more slowly, keeps others from reading. */
const DEFAULTS: ReaderSettings = { atOnce: 200, perCaller: 100, minimumRate: 1024 };

/** What holds of `server.readers`. */
export function readerSettings({ readers }: Pick<ServerSection, 'readers'>): ReaderSettings {
  const {
    atOnce = DEFAULTS.atOnce,
    minimumRate = DEFAULTS.minimumRate,
    perCaller = DEFAULTS.perCaller,
  } = readers ?? {};
  return { atOnce, perCaller: Math.min(perCaller, atOnce), minimumRate };
}
