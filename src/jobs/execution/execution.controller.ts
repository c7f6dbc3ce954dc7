import { applyDecorators, Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import {
  IDEMPOTENCY_KEY_DESCRIPTION,
  idempotencyKeySchema,
  jobIdSchema,
  tagsSchema,
  preferSchema,
} from '../../processes/api-definition/openapi-processes.js';
import { StatusInfoDto } from '../model/status-info.dto.js';
import { ExecutionAnswers } from './execution-answers.js';

const EXECUTE_SCHEMA = {
  type: 'object',
  properties: { inputs: { type: 'object' }, job_id: jobIdSchema, tags: tagsSchema },
};

/** What executing may answer. */
const ExecuteAnswers = (): MethodDecorator =>
  applyDecorators(
    ApiResponse({ status: 200, description: 'The results of a synchronous execution' }),
    ApiResponse({
      status: 201,
      type: StatusInfoDto,
      description: 'The job was made; its address stands in the Location header',
    }),
    ApiResponse({ status: 204, description: 'The synchronous execution was successful and has no results' }),
    ApiProblem(400, 'The request does not fit the description; each fault has a JSON Pointer'),
    ApiProblem(401, 'The API token is missing or wrong'),
    ApiProblem(404, 'There is no such process'),
    ApiProblem(409, 'The `job_id` of the body is taken'),
    ApiProblem(413, 'The request is too large'),
    ApiProblem(415, 'The body is not JSON, or in a content coding other than gzip, zstd and br'),
    ApiProblem(422, 'The Idempotency-Key was used with another body'),
    ApiProblem(
      429,
      'There are as many jobs as may be, or you have as much as one caller may; Retry-After says when to try again',
    ),
    ApiProblem(431, 'A header that is read has more than 1024 characters'),
    ApiProblem(500, 'The execution failed: why'),
    ApiProblem(503, 'The cluster does not answer, or is full; try again after the seconds of the Retry-After header'),
    ApiProblem(504, 'A process that only executes synchronously takes longer than a request may wait; the job goes on'),
  );

@ApiTags('Execution')
@TakesToken()
@Controller('processes')
export class ExecutionController {
  constructor(private readonly answers: ExecutionAnswers) {}

  @Post(':processId/execution')
  @ApiOperation({
    operationId: 'execute',
    summary: 'Execute a process',
    description:
      'Synchronously or asynchronously: as the process allows (`jobControlOptions`) and the `Prefer` header asks. A client that disconnects does not end its job; `DELETE /jobs/{jobId}` does. Below, each configured process has an operation of its own with its inputs.',
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      'RFC 7240: `respond-async`, `wait=SECONDS`, `return=minimal` (outputs by reference), `return=representation`; Preference-Applied says which were',
    schema: preferSchema,
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: IDEMPOTENCY_KEY_DESCRIPTION,
    schema: idempotencyKeySchema,
  })
  @ApiBody({ schema: EXECUTE_SCHEMA })
  @ExecuteAnswers()
  async execute(
    @Param('processId') processId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answers.answer(processId, body, request, reply);
  }

  @Post(':processId/jobs')
  @ApiOperation({
    operationId: 'executeAsJob',
    deprecated: true,
    summary: 'An alias of `/processes/{processId}/execution`',
    description:
      'Takes and answers what `/processes/{processId}/execution` does, for clients of earlier drafts of the standard. New clients use that.',
  })
  @ApiBody({ schema: EXECUTE_SCHEMA })
  @ExecuteAnswers()
  async executeAsJob(
    @Param('processId') processId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answers.answer(processId, body, request, reply);
  }
}
