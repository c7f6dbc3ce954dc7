import { afterEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Configuration } from '../config/configuration.js';
import { annotation, ownAnnotation } from '../k8s/names.js';
import { systemClock } from '../k8s/time/clock.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { JobResults } from '../jobs/results/job-results.js';
import type { LiveResults } from '../jobs/results/live-results.js';
import { ResultMemory } from '../jobs/results/result-memory.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import type { ReadersStore } from '../object-store/object-store.js';
import { ResultsExpiredError } from '../ogc/domain-errors.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { anEndedJob, JOB, setUp, stopServers } from './testing/archive-bed.js';

afterEach(stopServers);

const [PRINTED, UPLOADED] = ['result', 'output-image'].map((kind) => `logs/2026-01-01_${JOB}-${kind}`) as [
  string,
  string,
];
const stored = (key: string) => ({ mediaType: 'text/plain', size: 4, digest: 'sha256:x', key });
const MINUTE = 60;

/** One job that ended at noon and five seconds, of a process with `results_ttl: 3m`, and `keep_jobs: 1m`. */
async function bed(results: Record<string, string>) {
  const all = setUp({ keepJobs: MINUTE });
  for (const key of [PRINTED, UPLOADED])
    await all.store.port.create(key, () => Readable.from([Buffer.from('some')]), {
      contentType: 'text/plain',
      size: 4,
    });
  all.cluster.addJob(anEndedJob({ [ownAnnotation.resultsTtl]: String(3 * MINUTE), ...results }));
  const servers = [all.replica(), all.replica()] as const;
  const read = async ({ cache }: (typeof servers)[number]) => {
    const job = await cache.get(JOB_ID);
    const reader = new JobResults(
      cache,
      all.store.port as ReadersStore,
      {} as LiveResults,
      { find: () => undefined } as unknown as ProcessRegistry,
      { server: {} } as Configuration,
      new ClusterClock(systemClock, () => all.time.now.getTime()),
      new ResultMemory(),
    );
    const { body } = await reader.read(job, false, 'http://localhost');
    return { fromArchive: job.fromArchive, text: body && (await text(body)) };
  };
  const after = (minutes: number) => (all.time.now = at(5 + minutes * MINUTE));
  return { ...all, servers, read, after };
}

describe('results of a job that leaves the cluster after a minute, kept for three', () => {
  it.each([
    ['on the Job', { [annotation.resultMimetype]: 'text/plain', [annotation.resultValue]: 'some' }],
    [
      'on the Job, by their output',
      { [ownAnnotation.outputs]: JSON.stringify({ a: { ...stored(''), key: undefined, value: 'some' } }) },
    ],
    [
      'in the store',
      { [annotation.resultMimetype]: 'text/plain', [ownAnnotation.result]: JSON.stringify(stored(PRINTED)) },
    ],
    ['uploaded', { [ownAnnotation.outputs]: JSON.stringify({ image: stored(UPLOADED) }) }],
  ])('are there after two minutes and over after four, whoever leads: %s', async (_, results) => {
    const { cluster, archive, store, servers, read, after } = await bed(results);
    const [one, other] = servers;
    await one.lead();
    after(1);
    await one.lead();
    expect(cluster.calls).toContain('deleteJob');
    cluster.removeJob(JOB);
    after(2);
    for (const server of servers) expect(await read(server)).toEqual({ fromArchive: true, text: 'some' });
    await one.lead(false);
    after(4);
    await other.lead();
    for (const server of servers) await expect(read(server)).rejects.toThrow(ResultsExpiredError);
    expect(JSON.stringify([archive.jobs.get(JOB_ID)])).not.toContain('"some"');
    const left = JSON.stringify(results).includes(PRINTED) ? UPLOADED : PRINTED;
    expect(JSON.stringify(results).includes('logs/') ? [...store.objects.keys()] : [left]).toEqual([left]);
  });
});
