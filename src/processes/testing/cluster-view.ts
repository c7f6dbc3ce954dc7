import type { ClusterView } from '../processor.js';

/** A namespace with these secrets, given as name to labels. */
export function clusterWith(secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): ClusterView {
  return { secrets: () => Promise.resolve(Object.entries(secrets).map(([name, labels]) => ({ name, labels }))) };
}
