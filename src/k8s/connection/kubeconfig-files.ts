import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { ClusterConnectionError } from './cluster-connection-error.js';

/** Which kubeconfig files there are to read, by kubectl's rules. */
export interface KubeconfigFiles {
  /** The files that exist. */
  readonly found: readonly string[];
  /** All places looked at, for messages. */
  readonly looked: string;
  /** Whether `KUBECONFIG` names them: then it is an error that none exists. */
  readonly named: boolean;
}

/** @param homeFolders where `.kube/config` is looked for when `KUBECONFIG` is not set; the first that has it counts */
export function findKubeconfigFiles(
  environment: Readonly<Record<string, string | undefined>>,
  homeFolders: readonly string[],
): KubeconfigFiles {
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const files = named.length > 0 ? named : homeFolders.map((folder) => join(folder, '.kube', 'config'));
  const looks = files.map((file) => ({ file, failure: look(file) }));
  const found = looks.filter(({ failure }) => failure === undefined).map(({ file }) => file);
  const looked = looks.map(({ file, failure }) => (failure === 'EACCES' ? `${file} (permission denied)` : file));
  return {
    found: named.length > 0 ? found : found.slice(0, 1),
    looked: named.length > 0 ? `KUBECONFIG=${looked.join(delimiter)}` : looked.join(', '),
    named: named.length > 0,
  };
}

/** @returns the code of what keeps the file from being seen; undefined where it is there, readable or not */
function look(file: string): string | undefined {
  try {
    statSync(file);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/**
 * Reads the files into `target` as kubectl does: of entries with one name, and of current contexts, the first file's holds.
 * @throws ClusterConnectionError where a file cannot be read or the current context leads to no cluster
 */
export function loadKubeconfigFiles(target: KubeConfig, files: readonly string[]): void {
  for (const file of files) {
    const source = new KubeConfig();
    try {
      source.loadFromFile(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClusterConnectionError(`kubeconfig ${file} cannot be read: ${reason}`);
    }
    target.clusters = [...target.clusters, ...missing(source.clusters, target.clusters)];
    target.users = [...target.users, ...missing(source.users, target.users)];
    target.contexts = [...target.contexts, ...missing(source.contexts, target.contexts)];
    if (!target.currentContext && source.currentContext) target.setCurrentContext(source.currentContext);
  }
  const where = `kubeconfig ${files.join(delimiter)}`;
  const context = target.getContextObject(target.getCurrentContext());
  if (!target.getCurrentContext()) throw new ClusterConnectionError(`${where}: there is no current-context`);
  if (context === null) {
    throw new ClusterConnectionError(
      `${where}: the current-context ${target.getCurrentContext()} is not among its contexts`,
    );
  }
  if (target.getCurrentCluster() === null) {
    throw new ClusterConnectionError(
      `${where}: context ${context.name} names cluster ${context.cluster}, which is not there`,
    );
  }
  if (target.getCurrentUser() === null) {
    throw new ClusterConnectionError(
      `${where}: context ${context.name} names user ${context.user}, which is not there`,
    );
  }
}

function missing<T extends { readonly name: string }>(additional: readonly T[], present: readonly T[]): T[] {
  return additional.filter(({ name }) => !present.some((entry) => entry.name === name));
}
