import type { Configuration } from '../../config/configuration.js';
import type { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { JobCache } from '../model/job-cache.js';

/** The server may do everything. */
const rights = { releasePods: true, watchEvents: true };

/** The cache of a server that works on this cluster. */
export function jobCacheOf({ informerFactory, client }: FakeCluster, configuration: Configuration): JobCache {
  return new JobCache(informerFactory, client, configuration, rights);
}
