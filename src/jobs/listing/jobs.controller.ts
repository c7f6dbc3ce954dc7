import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../../config/configuration.js';
import { conformanceClass, ConformsTo } from '../../ogc/conformance.js';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { Links } from '../../ogc/links.js';
import { HasPage, Pages } from '../../ogc/pages.js';
import { prefersHtml, variesByFormat } from '../../ogc/representation.js';
import type { LinkDto } from '../../ogc/ogc.dto.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { Access, type Caller, callerOf } from '../../access/access.js';
import { EXECUTED_NOTEBOOK, type JobPageResource, readExecutedNotebook } from '../results/executed-notebook.js';
import { JobLogs } from '../logs/job-logs.js';
import { JobResults } from '../results/job-results.js';
import { LoggedProgress } from '../logs/logged-progress.js';
import type { JobStatus } from '../model/job-status.js';
import { parseJobListQuery } from './job-list.query.js';
import { SORTABLE } from './job-order.js';
import { JobListDto, StatusInfoDto } from './jobs.dto.js';
import { JobsService } from './jobs.service.js';
import type { ResultsPreview } from '../results/results-preview.js';
import { sendResults } from '../results/send-results.js';
import { resultsLinks, toStatusInfo } from './status-info.js';

@ApiTags('Jobs')
@ApiBearerAuth()
@Controller('jobs')
@ConformsTo([conformanceClass.jobList, conformanceClass.dismiss])
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly results: JobResults,
    private readonly logs: JobLogs,
    private readonly progress: LoggedProgress,
    private readonly access: Access,
    private readonly links: Links,
    private readonly configuration: Configuration,
    private readonly pages: Pages,
  ) {}

  @Get()
  @HasPage('jobs', JobListDto)
  @ApiOperation({ operationId: 'getJobs', summary: 'The jobs, newest first, or as `sortby` says' })
  @ApiQuery({ name: 'type', required: false, isArray: true, enum: ['process'] })
  @ApiQuery({ name: 'processID', required: false, isArray: true, type: String })
  @ApiQuery({
    name: 'status',
    required: false,
    isArray: true,
    enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'],
  })
  @ApiQuery({
    name: 'datetime',
    required: false,
    type: String,
    description: 'When created: an RFC 3339 instant, or an interval START/END, ".." for an open end',
  })
  @ApiQuery({ name: 'minDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: 'Seconds' })
  @ApiQuery({ name: 'maxDuration', required: false, schema: { type: 'integer', minimum: 0 }, description: 'Seconds' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1 } })
  @ApiQuery({
    name: 'sortby',
    required: false,
    isArray: true,
    style: 'form',
    explode: false,
    schema: { type: 'array', items: { type: 'string', pattern: `^[+-]?(${SORTABLE.join('|')})$` } },
    description:
      'What to sort by, `-` before it: descending. Jobs without it come last; those that are equal are newest first',
  })
  @ApiQuery({ name: 'cursor', required: false, type: String, description: 'Of a `next` link' })
  async list(@Query() query: Record<string, string | string[]>, @Req() request: FastifyRequest): Promise<JobListDto> {
    const page = this.jobs.list(parseJobListQuery(query, this.configuration.server.limits), new Date());
    const base = this.links.base(request);
    return {
      jobs: await Promise.all(page.jobs.map((status) => this.toStatusInfo(status, base, callerOf(request)))),
      links: listLinks(`${base}/jobs`, query, page.next),
      numberMatched: page.numberMatched,
      numberReturned: page.jobs.length,
    };
  }

  @Get(':jobId')
  @HasPage('job', StatusInfoDto)
  @ApiOperation({ operationId: 'getStatus', summary: 'The status of a job' })
  @ApiProblem(404, 'There is no such job')
  async status(@Param('jobId') jobId: string, @Req() request: FastifyRequest): Promise<JobPageResource> {
    const job = await this.jobs.get(jobId);
    const known = await this.progress.addTo(this.jobs.status(job), job);
    const status = await this.toStatusInfo(known, this.links.base(request), callerOf(request));
    if (status.status !== 'successful' || !this.pages.areServed || !prefersHtml(request)) return status;
    const notebook = await readExecutedNotebook(job, this.results);
    return notebook ? { ...status, [EXECUTED_NOTEBOOK]: notebook } : status;
  }

  @Get(':jobId/results')
  @ApiOperation({
    operationId: 'getResult',
    summary: 'The results of a job, in the shape that its execute request asked for',
  })
  @ApiResponse({ status: 200, description: 'The results' })
  @ApiResponse({ status: 204, description: 'The job was successful and has no results' })
  @ApiQuery({
    name: 'f',
    required: false,
    enum: ['json', 'html'],
    description: '`html`: a page about the results; `json`: the results as they are, in the media types of their own',
  })
  @ApiQuery({
    name: 'outputs',
    required: false,
    style: 'form',
    explode: false,
    schema: { type: 'array', items: { type: 'string' } },
    description:
      'Ids of the outputs that are wanted (version 2.0 of the standard); without it those that the execute request asked for',
  })
  @ApiProblem(400, 'There is no such format or output')
  @ApiProblem(404, 'There is no such job, or it has no results yet')
  @ApiProblem(410, 'The job was dismissed')
  @ApiProblem(500, 'The job failed: why')
  async result(
    @Param('jobId') jobId: string,
    @Query('outputs') wanted: string | readonly string[] | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    variesByFormat(reply);
    const asPage = this.pages.areServed && prefersHtml(request);
    const job = await this.jobs.get(jobId);
    const showLogTail = await this.mayReadLog(job, callerOf(request));
    const base = this.links.base(request);
    const selected = parseOutputIds(wanted);
    if (!asPage) return sendResults(request, reply, await this.results.read(job, showLogTail, base, selected));
    const outputs = await this.results.preview(job, showLogTail, base, selected);
    const preview: ResultsPreview = { jobID: jobId, outputs, links: resultsLinks(jobId, base) };
    await reply.send(this.pages.render(request, reply, 'results', preview));
  }

  @Get(':jobId/results/:outputId')
  @ApiOperation({
    operationId: 'getResultOutput',
    summary: 'One result of a job, as it is, whatever its execute request asked for',
  })
  @ApiHeader({ name: 'Range', required: false, schema: { type: 'string' }, description: 'As in `bytes=0-1023`' })
  @ApiResponse({ status: 200, description: 'The result' })
  @ApiResponse({ status: 206, description: 'The range of it that was asked for' })
  @ApiProblem(404, 'There is no such job, output or result')
  @ApiProblem(410, 'The job was dismissed')
  @ApiProblem(416, 'The range lies behind the end')
  @ApiProblem(500, 'The job failed: why')
  async output(
    @Param('jobId') jobId: string,
    @Param('outputId') outputId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.jobs.get(jobId);
    const showLogTail = await this.mayReadLog(job, callerOf(request));
    await sendResults(request, reply, await this.results.readOutput(job, outputId, showLogTail));
  }

  @Get(':jobId/logs')
  @ApiOperation({
    operationId: 'getLogs',
    summary: 'The log of a job',
    description: 'Live while the job runs, stored afterwards. Asks for the token wherever executing the process does.',
  })
  @ApiQuery({ name: 'follow', required: false, schema: { type: 'boolean' }, description: 'Go on until the job ends' })
  @ApiQuery({
    name: 'attempt',
    required: false,
    schema: { type: 'integer', minimum: 1 },
    description: 'Of a job that was tried again: which attempt; the newest where it is not said',
  })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The log', content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job')
  async log(
    @Param('jobId') jobId: string,
    @Query('follow') follow: string | undefined,
    @Query('attempt') attempt: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.jobs.get(jobId);
    await this.access.demand(job.processId, callerOf(request), { operation: 'read-log', jobId });
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const body = await (attempt === undefined
      ? this.logs.read(job, parseFollow(follow), gone.signal)
      : this.logs.readAttempt(job, parseAttempt(attempt), parseFollow(follow), gone.signal));
    await reply.header('content-type', 'text/plain; charset=utf-8').header('x-accel-buffering', 'no').send(body);
  }

  @Delete(':jobId')
  @ApiOperation({
    operationId: 'dismiss',
    summary: 'Dismiss a job that goes on, remove one that has ended',
    description: 'Asks for the token wherever executing the process does.',
  })
  @ApiOkResponse({ type: StatusInfoDto })
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job')
  @ApiProblem(410, 'The job is going already')
  async dismiss(@Param('jobId') jobId: string, @Req() request: FastifyRequest): Promise<StatusInfoDto> {
    const job = await this.jobs.get(jobId);
    await this.access.demand(job.processId, callerOf(request), { operation: 'dismiss', jobId });
    return toStatusInfo(await this.jobs.dismiss(job, new Date()), this.links.base(request), true);
  }

  private async toStatusInfo(status: JobStatus, base: string, caller: Caller): Promise<StatusInfoDto> {
    return toStatusInfo(status, base, status.logTail !== undefined && (await this.mayReadLog(status, caller)));
  }

  /** A processor that fails to decide opens nothing, and does not keep the rest from being shown. */
  private mayReadLog({ processId, jobId }: Pick<JobStatus, 'processId' | 'jobId'>, caller: Caller): Promise<boolean> {
    return this.access.permits(processId, caller, { operation: 'read-log', jobId }).catch(() => false);
  }
}

