import type { FastifyReply } from 'fastify';
import type { JobStatus } from '../../model/job-status.js';
import type { StatusInfoDto } from '../../model/status-info.dto.js';
import type { JobListDto } from '../jobs.dto.js';

/** A page of the list whose jobs are JSON already. */
export type WrittenJobList = Omit<JobListDto, 'jobs'> & { readonly jobs: readonly Buffer[] };

interface Written {
  readonly as: string;
  readonly json: Buffer;
}

/** Statuses as JSON, each as it was written last, for as long as the status itself is kept: `KnownStatuses` bounds how many there are. */
export class WrittenStatuses {
  private readonly known = new WeakMap<JobStatus, Written>();

  /**
   * @param as what the JSON follows from beside the status, which never changes
   * @param make is not asked where it was written so before
   */
  of(status: JobStatus, as: string, make: () => StatusInfoDto): Buffer {
    const known = this.known.get(status);
    if (known?.as === as) return known.json;
    const json = Buffer.from(JSON.stringify(make()));
    this.known.set(status, { as, json });
    return json;
  }
}

const COMMA = Buffer.from(',');

/** Lets a {@link WrittenJobList}, with whatever links it gets on its way, be answered as the JSON that it stands for. */
export function answerWritten(reply: FastifyReply): void {
  // Fastify takes bytes, too, which its types do not say.
  const serializer = toJson as (payload: object) => unknown as (payload: object) => string;
  void reply.type('application/json; charset=utf-8').serializer(serializer);
}

/** @param payload the list, or what goes out in its place, as a problem does */
export function toJson(payload: object): string | Buffer {
  if (!isWritten(payload)) return JSON.stringify(payload);
  const { jobs, ...others } = payload;
  const parts = jobs.flatMap((job, at) => (at === 0 ? [job] : [COMMA, job]));
  return Buffer.concat([Buffer.from('{"jobs":['), ...parts, Buffer.from(`],${JSON.stringify(others).slice(1)}`)]);
}

function isWritten(payload: object): payload is WrittenJobList {
  return 'jobs' in payload && Array.isArray(payload.jobs) && payload.jobs.every((job) => Buffer.isBuffer(job));
}
