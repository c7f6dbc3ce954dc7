import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../../access/access.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { Links } from '../../ogc/links.js';
import { Pages } from '../../ogc/pages.js';
import { prefersHtml, variesByFormat } from '../../ogc/representation.js';
import { JobCache } from '../model/job-cache.js';
import { JobResults } from './job-results.js';
import { resultsLinks, type ResultsPreview } from './results-preview.js';
import { sendResults } from './send-results.js';

/** What came of a job (OGC API - Processes 1.0, section 7.13). */
@ApiTags('Jobs')
@ApiBearerAuth()
@Controller('jobs')
export class ResultsController {
  constructor(
    private readonly cache: JobCache,
    private readonly results: JobResults,
    private readonly access: Access,
    private readonly links: Links,
    private readonly pages: Pages,
  ) {}

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
    const job = await this.cache.get(jobId);
    const showLogTail = await this.access.mayReadLog(job, callerOf(request));
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
    const job = await this.cache.get(jobId);
    const showLogTail = await this.access.mayReadLog(job, callerOf(request));
    await sendResults(request, reply, await this.results.readOutput(job, outputId, showLogTail));
  }
}

/** An empty value is as if the parameter were not there. Ids that have commas can be given one by one. */
function parseOutputIds(wanted: string | readonly string[] | undefined): readonly string[] | undefined {
  const ids = typeof wanted === 'string' ? wanted.split(',') : (wanted ?? []);
  const named = ids.filter((id) => id !== '');
  return named.length > 0 ? named : undefined;
}
