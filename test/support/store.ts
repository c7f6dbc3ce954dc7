import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onRealCluster } from './cluster.js';

/** The object store of a suite: a bucket beside the real cluster, a folder beside the embedded one. */
export interface TestStore {
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Names of all objects. */
  keys(): Promise<string[]>;
  /** Names of all objects that hold logs. */
  logs(): Promise<string[]>;
  /** An object as text. */
  read(key: string): Promise<string>;
  /** Puts an object there, in the place of any; of a bucket only. */
  write?(key: string, body: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  /** Names of everything that is there, uploads under way included. */
  names(): Promise<string[]>;
  remove(): Promise<void>;
}

/**
 * What is kept of inputs, finished or not. The server's own health check and logs have unfinished files for a moment too, and one that is
 * killed meanwhile leaves them for an hour; those of inputs begin with their key.
 */
export async function inputsKept(store: TestStore): Promise<string[]> {
  const names = await store.names();
  const folder = store.environment['DATA_DIR'] ?? '';
  const ofInputs = await Promise.all(
    names.map(async (name) => {
      if (!name.includes('.new-')) return name.includes('-inputs-');
      const begun = await readFile(join(folder, name), 'latin1').catch(() => '');
      return begun.slice(0, begun.indexOf('\n')).includes('-inputs-');
    }),
  );
  return names.filter((_, index) => ofInputs[index]);
}

/** Those of a job's logs that are another's of the same pod, which a log names first: Kubernetes may have made a job more than one pod, and each has its own. */
export async function duplicateLogs(store: TestStore, logs: readonly string[]): Promise<string[]> {
  if (logs.length < 2) return [];
  const pods = new Set<string>();
  const duplicates: string[] = [];
  for (const key of logs) {
    const [pod = ''] = /^.*$/m.exec(await store.read(key)) ?? [];
    if (pods.has(pod)) duplicates.push(key);
    pods.add(pod);
  }
  return duplicates;
}

export async function startTestStore(): Promise<TestStore> {
  if (!onRealCluster) return startFolder();
  // Only there: loading S3's client takes a sixth of a second of processor time, in every suite again.
  return (await import('./stores/cluster-bucket.js')).startBucket();
}

async function startFolder(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-store-'));
  return folderStore(folder, () => rm(folder, { recursive: true, force: true }));
}

/** A store in a folder that is there. @param remove what to do with it at the end */
export function folderStore(folder: string, remove: () => Promise<void>): TestStore {
  const names = async () => (await readdir(folder, { recursive: true })).map(decodeURIComponent);
  return {
    environment: { DATA_DIR: folder, PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX: 'logs/' },
    args: ['--object-store', 'folder'],
    keys: names,
    names,
    read: async (key) => {
      const name = (await readdir(folder, { recursive: true })).find((each) => decodeURIComponent(each) === key);
      const file = await readFile(join(folder, name ?? key), 'utf8');
      // Before the object stands a line with its properties.
      return file.startsWith('{"key":') ? file.slice(file.indexOf('\n') + 1) : file;
    },
    logs: async () => (await names()).filter((name) => /-logs(\.duplicate[^/]*)?\.txt$/.test(name)),
    remove,
  };
}
