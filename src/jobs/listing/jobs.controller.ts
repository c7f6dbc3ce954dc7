import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, type Caller, callerOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { Configuration } from '../../config/configuration.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesShare } from '../../ogc/requests/takes-share.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { conformanceClass, ConformsTo } from '../../ogc/conformance.js';
import { noteForRecord } from '../../ogc/requests/record.js';
import { withoutIgnored } from '../../ogc/requests/ignored-parameters.js';
import { offsetSchema } from '../../ogc/requests/offset.js';
import { ShareOverError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { HasPage } from '../../ogc/negotiation.interceptor.js';
import { Pages } from '../../ogc/pages.js';
import { negotiateFormat, prefersHtml } from '../../ogc/representation.js';
import { QueuePlaces } from '../../queues/queue-places.js';
import { LoggedProgress } from '../logs/logged-progress.js';
import { JobCache } from '../model/job-cache.js';
import type { JobStatus } from '../model/job-status.js';
import { StatusInfoDto } from '../model/status-info.dto.js';
import { LONGEST_TAG, MOST_TAGS } from '../model/annotations/archival.js';
import { CAUSE_TYPES } from '../model/cause-types.js';
import { JOB_LIST_PARAMETERS, LONGEST_TEXT, parseJobListQuery } from './job-list.query.js';
import { WholeLists } from './archived/whole-lists.js';
import { SORTABLE } from './job-order.js';
import type { JobPage, PageParameter } from './job-lists.js';
import { JobViews, type ViewedJob } from './job-view.js';
import { INCOMPLETE, JobListDto } from './jobs.dto.js';
import { JobsService } from './jobs.service.js';
import { type JobListResource, LIST_VIEW, ListViews } from './list-view.js';
import {
  type Seen,
  toSeenStatusInfo,
  toSharedStatusInfo,
  toShortStatusInfo,
  toStatusInfo,
  withOwner,
} from './status-info.js';
import { answerWritten, type WrittenJobList, WrittenStatuses } from './written/written-list.js';

/** Of parameters that look for what is not for everybody. */
const MAY_READ =
  'Where results are not for everybody, only of jobs that the caller may read all of the status of; of processes whose processor decides that of each job, none';

@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
@ConformsTo([
  conformanceClass.jobList,
  conformanceClass.dismiss,
  conformanceClass.draft.jobList,
  conformanceClass.draft.dismiss,
])
export class JobsController {
  private readonly written = new WrittenStatuses();

  constructor(
    private readonly cache: JobCache,
    private readonly jobs: JobsService,
    private readonly lists: WholeLists,
    private readonly views: ListViews,
    private readonly jobViews: JobViews,
    private readonly progress: LoggedProgress,
    private readonly access: Access,
    private readonly sight: Sight,
    private readonly links: Links,
    private readonly configuration: Configuration,
    private readonly pages: Pages,
    private readonly places: QueuePlaces,
  ) {}

  @Get()
  @HasPage('jobs', JobListDto)
  @ApiOperation({ operationId: 'getJobs', summary: 'The jobs, newest first, or as `sortby` says' })
  @ApiProblem(503, 'The search took too long: ask for fewer jobs, as the detail says')
  @ApiQuery({ name: 'type', required: false, isArray: true, enum: ['process'] })
  @ApiQuery({ name: 'processID', required: false, isArray: true, type: String })
  @ApiQuery({
    name: 'status',
    required: false,
    isArray: true,
    enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'],
  })
  @ApiQuery({
    name: 'cause',
    required: false,
    isArray: true,
    enum: CAUSE_TYPES,
    description: `Why jobs failed. ${MAY_READ}`,
  })
  @ApiQuery({
    name: 'owner',
    required: false,
    type: String,
    description:
      'Whose jobs, where roles say who may what: `me`, or as `owner` of the jobs or its label says it. Of others only for those who see all jobs',
  })
  @ApiQuery({
    name: 'q',
    required: false,
    schema: { type: 'string', maxLength: LONGEST_TEXT },
    description: `Text in the id, the message, a tag, or the id or title of the process; capital letters are as small ones. Of messages and tags: ${MAY_READ}`,
  })
  @ApiQuery({
    name: 'tag',
    required: false,
    isArray: true,
    schema: { type: 'array', items: { type: 'string', maxLength: LONGEST_TAG }, maxItems: MOST_TAGS },
    description: `What jobs are tagged with, as it was written; given again: with each of them. ${MAY_READ}`,
  })
  @ApiQuery({
    name: 'datetime',
    required: false,
    type: String,
    description:
      'When created: an RFC 3339 instant, or an interval START/END, ".." for an open end. START may be how long it is: `PT1H/..` is the last hour, `P7D/..` the last week',
  })
  @ApiQuery({ name: 'minDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: 'Seconds' })
  @ApiQuery({ name: 'maxDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: 'Seconds' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1 },
    description: 'Size of a page; the server may serve smaller ones, so more than it serves is no fault',
  })
  @ApiQuery({
    name: 'sortby',
    required: false,
    isArray: true,
    style: 'form',
    explode: false,
    schema: { type: 'array', items: { type: 'string', pattern: `^[+-]?(${SORTABLE.join('|')})$` } },
    description:
      'What to sort by, `-` before it: descending. Jobs without it come last, as for `duration` those that have not ended; those that are equal are newest first',
  })
  @ApiQuery({
    name: 'cursor',
    required: false,
    type: String,
    description: 'Of a `next` or `prev` link; not with `offset`',
  })
  @ApiQuery({
    name: 'offset',
    required: false,
    schema: offsetSchema,
    description:
      'How many jobs to leave out; links then lead by it. Jobs that arrive meanwhile shift it, which a `cursor` is safe from',
  })
  async list(
    @Query() given: Record<string, string | string[]>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobListResource | WrittenJobList> {
    // Inputs and the ends of logs are in it, for those who may read them.
    const { token, session } = callerOf(request);
    if (token !== undefined || session) void reply.header('cache-control', 'no-store');
    const isPage = this.pages.areServed && prefersHtml(request);
    if (isPage)
      this.pages.showProblemsOn(request, { kind: 'jobs', resource: (problem) => this.views.faulty(request, problem) });
    const { limits, ignoreParameters, prettyPrint } = this.configuration.server;
    const query = withoutIgnored(given, JOB_LIST_PARAMETERS, ignoreParameters);
    const now = new Date();
    const asked = parseJobListQuery(query, limits, now);
    const caller = callerOf(request);
    const reading = await this.views.readingOf(asked, caller);
    const [page, view] = await Promise.all([
      this.lists.page(asked, now, reading),
      isPage ? this.views.of(request, asked, now, reading) : undefined,
    ]);
    const base = this.links.base(request);
    const { skipped, numberMatched, isIncomplete } = page;
    const others = {
      links: listLinks(`${base}/jobs`, query, page),
      ...(numberMatched === undefined ? {} : { numberMatched }),
      numberReturned: page.jobs.length,
      ...(isIncomplete ? { incomplete: INCOMPLETE } : {}),
    };
    if (!prettyPrint && !(this.pages.areServed && negotiateFormat(request) === 'html')) {
      const jobs = await Promise.all(page.jobs.map((status) => this.toWritten(status, base, caller)));
      answerWritten(reply);
      return { jobs, ...others };
    }
    return {
      ...(view ? { [LIST_VIEW]: { ...view, ...(skipped === undefined ? {} : { skipped }) } } : {}),
      jobs: await Promise.all(
        page.jobs.map(async (status) => toSeenStatusInfo(status, base, await this.seenOf(status, caller))),
      ),
      ...others,
    };
  }

  @Get(':jobId')
  @HasPage('job', StatusInfoDto)
  @TakesShare()
  @ApiOperation({
    operationId: 'getStatus',
    summary: 'The status of a job',
    description:
      'Where results are not for everybody (`results: token`), without the token nothing that the job or its request said: no message, progress, cause or link to results.',
  })
  @ApiProblem(404, 'There is no such job')
  async status(
    @Param('jobId') jobId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ViewedJob> {
    const job = await this.cache.get(jobId);
    const known = await this.places.addTo(await this.progress.addTo(this.cache.statusWithPlace(job), job), job);
    const caller = callerOf(request);
    const { shared } = caller;
    if (!(await this.access.mayReadStatus(job, caller))) {
      if (shared) throw new ShareOverError();
      return toShortStatusInfo(known, this.links.base(request));
    }
    const mayReadLog = await this.access.mayReadLog(job, caller);
    // What only some may read, nobody keeps; what everybody may, is revalidated.
    if (mayReadLog && !this.access.isGranted(this.access.rightsOf(job))) void reply.header('cache-control', 'no-store');
    const seesOwners = !shared && this.sight.seesOwners(caller);
    if (seesOwners && job.owner !== this.sight.ownerOf(caller)) noteForRecord(request, { handsOut: true });
    const base = this.links.base(request);
    const whole = shared ? toSharedStatusInfo(known, base, shared) : toStatusInfo(known, base, mayReadLog, mayReadLog);
    const status = seesOwners ? withOwner(whole, known) : whole;
    if (!this.pages.areServed || !prefersHtml(request)) return status;
    const reader = { caller, mayReadLog, base, gone: reply.raw };
    return { ...status, ...(await this.jobViews.of(job, known, reader)) };
  }

  @Delete(':jobId')
  @ApiOperation({
    operationId: 'dismiss',
    summary: 'Dismiss a job that goes on, remove one that has ended',
    description:
      'A job that goes on is ended, and stays until its time is over, with its status `dismissed` and its log. One that has ended, or was dismissed before, is removed. ' +
      'A job that ends in the same moment is left as it is: the answer says how it ended. Asks for the token wherever executing the process does.',
  })
  @ApiOkResponse({ type: StatusInfoDto })
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job')
  @ApiProblem(410, 'The job is being removed already')
  async dismiss(@Param('jobId') jobId: string, @Req() request: FastifyRequest): Promise<StatusInfoDto> {
    const job = await this.cache.get(jobId);
    const caller = callerOf(request);
    await this.access.demand(this.access.rightsOf(job), caller, { operation: 'dismiss', jobId });
    const mayReadStatus = await this.access.mayReadStatus(job, caller);
    const { status } = await this.jobs.dismiss(job, new Date(), this.access.nameOf(caller));
    const base = this.links.base(request);
    if (!mayReadStatus) return toShortStatusInfo(status, base);
    // Where there are no roles who may dismiss a job may read its log.
    return toStatusInfo(status, base, !this.access.rules || (await this.access.mayReadLog(job, caller)));
  }

  private async toWritten(status: JobStatus, base: string, caller: Caller): Promise<Buffer> {
    const seen = await this.seenOf(status, caller);
    const as = `${seen.status} ${seen.log} ${seen.owner} ${base}`;
    return this.written.of(status, as, () => toSeenStatusInfo(status, base, seen));
  }

  private async seenOf(status: JobStatus, caller: Caller): Promise<Seen> {
    if (!(await this.access.mayReadStatus(status, caller))) return { status: false, log: false, owner: false };
    const hasMore = status.logTail !== undefined || status.parameters !== undefined;
    const log = hasMore && (await this.access.mayReadLog(status, caller));
    return { status: true, log, owner: this.sight.seesOwners(caller) };
  }
}

const PAGED_BY = ['cursor', 'offset'];

function listLinks(
  address: string,
  query: Readonly<Record<string, string | readonly string[]>>,
  { skipped, next, previous }: JobPage,
): LinkDto[] {
  const asked = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((item): [string, string] => [name, item as string]),
  );
  const link = (rel: string, title: string, parameter: PageParameter | object = {}): LinkDto => {
    const parameters = new URLSearchParams(asked);
    if (rel !== 'self') for (const name of PAGED_BY) parameters.delete(name);
    for (const [name, value] of Object.entries(parameter)) parameters.set(name, String(value));
    return {
      href: parameters.size > 0 ? `${address}?${parameters}` : address,
      rel,
      type: 'application/json',
      title,
    };
  };
  return [
    link('self', 'This document'),
    ...(next ? [link('next', 'The next page', next)] : []),
    ...(previous ? [link('prev', 'The previous page', previous)] : []),
    ...(skipped === 0 ? [] : [link('first', 'The first page')]),
  ];
}