/** `?follow` alone means yes. */
function parseFollow(text: string | undefined): boolean {
  if (text === undefined) return false;
  if (['', 'true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  throw new InvalidRequestError('A parameter is wrong.', [
    { pointer: 'follow', message: `must be true or false (is "${text}")` },
  ]);
}

function parseAttempt(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidRequestError('A parameter is wrong.', [
    { pointer: 'attempt', message: `must be an integer of at least 1 (is "${text}")` },
  ]);
}

/** An empty value is as if the parameter were not there. Ids that have commas can be given one by one. */
function parseOutputIds(wanted: string | readonly string[] | undefined): readonly string[] | undefined {
  const ids = typeof wanted === 'string' ? wanted.split(',') : (wanted ?? []);
  const named = ids.filter((id) => id !== '');
  return named.length > 0 ? named : undefined;
}

function listLinks(
  address: string,
  query: Readonly<Record<string, string | readonly string[]>>,
  next: string | undefined,
): LinkDto[] {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((item): [string, string] => [name, item as string]),
    ),
  );
  const json = 'application/json';
  const link = (rel: string, title: string): LinkDto => ({
    href: parameters.size > 0 ? `${address}?${parameters}` : address,
    rel,
    type: json,
    title,
  });
  const links = [link('self', 'This document')];
  if (next !== undefined) {
    parameters.set('cursor', next);
    links.push(link('next', 'The next page'));
  }
  return links;
}
