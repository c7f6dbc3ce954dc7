import type { ManagerSection } from './configuration.js';

/** How much of what ended pods leave stands in temporary files, on its way to the object store. */
export interface CollectionSettings {
  /** Bytes of one pod: of its logs, and as many of its results. */
  readonly perPod: number;
  /** Bytes of all pods together. */
  readonly inAll: number;
}

const MEBIBYTE = 1024 ** 2;

/** Generous: nodes keep 10 MiB of each log, where nobody tells them otherwise. */
const DEFAULTS: CollectionSettings = { perPod: 1024 * MEBIBYTE, inAll: 4096 * MEBIBYTE };

/** What holds of `server.manager.collected_logs`. One pod never takes so much that it keeps another from being collected. */
export function collectionSettings({ collectedLogs }: Pick<ManagerSection, 'collectedLogs'>): CollectionSettings {
  const { inAll = DEFAULTS.inAll, perPod = DEFAULTS.perPod } = collectedLogs ?? {};
  return { perPod: Math.min(perPod, Math.floor(inAll / 4)), inAll };
}
