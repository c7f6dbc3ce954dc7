import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { JobCache } from '../../jobs/model/job-cache.js';
import { JobRequests } from '../../jobs/requests/job-requests.js';
import { ForbiddenError, JobNotFoundError, NotAvailableError, UnauthorizedError } from '../../ogc/domain-errors.js';
import type { ProcessDto } from '../../processes/description/process.dto.js';
import { ProcessForms } from '../../processes/process-forms.js';
import { formOf } from '../execute-form.js';
import { fillForm } from '../forms/fill-form.js';
import { FILLED_FORM, type ProcessPageResource } from '../sent-form.js';
import { FORM_SOURCE, type FormSource } from './form-source.js';

/** The form of a process, filled as for a job that is to run again with changes. */
@Injectable()
export class RunAgain extends ProcessForms {
  constructor(
    private readonly cache: JobCache,
    private readonly requests: JobRequests,
    private readonly sight: Sight,
  ) {
    super();
  }

  async filledAs(jobId: string, description: ProcessDto, request: FastifyRequest): Promise<ProcessPageResource> {
    const without = (outcome: FormSource['outcome']) => ({ ...description, [FORM_SOURCE]: { jobId, outcome } });
    try {
      const job = await this.cache.findSeen(jobId, (known) => this.sight.seesJob(known, callerOf(request)));
      if (!job) return without('unknown');
      if (job.processId !== description.id) return without('other-process');
      const shown = await this.requests.of(job, callerOf(request));
      if (!shown.inputs) return without('not-kept');
      const unnamed = shown.omittedInputs?.count;
      return {
        ...description,
        [FILLED_FORM]: fillForm(formOf(description), { ...shown }),
        [FORM_SOURCE]: { jobId, outcome: 'filled', ...(unnamed === undefined ? {} : { unnamed }) },
      };
    } catch (error) {
      if (error instanceof JobNotFoundError) return without('unknown');
      if (error instanceof UnauthorizedError || error instanceof ForbiddenError) return without('refused');
      if (error instanceof NotAvailableError) return without('not-kept');
      throw error;
    }
  }
}
