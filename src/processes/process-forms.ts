import type { FastifyRequest } from 'fastify';
import type { ProcessDto } from './description/process.dto.js';

/** Fills the form on the page of a process; whoever provides it knows the jobs. */
export abstract class ProcessForms {
  /**
   * By the execute request of a job. Without that job, or where the caller may not read its request, the page says so.
   * @param jobId as it was asked for
   * @returns what the page is made of
   */
  abstract filledAs(jobId: string, description: ProcessDto, request: FastifyRequest): Promise<ProcessDto>;
}
