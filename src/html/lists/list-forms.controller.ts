import { Body, Controller, Get, Logger, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, type Caller, callerOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { JobCache } from '../../jobs/model/job-cache.js';
import type { JobRecord } from '../../jobs/model/job-record.js';
import { JobsService } from '../../jobs/listing/jobs.service.js';
import { DomainError, InvalidRequestError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import { Pages } from '../../ogc/pages.js';
import { noteForRecord } from '../../ogc/requests/record.js';
import { filtersOfForm } from './job-filters.js';
import { DISMISSAL } from '../pages/job-table.js';
import type { DismissalResource } from '../pages/dismissal.js';
import { type Form, readableForm, TAKES_FORMS, tokenOf } from '../received-form.js';

/** Jobs that are dismissed at once, at most. */
const MOST = 100;

/** What the forms of the list of jobs are sent to. They work without scripts. */
@ApiExcludeController()
@Controller('jobs')
export class ListFormsController {
  private readonly logger = new Logger(ListFormsController.name);

  constructor(
    private readonly pages: Pages,
    private readonly cache: JobCache,
    private readonly jobs: JobsService,
    private readonly access: Access,
    private readonly sight: Sight,
    private readonly links: Links,
  ) {}

  /** Leads to the list that the filters of its form name. */
  @Get('filter')
  @Redirect(undefined, 303)
  filter(@Query() form: Record<string, string | string[]>, @Req() request: FastifyRequest) {
    return { url: `${this.links.base(request)}/jobs${filtersOfForm(form)}` };
  }

  /** Asks whether the chosen jobs are to be dismissed and, where that is confirmed, dismisses them: as each by itself would be. */
  @RouteConfig(TAKES_FORMS)
  @Post('dismissal')
  async dismiss(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const base = this.links.base(request);
    const form = readableForm(request, body, base);
    const ids = chosen(form);
    const back = backOf(form);
    void reply.header('cache-control', 'no-store');
    const caller = await this.access.withToken(callerOf(request), tokenOf(form));
    this.sight.demandSomebody(caller);
    if (form[DISMISSAL.confirmed] === undefined) {
      const known = await Promise.all(ids.map((id) => this.find(id, caller)));
      const jobs = known.filter((job) => job !== undefined).map((job) => this.shown(job));
      return this.send(request, reply, { jobs, back });
    }
    const going = new Set([form[DISMISSAL.going] ?? []].flat());
    const reasons = new Map<string, string>();
    const left: DismissalResource['jobs'][number][] = [];
    for (const id of ids) {
      const job = await this.find(id, caller);
      // One that has ended since it was confirmed was not to be removed.
      const reason = job ? await this.whyNot(job, caller, !going.has(id)) : 'There is no such job.';
      if (reason === undefined) continue;
      reasons.set(id, reason);
      left.push(job ? this.shown(job) : { jobID: id });
    }
    noteForRecord(request, { jobs: ids.filter((id) => !reasons.has(id)) });
    if (left.length === 0) return void reply.redirect(`${base}/jobs${back}`, 303);
    return this.send(request, reply, { jobs: left, back, outcome: { done: ids.length - left.length, reasons } });
  }

  /** Undefined, too, where the caller is not to know of it. */
  private find(id: string, caller: Caller): Promise<JobRecord | undefined> {
    return this.cache.findSeen(id, (job) => this.sight.seesJob(job, caller));
  }

  /** Dismisses a job. @returns why it could not be; undefined: it was */
  private async whyNot(job: JobRecord, caller: Caller, mayRemove: boolean): Promise<string | undefined> {
    try {
      await this.access.demand(this.access.rightsOf(job), caller, { operation: 'dismiss', jobId: job.jobId });
      await this.jobs.dismiss(job, new Date(), this.access.nameOf(caller), mayRemove);
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error.message;
      this.logger.warn(`Job ${job.name} is not dismissed`, error);
      return 'The cluster did not do it, or not yet.';
    }
  }

  private shown(job: JobRecord): DismissalResource['jobs'][number] {
    const { jobId, processId, created } = job;
    const { status } = this.cache.statusOf(job);
    return { jobID: jobId, processID: processId, status, created: created.toISOString() };
  }

  private send(request: FastifyRequest, reply: FastifyReply, resource: DismissalResource): void {
    void reply.status(200).send(this.pages.render(request, reply, 'dismissal', resource));
  }
}

/** @throws InvalidRequestError where none is chosen, or too many are */
function chosen(form: Form): readonly string[] {
  const ids = [...new Set([form[DISMISSAL.job] ?? []].flat().filter((id) => typeof id === 'string'))];
  const fault = (message: string) =>
    new InvalidRequestError(`Nothing was dismissed: ${message}.`, [{ pointer: DISMISSAL.job, message }]);
  if (ids.length === 0) throw fault('no job was selected');
  if (ids.length > MOST) throw fault(`at most ${MOST} jobs can be dismissed at once (are ${ids.length})`);
  return ids;
}

/** The parameters of the list that the form stood on, whatever was sent: it leads nowhere else. */
function backOf(form: Form): string {
  const back = form[DISMISSAL.back];
  const parameters = new URLSearchParams(typeof back === 'string' ? back : '');
  return parameters.size > 0 ? `?${parameters}` : '';
}
