import type { AdmissionLine } from '../../admission/line/admission-line.js';
import type { Configuration } from '../../config/configuration.js';
import type { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import type { Workloads } from '../../queues/workloads.js';
import type { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { JobCache } from '../model/job-cache.js';

/** The server may do everything. */
const rights = { releasePods: true, watchEvents: true };

/** What parts that deal with jobs read of it. */
export const configuration = {
  environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: 'logs/' } },
} as Configuration;

/** The cache of a server that works on this cluster. @param of its configuration */
export function jobCacheOf(
  { informerFactory, client }: Pick<FakeCluster, 'informerFactory' | 'client'>,
  of = configuration,
  line?: AdmissionLine,
  workloads?: Pick<Workloads, 'of' | 'onChange'>,
  archived?: ArchivedJobs,
): JobCache {
  return new JobCache(informerFactory, client, of, rights, workloads as Workloads | undefined, line, archived);
}
