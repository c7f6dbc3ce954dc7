import { Injectable } from '@nestjs/common';
import { buffer } from 'node:stream/consumers';
import { Configuration } from '../config/configuration.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus } from '../jobs/model/job-status.js';
import { asksForNone, JobResults } from '../jobs/results/job-results.js';
import { toStatusInfo } from '../jobs/listing/status-info.js';
import { JobFailedError, NotAcceptableError, NotAvailableError, ResultsExpiredError } from '../ogc/domain-errors.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';

/** Results of more bytes are sent as links: receivers take no more than a megabyte, as a rule. */
export const INLINE_LIMIT = 1024 * 1024;

/** Another try would make no document either: whoever follows the links is told why. */
const WITHOUT_DOCUMENT = [JobFailedError, NotAcceptableError, NotAvailableError, ResultsExpiredError];

/** What subscribers get (OGC API - Processes 1.0, requirement `/req/callback/job-callback`). */
@Injectable()
export class MessageBody {
  constructor(
    private readonly cache: JobCache,
    private readonly results: JobResults,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
  ) {}

  /** The results document of a successful job, as JSON (or the job, where so configured); the status of any other. */
  async make(job: JobRecord, base: string): Promise<Buffer> {
    const { subscriber: _subscriber, ...status } = this.cache.statusOf(job);
    const isJob = this.configuration.server.manager.successCallback === 'job';
    if (status.status === 'successful' && !isJob) return this.resultsOf(job, base);
    const statusInfo = toStatusInfo(status, base, false);
    return Buffer.from(JSON.stringify(isJob ? { ...predecessorsJob(status), ...statusInfo } : statusInfo));
  }

  private async resultsOf(job: JobRecord, base: string): Promise<Buffer> {
    if (asksForNone(job)) return Buffer.from('{}');
    if ((job.storedResult?.size ?? 0) > INLINE_LIMIT) return this.links(job, base);
    const asDocument: JobRecord = { ...job, request: { ...job.request, response: 'document' } };
    try {
      const { body, size = 0 } = await this.results.read(asDocument, false, base);
      if (!body) return Buffer.from('{}');
      if (size <= INLINE_LIMIT) return await buffer(body);
      body.destroy();
    } catch (error) {
      if (!WITHOUT_DOCUMENT.some((kind) => error instanceof kind)) throw error;
    }
    return this.links(job, base);
  }

  /** A results document may hold links in place of values (schema results.yaml). */
  private links(job: JobRecord, base: string): Buffer {
    const described = Object.keys(this.processes.find(job.processId)?.description.outputs ?? {});
    const ids = job.request?.outputs ?? (described.length > 0 ? described : ['result']);
    const link = {
      href: `${base}/jobs/${job.jobId}/results`,
      rel: 'http://www.opengis.net/def/rel/ogc/1.0/results',
      ...(job.storedResult ? { type: job.storedResult.mediaType } : {}),
      title: 'The results of the job',
    };
    return Buffer.from(JSON.stringify(Object.fromEntries(ids.map((id) => [id, link]))));
  }
}

/** The members of pygeoapi-kubernetes-papermill's job that a status has by other names. */
function predecessorsJob({ jobId, processId, started, created, finished }: JobStatus): object {
  return {
    identifier: jobId,
    process_id: processId,
    job_start_datetime: (started ?? created).toISOString(),
    job_end_datetime: finished?.toISOString() ?? null,
  };
}
