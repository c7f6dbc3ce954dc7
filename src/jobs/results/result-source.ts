import { Injectable } from '@nestjs/common';
import { ResultFault, type StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';

/** A way by which results of a job come other than its log: files that it uploads, say. */
export abstract class ResultSource {
  /**
   * The results that stand in the object store already when the pod of a job has ended well. Asked once or more; what it answers is recorded with the job's
   * outcome, in one patch.
   * @param podUid of the pod that has ended well: of a job that was tried again, the last attempt
   * @returns by output id; empty where there are none
   * @throws ResultFault where something was given that is no result (cut, damaged): the job has failed with that cause
   * @throws any other error: nothing is recorded, and all is tried again
   */
  abstract resultsOf(job: JobRecord, podUid: string): Promise<ReadonlyMap<string, StoredResult>>;

  /** Removes what a job has given that was dismissed: also what is not recorded on it (yet). Called once or more; absent: there is nothing else. */
  discard?(job: JobRecord): Promise<void>;
}

/** The registered {@link ResultSource}s. A module that has one registers it in its `onModuleInit`. */
@Injectable()
export class ResultSources {
  private readonly sources: ResultSource[] = [];

  register(source: ResultSource): void {
    this.sources.push(source);
  }

  /** Of all sources. @throws as {@link ResultSource.resultsOf}; ResultFault where two give the same output */
  async resultsOf(job: JobRecord, podUid: string): Promise<ReadonlyMap<string, StoredResult>> {
    const results = new Map<string, StoredResult>();
    for (const source of this.sources) {
      for (const [id, result] of await source.resultsOf(job, podUid)) {
        if (results.has(id)) throw new ResultFault('result-invalid', `Output "${id}" was given twice.`);
        results.set(id, result);
      }
    }
    return results;
  }

  async discard(job: JobRecord): Promise<void> {
    for (const source of this.sources) await source.discard?.(job);
  }
}
