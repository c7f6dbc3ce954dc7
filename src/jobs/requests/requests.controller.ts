import { applyDecorators, Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../../access/access.js';
import { Readers } from '../../access/readers.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { Links } from '../../ogc/links.js';
import { profileUri } from '../../ogc/requests/profiles.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { JobCache } from '../model/job-cache.js';
import { JobRequests } from './job-requests.js';
import { ShownRequestDto } from './shown-request.dto.js';

@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
export class RequestsController {
  constructor(
    private readonly cache: JobCache,
    private readonly requests: JobRequests,
    private readonly access: Access,
    private readonly readers: Readers,
    private readonly links: Links,
  ) {}

  @Get(':jobId/request')
  @ApiOperation({
    operationId: 'getRequest',
    summary: 'The execute request of a job, as it may be shown (version 2.0 of the standard)',
    description:
      'Sent again, with the values of what is masked and omitted, it asks for the same. ' +
      'Asks for the token wherever executing the process does.',
  })
  @ApiExtraModels(ShownRequestDto)
  @ApiResponse({
    status: 200,
    description: 'What is known of it; of jobs of earlier versions not all is',
    content: { 'application/json': { schema: { $ref: getSchemaPath(ShownRequestDto) } } },
  })
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such job, or nothing of its request is kept')
  async request(
    @Param('jobId') jobId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const base = this.links.base(request);
    const { processId, ...shown } = await this.requests.of(await this.cache.get(jobId), callerOf(request), base);
    const process = `${base}/processes/${encodeURIComponent(processId)}`;
    void reply.header('link', `<${profileUri('ogc-execute-request')}>; rel="profile"`);
    void reply.header('cache-control', 'no-store');
    // The digits of a number may be more than a double has: not every serializer writes them.
    const text = JSON.stringify({ ...(processId ? { process } : {}), ...shown });
    await reply.header('content-type', 'application/json; charset=utf-8').send(text);
  }
  @Get(':jobId/request/inputs')
  @ApiOperation({
    operationId: 'getOmittedInputs',
    summary: 'The inputs of a job that its request does not name (`omittedInputs`), of processes that keep inputs',
    description: 'As long as the results are kept. Asks for the token wherever executing the process does.',
  })
  @AnswersInput({ type: 'object' })
  async omitted(@Param('jobId') jobId: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    await this.send(jobId, undefined, request, reply);
  }

  @Get(':jobId/request/inputs/:inputId')
  @ApiOperation({
    operationId: 'getOmittedInput',
    summary: 'An input of a job that its request omits, of processes that keep inputs; secrets masked',
    description: 'As long as the results are kept. Asks for the token wherever executing the process does.',
  })
  @AnswersInput({})
  async input(
    @Param('jobId') jobId: string,
    @Param('inputId') inputId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send(jobId, inputId, request, reply);
  }

  private async send(jobId: string, id: string | undefined, request: FastifyRequest, reply: FastifyReply) {
    const job = await this.cache.get(jobId);
    await this.access.demand(this.access.rightsOf(job), callerOf(request), { operation: 'read-log', jobId });
    this.readers.admit(request, reply.raw);
    const { body, size } = await this.requests.inputOf(job, callerOf(request), id);
    void reply.header('cache-control', 'no-store').header('content-length', size);
    await reply.header('content-type', 'application/json; charset=utf-8').send(body);
  }
}

function AnswersInput(schema: object): MethodDecorator {
  return applyDecorators(
    ApiResponse({ status: 200, description: 'Its JSON', content: { 'application/json': { schema } } }),
    ApiProblem(401, 'The API token is missing or wrong'),
    ApiProblem(404, 'There is no such job, or no such input is kept, or not any more'),
    ApiProblem(429, 'You read as many results and logs as one caller may at once'),
    ApiProblem(503, 'As many results and logs are read as may be at once'),
  );
}
