import type { JobResult } from '../../processes/processor.js';

/** Results of a job, and what has to be freed once they have been sent. */
export interface OpenedResult {
  readonly result: JobResult;
  dispose(): Promise<void>;
}
