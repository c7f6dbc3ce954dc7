import type { ArchivedJob } from '../records/archived-job.js';

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
