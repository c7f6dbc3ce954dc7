import type { ServerSection } from './configuration.js';

/** How many there may be at the same time. */
export interface FollowerSettings {
  /** All together. */
  readonly atOnce: number;
  /** Of one address, apart for those with and those without the token. */
  readonly perCaller: number;
}

/** How much is read at the same time. */
export interface ReaderSettings extends FollowerSettings {
  /** Bytes a second that a reader takes while there is something to take, on average of a minute. */
  readonly minimumRate: number;
}

/** Generous: whoever reads more than this at once, or more slowly, keeps others from reading. */
const DEFAULTS: ReaderSettings = { atOnce: 200, perCaller: 100, minimumRate: 1024 };

/** A stream of events costs little while nothing changes, and is open for hours; so does a request that waits for its job. */
const LISTENERS: FollowerSettings = { atOnce: 2000, perCaller: 1000 };

/** What holds of `server.readers`. */
export function readerSettings({ readers }: Pick<ServerSection, 'readers'>): ReaderSettings {
  return { ...counts(readers), minimumRate: readers?.minimumRate ?? DEFAULTS.minimumRate };
}

/** What holds of `server.followers`, of those who follow logs. */
export function followerSettings({ followers }: Pick<ServerSection, 'followers'>): FollowerSettings {
  return counts(followers);
}

/** What holds of `server.listeners`, of those who listen to events of jobs. */
export function listenerSettings({ listeners }: Pick<ServerSection, 'listeners'>): FollowerSettings {
  return counts(listeners, LISTENERS);
}

/** What holds of `server.waits`, of requests that wait for their jobs. */
export function waitSettings({ waits }: Pick<ServerSection, 'waits'>): FollowerSettings {
  return counts(waits, LISTENERS);
}

function counts(settings: ServerSection['followers'], defaults: FollowerSettings = DEFAULTS): FollowerSettings {
  const { atOnce = defaults.atOnce, perCaller = defaults.perCaller } = settings ?? {};
  return { atOnce, perCaller: Math.min(perCaller, atOnce) };
}
