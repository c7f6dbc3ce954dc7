import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import fc from 'fast-check';
import type { ArchivedJob } from '../../../archive/records/archived-job.js';
import { annotation, ownAnnotation } from '../../../k8s/names.js';
import { FakeCluster } from '../../../k8s/testing/fake-cluster.js';
import { jobCacheOf } from '../../testing/job-cache-of.js';
import { aFailedPod, anEndedContainer, aSucceededPod, at, JOB_ID } from '../../testing/records.js';
import { jobStatus } from '../job-status.js';
import type { PodRecord } from '../pod-record.js';
import { archivedJobOf } from './archived-job-of.js';
import { wholeOutcome } from './told-outcome.js';

const JOB = `pygeoapi-job-${JOB_ID}`;
const text = (seconds: number) => at(seconds).toISOString().replace('.000Z', 'Z') as unknown as Date;
const digest = (letter: string) => `docker.io/x@sha256:${letter.repeat(64)}`;

/** A Job that nobody collected. @param words other annotations, as somebody writes them */
function ended(type: 'Complete' | 'Failed', words: Record<string, string>): V1Job {
  const condition = { type, status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: text(60) };
  return {
    metadata: {
      name: JOB,
      uid: 'job-uid',
      creationTimestamp: text(0),
      annotations: { [annotation.processId]: 'hello', ...words },
    },
    spec: {
      backoffLimit: 2,
      template: { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] } },
    },
    status: { startTime: text(1), conditions: [condition as never] },
  };
}

/** The first attempt, and the last; each on a node of its own. */
const POD = (type: 'Complete' | 'Failed', last: boolean): PodRecord => {
  const finished = last ? 50 : 20;
  const [exitCode, letter] = last && type === 'Complete' ? [0, 'b'] : [last ? 7 : 3, last ? 'b' : 'a'];
  const more = {
    uid: last ? 'last' : 'first',
    created: at(finished - 10),
    node: last ? 'node-2' : 'node-1',
    containers: [
      {
        ...anEndedContainer(exitCode),
        image: 'x:1',
        imageId: digest(letter),
        startedAt: at(finished - 8),
        finishedAt: at(finished),
      },
    ],
  };
  return exitCode === 0 ? aSucceededPod(more) : aFailedPod(exitCode, more);
};

/** What is archived when so much of the pods is left. */
function look(of: V1Job, pods: readonly PodRecord[], earlier?: ArchivedJob): ArchivedJob {
  const cache = jobCacheOf(new FakeCluster());
  const job = cache.recordOf(of);
  if (!job) throw new Error('it is no job');
  const [pod] = pods;
  const beside = { ...(pod ? { pod } : {}), ...(earlier ? { earlier } : {}) };
  return archivedJobOf(of, job, jobStatus(job, pods), cache.annotationsOf(of), at(100), beside);
}
const knownBy = ({ status, cause, message, started, finished, usage, object }: ArchivedJob) => ({
  ...{ status, cause, message, started, finished, usage },
  outcome: wholeOutcome(object.metadata.annotations[ownAnnotation.outcome]),
});

const aType = fc.constantFrom('Complete' as const, 'Failed' as const);
/** What a cache shows of the pods of a Job, one time after the other: it may be behind, and pods go. */
const someLooks = fc.array(fc.record({ first: fc.boolean(), last: fc.boolean(), words: fc.nat(2) }), {
  minLength: 1,
  maxLength: 6,
});

describe('the record of a job that nobody collected', () => {
  it('never loses what any look at its pods knew: that at the newest has the say', () => {
    fc.assert(
      fc.property(aType, someLooks, (type, looks) => {
        let record: ArchivedJob | undefined;
        const alone: { readonly rank: number; readonly known: ReturnType<typeof knownBy> }[] = [];
        for (const { first, last, words } of looks) {
          const of = ended(type, { [ownAnnotation.deliveries]: `{"${words}":{}}` });
          const pods = [...(last ? [POD(type, true)] : []), ...(first ? [POD(type, false)] : [])];
          alone.push({ rank: last ? 2 : first && type === 'Failed' ? 1 : 0, known: knownBy(look(of, pods)) });
          record = look(of, pods, record);
          // The same once more is the same state: what is archived can leave the cluster.
          expect(look(of, pods, record)).toEqual(record);
        }
        const best = alone.toSorted((a, b) => a.rank - b.rank).at(-1);
        expect(record && knownBy(record)).toEqual(best?.known);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what the cluster measured, and takes nothing from the record of another Job', () => {
    const of = ended('Failed', {});
    const first = look(of, [POD('Failed', true)]);
    const measured = { ...first, usage: { ...first.usage, usedCpuSeconds: 3, usedMemoryByteSeconds: 4 } };
    expect(look(of, [], measured).usage).toEqual(measured.usage);
    expect(look(of, [], { ...measured, uid: 'another' })).toEqual(look(of, []));
    expect(knownBy(first).outcome).toMatchObject({
      ran: { node: 'node-2', images: [{ container: 'main', digest: `sha256:${'b'.repeat(64)}` }] },
      cause: { type: 'non-zero-exit', exitCode: 7 },
    });
  });
});
