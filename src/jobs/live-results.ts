import { Injectable } from '@nestjs/common';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { KubernetesError } from '../k8s/kubernetes-error.js';
import { NotAvailableError } from '../ogc/domain-errors.js';
import type { PrintedResult } from '../processes/processor.js';
import { JobCache } from './job-cache.js';
import type { JobRecord } from './job-record.js';
import type { OpenedResult } from './opened-result.js';
import { mainContainerOf } from './pod-record.js';
import { ResultScanner } from './result-scanner.js';
import { Spool } from './spool.js';

/** Results of jobs that nobody collects (the finalizer is off): read from the log while the pod exists. */
@Injectable()
export class LiveResults {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
  ) {}

  /**
   * No result where the job printed none.
   * @throws NotAvailableError where the pod, and with it the log, is gone
   */
  async read(job: JobRecord): Promise<OpenedResult> {
    const [pod] = this.cache.podsOf(job);
    const container = pod && mainContainerOf(pod, job);
    if (!pod || container === undefined)
      throw new NotAvailableError(
        `The results of job "${job.jobId}" are gone: its pod does not exist any more, and nobody has collected them.`,
      );
    const spool = new Spool();
    const dispose = () => spool.dispose();
    try {
      const scanner = new ResultScanner();
      for await (const chunk of await this.client.readLog(pod.name, container)) {
        for (const part of scanner.push(chunk as Buffer)) await spool.write(part);
      }
      scanner.end();
      const named = new Map<string, PrintedResult>();
      if (!scanner.found) return { result: { named }, dispose };
      const mediaType = scanner.mediaType ?? job.mimetype ?? 'application/json';
      return { result: { unnamed: { mediaType, size: spool.size, body: () => spool.stream() }, named }, dispose };
    } catch (error) {
      await dispose();
      if (!(error instanceof KubernetesError) || error.retryable) throw error;
      throw new NotAvailableError(`The results of job "${job.jobId}" cannot be read any more: ${error.message}`);
    }
  }
}
