import type { Selectable } from 'kysely';
import type { ArchivedJob, ArchivedStatus, ArchivePosition } from '../records/archived-job.js';
import type { JobsTable } from './tables.js';

type Row = Selectable<JobsTable>;

/** Between message and tags in the column that text is looked for in. */
const SEPARATOR = '\u001f';

/** NUL, and halves of characters, are what PostgreSQL cannot hold. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** With the values as both drivers take them. */
export function rowOf(instance: number, job: ArchivedJob) {
  const { jobId, tags, message, started, finished, usage } = job;
  return {
    instance,
    job_id: jobId,
    uid: job.uid,
    state: job.state,
    name: job.name,
    process_id: storable(job.processId),
    process_unsigned: job.processUnsigned ?? false,
    owner: job.owner ?? null,
    owner_name: job.ownerName === undefined ? null : storable(job.ownerName),
    tags: tags.map(storable),
    status: job.status,
    cause: job.cause ?? null,
    message: storable(message),
    words: jobId.toLowerCase(),
    said: storable([message, ...tags].join(SEPARATOR).toLowerCase()),
    created: job.created.toISOString(),
    requested_at: job.requestedAt ?? 0,
    started: started?.toISOString() ?? null,
    finished: finished.toISOString(),
    duration: started ? finished.getTime() - started.getTime() : null,
    results_expire: job.resultsExpire?.toISOString() ?? null,
    idempotency_digest: job.idempotencyDigest ?? null,
    seconds: usage.seconds,
    cpu_seconds: usage.cpuSeconds,
    memory_byte_seconds: usage.memoryByteSeconds,
    used_cpu_seconds: usage.usedCpuSeconds ?? null,
    used_memory_byte_seconds: usage.usedMemoryByteSeconds ?? null,
    // Text of JSON, which is kept as it is written: with `\u0000` as well.
    object: JSON.stringify(job.object),
  };
}

/** Of a row that has its object. */
export function jobOf(row: Row): ArchivedJob {
  const position: ArchivePosition = {
    created: row.created,
    ...(Number(row.requested_at) === 0 ? {} : { requestedAt: Number(row.requested_at) }),
    name: row.name,
  };
  return {
    ...position,
    jobId: row.job_id,
    uid: row.uid,
    state: row.state,
    processId: row.process_id,
    ...(row.process_unsigned ? { processUnsigned: true } : {}),
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.owner_name === null ? {} : { ownerName: row.owner_name }),
    tags: row.tags,
    status: row.status as ArchivedStatus,
    ...(row.cause === null ? {} : { cause: row.cause }),
    message: row.message,
    ...(row.started === null ? {} : { started: row.started }),
    finished: row.finished as Date,
    ...(row.results_expire === null ? {} : { resultsExpire: row.results_expire }),
    ...(row.idempotency_digest === null ? {} : { idempotencyDigest: row.idempotency_digest }),
    usage: {
      seconds: row.seconds,
      cpuSeconds: row.cpu_seconds,
      memoryByteSeconds: row.memory_byte_seconds,
      ...(row.used_cpu_seconds === null ? {} : { usedCpuSeconds: row.used_cpu_seconds }),
      ...(row.used_memory_byte_seconds === null ? {} : { usedMemoryByteSeconds: row.used_memory_byte_seconds }),
    },
    object: row.object as ArchivedJob['object'],
  };
}
