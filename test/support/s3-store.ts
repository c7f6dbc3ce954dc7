import { onRealCluster } from './cluster.js';
import { startTestStore, type TestStore } from './store.js';
import { startStoreWithBucket } from './stores/bucket.js';
import { moto } from './stores/moto.js';

/** An S3 store on every cluster: the real one where there is one, else moto in a process of its own, only for the server. */
export async function startS3Store(): Promise<TestStore> {
  if (onRealCluster) return startTestStore();
  const { store, bucket, dispose } = await startStoreWithBucket(moto);
  const prefix = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_';
  const unknown = () => Promise.reject(new Error('is not looked into'));
  return {
    environment: {
      [`${prefix}ENDPOINT`]: store.endpoint,
      [`${prefix}KEY`]: store.accessKey,
      [`${prefix}SECRET`]: store.secretKey,
      [`${prefix}NAME`]: bucket,
      [`${prefix}PATH_PREFIX`]: 'logs/',
    },
    args: ['--object-store', 's3'],
    keys: unknown,
    logs: unknown,
    read: unknown,
    names: unknown,
    remove: dispose,
  };
}
