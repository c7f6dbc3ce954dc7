import type { ServerSection } from './configuration.js';

/** How much of what inputs given by link lead to is fetched, to validate it; bytes. */
export interface LinkedInputSettings {
  /** Of one link: as much as a body may have. */
  readonly perLink: number;
  /** Of all links of a request together. */
  readonly perRequest: number;
  /** That are held at a time, of all requests. */
  readonly atOnce: number;
}

/** Links of a request that are looked at. */
export const MOST_LINKS = 20;
const AT_ONCE = 32 * 1024 ** 2;

/** What holds of `server.linked_inputs`: one link always finds room. */
export function linkedInputSettings(
  server: Pick<ServerSection, 'linkedInputs' | 'maxRequestBytes'>,
): LinkedInputSettings {
  const { maxRequestBytes: perLink, linkedInputs = {} } = server;
  const { perRequest = MOST_LINKS * perLink, atOnce = AT_ONCE } = linkedInputs;
  return { perLink, perRequest, atOnce: Math.max(atOnce, perLink) };
}
