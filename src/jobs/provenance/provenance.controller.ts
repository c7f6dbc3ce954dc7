import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../access/access.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { conformanceClass, ConformsTo } from '../../ogc/conformance.js';
import { Links } from '../../ogc/links.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { JobCache } from '../model/job-cache.js';
import { JobRequests } from '../requests/job-requests.js';
import { Provenances } from './provenances.js';

const members = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'object', additionalProperties: { type: 'object' } }]));

const PROV_JSON = {
  type: 'object',
  externalDocs: { url: 'https://www.w3.org/submissions/prov-json/' },
  properties: {
    prefix: { type: 'object', additionalProperties: { type: 'string' } },
    ...members('activity', 'entity', 'agent', 'used', 'wasGeneratedBy', 'wasAssociatedWith'),
  },
};

const INPUTS = { type: 'object', required: ['inputs', 'outputs'], properties: members('outputs') };

/** Requirements class "Provenance" of OGC API - Processes - Part 4: Job Management (OGC 24-051, a draft). */
@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
@ConformsTo([conformanceClass.provenance])
export class ProvenanceController {
  constructor(
    private readonly cache: JobCache,
    private readonly provenances: Provenances,
    private readonly requests: JobRequests,
    private readonly links: Links,
  ) {}

  @Get(':jobId/prov')
  @ApiOperation({
    operationId: 'getProvenance',
    summary: 'Where what a job gave comes from: PROV-JSON of the W3C (draft of Part 4, Job Management)',
    description:
      'Of a job that goes on, what is known by then. Outputs for who may read the results; inputs, images by their digests, node and ' +
      'log for who may read the log, too.',
  })
  @ApiResponse({ status: 200, description: 'Its provenance', content: { 'application/json': { schema: PROV_JSON } } })
  @ApiProblem(401, 'Results are not for everybody (`results: token`), and the token is missing or wrong')
  @ApiProblem(404, 'There is no such job')
  async provenance(
    @Param('jobId') jobId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.cache.get(jobId);
    const document = await this.provenances.of(job, callerOf(request), this.links.base(request));
    await sendPrivately(reply, document);
  }

  @Get(':jobId/inputs')
  @ApiOperation({
    operationId: 'getInputs',
    summary: 'The inputs of a job, and the outputs that were asked for (draft of Part 4, Job Management)',
    description: 'As its request has them, secrets masked. Asks for the token wherever executing the process does.',
  })
  @ApiResponse({ status: 200, description: 'What is known', content: { 'application/json': { schema: INPUTS } } })
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job, or nothing of its request is kept')
  async inputs(
    @Param('jobId') jobId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const base = this.links.base(request);
    const shown = await this.requests.of(await this.cache.get(jobId), callerOf(request), base);
    const { inputs = {}, omittedInputs, outputs = {} } = shown;
    await sendPrivately(reply, {
      inputs,
      ...(omittedInputs ? { omittedInputs } : {}),
      outputs,
      links: [
        { href: `${base}/jobs/${jobId}/inputs`, rel: 'self', type: 'application/json', title: 'This document' },
        { href: `${base}/jobs/${jobId}`, rel: 'monitor', type: 'application/json', title: 'The status of the job' },
      ],
    });
  }
}

/** The digits of a number may be more than a double has: not every serializer writes them. */
async function sendPrivately(reply: FastifyReply, document: object): Promise<void> {
  void reply.header('cache-control', 'no-store');
  await reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(document));
}
