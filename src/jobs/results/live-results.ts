import { Injectable } from '@nestjs/common';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { JobFailedError, NotAvailableError } from '../../ogc/domain-errors.js';
import type { PrintedResult } from '../../processes/processor.js';
import { DeclaredOutputs } from './declared-outputs.js';
import { JobCache } from '../model/job-cache.js';
import { ResultFault } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import type { OpenedResult } from './opened-result.js';
import { mainContainerOf } from '../model/pod-record.js';
import { PrintedResults, resultMediaType, type PrintedOutput } from './printed-results.js';
import { assertDeclared } from './result-checks.js';

/** Results of jobs that nobody collects (the finalizer is off): read from the log while the pod exists. */
@Injectable()
export class LiveResults {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly declared: DeclaredOutputs,
  ) {}

  /**
   * No result where the job printed none.
   * @throws JobFailedError where what it printed is wrong
   * @throws NotAvailableError where the pod, and with it the log, is gone; KubernetesError
   */
  async read(job: JobRecord): Promise<OpenedResult> {
    const [pod] = await this.cache.podsFoundOf(job);
    const container = pod && mainContainerOf(pod, job);
    if (!pod || container === undefined) throw gone(job);
    const results = new PrintedResults();
    const dispose = () => results.dispose();
    try {
      for await (const chunk of await this.client.readLog(pod.name, container)) await results.write(chunk as Buffer);
      await results.end();
      if (results.fault) throw results.fault;
      const declared = this.declared.of(job);
      const opened = (output: PrintedOutput, id?: string): PrintedResult => ({
        mediaType: resultMediaType(job, output, id === undefined ? undefined : declared.get(id)),
        size: output.body.size,
        body: () => output.body.stream(),
      });
      const { unnamed } = results;
      assertDeclared(results, [], declared);
      const named = new Map([...results.outputs].map(([id, output]) => [id, opened(output, id)]));
      return { result: { ...(unnamed ? { unnamed: opened(unnamed) } : {}), named }, dispose };
    } catch (error) {
      await dispose();
      if (error instanceof ResultFault) throw new JobFailedError(job.jobId, error.type, error.message);
      if (!(error instanceof KubernetesError) || error.retryable) throw error;
      // The watch may tell later that it was deleted.
      if (error.failure === 'not-found') throw gone(job);
      throw new NotAvailableError(`The results of job "${job.jobId}" cannot be read any more: ${error.words}`);
    }
  }
}

function gone({ jobId }: JobRecord): NotAvailableError {
  return new NotAvailableError(
    `The results of job "${jobId}" are gone: its pod does not exist any more, and nobody has collected them.`,
  );
}
