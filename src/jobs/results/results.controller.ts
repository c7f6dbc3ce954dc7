import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../../access/access.js';
import { Readers } from '../../access/readers.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesShare } from '../../ogc/requests/takes-share.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { conformanceClass, ConformsTo } from '../../ogc/conformance.js';
import { Links } from '../../ogc/links.js';
import { askedProfiles } from '../../ogc/requests/profiles.js';
import { Pages } from '../../ogc/pages.js';
import { prefersHtml, variesByFormat } from '../../ogc/representation.js';
import { shareOf } from '../../ogc/requests/share.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { JobResults } from './job-results.js';
import { resultsLinks, type ResultsPreview } from './pages/results-preview.js';
import { sendResults } from './send-results.js';

/** Of a value of an output: nine digits. */
const MAX_INDEX = 999_999_999;

/** What came of a job (OGC API - Processes 1.0, section 7.13). */
@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
@ConformsTo([conformanceClass.draft.core])
export class ResultsController {
  constructor(
    private readonly cache: JobCache,
    private readonly results: JobResults,
    private readonly access: Access,
    private readonly links: Links,
    private readonly pages: Pages,
    private readonly readers: Readers,
  ) {}

  @Get(':jobId/results')
  @TakesShare()
  @ApiOperation({
    operationId: 'getResult',
    summary: 'The results of a job, in the shape that its execute request asked for',
  })
  @ApiResponse({
    status: 200,
    description: 'The results; with `f=zip` an archive (`application/zip`), made while it is sent',
  })
  @ApiResponse({ status: 204, description: 'The job was successful and has no results' })
  @ApiQuery({
    name: 'f',
    required: false,
    enum: ['json', 'html', 'zip'],
    description:
      '`html`: a page about the results; `json`: the results as they are, in the media types of their own; `zip`: each output as a file',
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
  @ApiQuery({
    name: 'profile',
    required: false,
    schema: { type: 'string' },
    example: 'ogc-results',
    description:
      '`ogc-results`: one JSON document of all results, whatever the execute request asked for (version 2.0)',
  })
  @ApiProblem(400, 'There is no such format or output')
  @ApiProblem(401, 'Results are not for everybody (`results: token`), and the token is missing or wrong')
  @ApiProblem(404, 'There is no such job, or it has no results yet')
  @ApiProblem(410, 'The job was dismissed')
  @ApiProblem(500, 'The job failed: why')
  @ApiProblem(429, 'You read as many results and logs as one caller may at once')
  @ApiProblem(503, 'Too much is being read at once')
  async result(
    @Param('jobId') jobId: string,
    @Query('outputs') wanted: string | readonly string[] | undefined,
    @Query('profile') profile: string | readonly string[] | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    variesByFormat(reply);
    this.readers.admit(request, reply.raw);
    const asZip = (request.query as { f?: unknown }).f === 'zip';
    const asPage = !asZip && this.pages.areServed && prefersHtml(request);
    const job = await this.cache.get(jobId);
    await this.access.demandResults(job, callerOf(request));
    const showLogTail = await this.access.mayReadLog(job, callerOf(request));
    const base = this.links.base(request);
    const share = shareOf(request);
    const selected = parseOutputIds(wanted);
    if (asZip) {
      const zip = await this.results.readZip(job, showLogTail, selected);
      if (zip.body) void reply.header('content-disposition', `attachment; filename="${jobId}.zip"`);
      return sendResults(request, reply, zip);
    }
    if (!asPage) {
      // OGC API - Processes 2.0 (draft), requirement `job-results-profile`: whatever the execute request asked for.
      const asDocument = askedProfiles(request.headers, [profile ?? []].flat().join()).has('ogc-results');
      const wish: JobRecord = asDocument ? { ...job, request: { ...job.request, response: 'document' } } : job;
      return sendResults(request, reply, await this.results.read(wish, showLogTail, base, selected, share));
    }
    const outputs = await this.results.preview(job, showLogTail, base, selected, share);
    const preview: ResultsPreview = { jobID: jobId, outputs, links: resultsLinks(jobId, base, outputs.length, share) };
    await reply.send(this.pages.render(request, reply, 'results', preview));
  }

  @Get(':jobId/results/:outputId')
  @TakesShare()
  @ApiOperation({
    operationId: 'getResultOutput',
    summary: 'One result of a job, as it is, whatever its execute request asked for',
  })
  @ApiHeader({ name: 'Range', required: false, schema: { type: 'string' }, description: 'As in `bytes=0-1023`' })
  @ApiResponse({ status: 200, description: 'The result' })
  @ApiResponse({ status: 307, description: 'It is large, and can be read at the object store itself for a moment' })
  @ApiResponse({ status: 206, description: 'The range of it that was asked for' })
  @ApiProblem(400, 'There is no such output')
  @ApiProblem(401, 'Results are not for everybody (`results: token`), and the token is missing or wrong')
  @ApiProblem(404, 'There is no such job or result')
  @ApiProblem(410, 'The job was dismissed')
  @ApiProblem(416, 'The range lies behind the end')
  @ApiProblem(500, 'The job failed: why')
  @ApiProblem(429, 'You read as many results and logs as one caller may at once')
  @ApiProblem(503, 'Too much is being read at once')
  async output(
    @Param('jobId') jobId: string,
    @Param('outputId') outputId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.readers.admit(request, reply.raw);
    const job = await this.cache.get(jobId);
    await this.access.demandResults(job, callerOf(request));
    const showLogTail = await this.access.mayReadLog(job, callerOf(request));
    await sendResults(request, reply, await this.results.readOutput(job, outputId, showLogTail));
  }

  @Get(':jobId/results/:outputId/:index')
  @TakesShare()
  @ApiOperation({
    operationId: 'getResultOutputValue',
    summary: 'One value of an output that may have several, as it is (version 2.0 of the standard)',
    description:
      'An output whose description has a `maxOccurs` of more than 1 has as many values as the array that the job gave; any other has one.',
  })
  @ApiParam({ name: 'index', schema: { type: 'integer', minimum: 0, maximum: MAX_INDEX }, description: 'From 0' })
  @ApiHeader({ name: 'Range', required: false, schema: { type: 'string' }, description: 'As in `bytes=0-1023`' })
  @ApiResponse({ status: 200, description: 'The value' })
  @ApiResponse({ status: 206, description: 'The range of it that was asked for' })
  @ApiProblem(400, 'There is no such output')
  @ApiProblem(401, 'Results are not for everybody (`results: token`), and the token is missing or wrong')
  @ApiProblem(404, 'There is no such job, result or value')
  @ApiProblem(406, 'The output is too large to be divided')
  @ApiProblem(410, 'The job was dismissed')
  @ApiProblem(416, 'The range lies behind the end')
  @ApiProblem(500, 'The job failed: why')
  @ApiProblem(429, 'You read as many results and logs as one caller may at once')
  @ApiProblem(503, 'Too much is being read at once')
  async outputValue(
    @Param('jobId') jobId: string,
    @Param('outputId') outputId: string,
    @Param('index') index: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.readers.admit(request, reply.raw);
    const job = await this.cache.get(jobId);
    await this.access.demandResults(job, callerOf(request));
    const showLogTail = await this.access.mayReadLog(job, callerOf(request));
    // What is no number is as little there as a number that is too large.
    const at = /^(?:0|[1-9]\d{0,8})$/.test(index) ? Number(index) : Infinity;
    await sendResults(request, reply, await this.results.readOutput(job, outputId, showLogTail, at));
  }
}

/** An empty value is as if the parameter were not there. Ids that have commas can be given one by one. */
function parseOutputIds(wanted: string | readonly string[] | undefined): readonly string[] | undefined {
  const ids = typeof wanted === 'string' ? wanted.split(',') : (wanted ?? []);
  const named = ids.filter((id) => id !== '');
  return named.length > 0 ? named : undefined;
}
