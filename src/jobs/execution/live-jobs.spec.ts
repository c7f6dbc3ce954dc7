import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import type { Access } from '../../access/access.js';
import type { Configuration } from '../../config/configuration.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { TooManyJobsError } from '../../ogc/domain-errors.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { at } from '../testing/records.js';
import { LiveJobs } from './live-jobs.js';

const PREFIX = 'pygeoapi-job-';
const processes = [
  { id: 'open', requiresToken: false, jobSettings: {} },
  { id: 'small', requiresToken: false, jobSettings: { maxJobs: 1 } },
  { id: 'closed', requiresToken: true, jobSettings: {} },
] as const;
const [open, small, closed] = processes;

function setUp(maxJobs?: number, access?: Access) {
  const configuration = {
    environment: { jobNamePrefix: PREFIX, bucket: { pathPrefix: 'logs/' } },
    server: { manager: { jobs: maxJobs === undefined ? {} : { maxJobs } } },
  } as Configuration;
  const cache = jobCacheOf(new FakeCluster(), configuration);
  const registry = {
    list: () => processes,
    find: (id: string) => processes.find((process) => process.id === id),
  } as unknown as ProcessRegistry;
  const live = new LiveJobs(cache, registry, configuration, access);
  const job = (number: number, processId: string, conditions: { type: string; status: string }[] = [], version = 1) =>
    cache.observe({
      metadata: {
        name: `${PREFIX}0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`,
        uid: `uid-${number}`,
        resourceVersion: String(version),
        creationTimestamp: at(number),
        annotations: { 'pygeoapi.io/process_id': processId },
      },
      status: { conditions },
    } as V1Job);
  return { live, job };
}

describe('live jobs', () => {
  it('are those that whoever shows nothing may execute, where roles say it', () => {
    const rules = { may: (_who: undefined, action: string, id: string) => action === 'execute' && id === 'closed' };
    const { live } = setUp(1, { rules } as unknown as Access);
    live.reserve(closed);
    live.reserve(open);
    live.reserve(open);
    expect(() => live.reserve(closed)).toThrow(TooManyJobsError);
  });

  it('are let through up to the ceiling, those that are being made included', () => {
    const { live } = setUp(3);
    const tries = Array.from({ length: 50 }, () => {
      try {
        return live.reserve(open);
      } catch (error) {
        return error;
      }
    });
    const refused = tries.filter((outcome) => outcome instanceof TooManyJobsError);
    expect(refused).toHaveLength(47);
    expect(refused[0]).toMatchObject({
      message: expect.stringContaining('3 may be (server.manager.max_jobs)') as unknown as string,
      retryAfterSeconds: 10,
    });
  });

  it('count once more when one was not made, however often that is said', () => {
    const { live } = setUp(1);
    const done = live.reserve(open);
    done();
    done();
    live.reserve(open);
    expect(() => live.reserve(open)).toThrow(TooManyJobsError);
  });

  it('are those of the cache that have not ended', () => {
    const { live, job } = setUp(1);
    job(1, 'open');
    expect(() => live.reserve(open)).toThrow(TooManyJobsError);
    job(1, 'open', [{ type: 'Complete', status: 'True' }], 2);
    expect(() => live.reserve(open)).not.toThrow();
  });

  it('of processes with a token are not counted, nor bounded by the ceiling of open ones', () => {
    const { live, job } = setUp(1);
    job(1, 'closed');
    job(2, 'closed');
    live.reserve(closed);
    live.reserve(open);
    live.reserve(closed);
    expect(() => live.reserve(open)).toThrow('server.manager.max_jobs');
  });

  it('of one process have its own ceiling, also where there is none for all', () => {
    const { live } = setUp();
    live.reserve(small);
    expect(() => live.reserve(small)).toThrow(
      'jobs of process "small" have not ended, and 1 may be (max_jobs of the process)',
    );
    live.reserve(open);
  });
});
