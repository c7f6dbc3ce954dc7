import { annotation, label, ownAnnotation } from '../../k8s/names.js';
import type { ArchivedJob } from '../records/archived-job.js';

const START = Date.UTC(2026, 0, 1, 12);

/** A time of the tests: that many seconds after noon. */
export function second(seconds: number): Date {
  return new Date(START + seconds * 1000);
}

export function archivedId(number: number): string {
  return `0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/**
 * A record whose object says the same as its columns do.
 * @param number of its id; made so many seconds after the first, finished a second later
 */
export function anArchivedJob(number: number, overrides: Partial<ArchivedJob> = {}): ArchivedJob {
  const jobId = overrides.jobId ?? archivedId(number);
  const job = {
    jobId,
    name: `pygeoapi-job-${jobId}`,
    uid: `uid-${number}`,
    state: '00000000000000aa',
    processId: 'hello',
    tags: [],
    status: 'successful' as const,
    message: 'The job was successful.',
    created: second(number),
    started: second(number),
    finished: second(number + 1),
    usage: { seconds: 1, cpuSeconds: 0.1, memoryByteSeconds: 1e6 },
    ...overrides,
  };
  return { ...job, object: overrides.object ?? objectOf(job) };
}

function objectOf(job: Omit<ArchivedJob, 'object'>): ArchivedJob['object'] {
  const { name, uid, created, status, cause, message, started, finished, owner, ownerName, tags, requestedAt } = job;
  const outcome = {
    status,
    ...(started ? { started: started.toISOString() } : {}),
    finished: finished.toISOString(),
    ...(status === 'failed' ? { cause: { type: cause, message } } : {}),
  };
  return {
    metadata: {
      name,
      uid,
      creationTimestamp: created.toISOString().replace('.000Z', 'Z'),
      annotations: {
        [annotation.processId]: job.processId,
        [ownAnnotation.collection]: 'done',
        [ownAnnotation.outcome]: JSON.stringify(outcome),
        [ownAnnotation.archived]: job.state,
        ...(requestedAt === undefined ? {} : { [annotation.started]: new Date(requestedAt).toISOString() }),
        ...(tags.length > 0 ? { [ownAnnotation.tags]: JSON.stringify(tags) } : {}),
        ...(ownerName === undefined ? {} : { [ownAnnotation.owner]: JSON.stringify({ name: ownerName }) }),
      },
    },
    spec: { template: { metadata: { labels: owner === undefined ? {} : { [label.owner]: owner } } } },
    status: {},
    ...(job.processUnsigned ? { standing: { processUnsigned: true } } : {}),
  };
}

/** A job that took ten seconds, as it is archived. */
export function archivedJob(jobId: string, changes: Partial<ArchivedJob> = {}): ArchivedJob {
  const name = `pygeoapi-job-${jobId}`;
  const created = changes.created ?? new Date('2026-11-01T10:00:00Z');
  const uid = changes.uid ?? `uid-of-${jobId}`;
  return {
    jobId,
    name,
    uid,
    state: '0000000000000001',
    processId: 'echo',
    created,
    requestedAt: created.getTime() + 123,
    tags: [],
    status: 'successful',
    message: 'It is done.',
    started: new Date(created.getTime() + 1000),
    finished: new Date(created.getTime() + 11_000),
    usage: { seconds: 10, cpuSeconds: 5, memoryByteSeconds: 10_737_418_240 },
    object: {
      metadata: {
        name,
        uid,
        creationTimestamp: created.toISOString(),
        annotations: { 'pygeoapi.io/process_id': 'echo' },
      },
      spec: { parallelism: 1 },
      status: { succeeded: 1 },
    },
    ...changes,
  };
}
