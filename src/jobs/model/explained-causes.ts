import { Injectable } from '@nestjs/common';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { JobCause } from './job-outcome.js';
import type { JobRecord } from './job-record.js';

/** Causes with what processors let everybody know of them. */
@Injectable()
export class ExplainedCauses {
  constructor(private readonly processes: ProcessRegistry) {}

  /** @param lines the last of the log of the container that failed, or what it left as its message */
  of({ processId, mainContainer }: JobRecord, cause: JobCause, lines: string | undefined): JobCause {
    if (cause.type !== 'non-zero-exit' || cause.container !== mainContainer || !lines) return cause;
    const explanation = this.processes.find(processId)?.explainFailure(lines);
    return explanation === undefined ? cause : { ...cause, message: `${cause.message} ${explanation}` };
  }
}
