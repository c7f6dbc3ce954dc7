import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, callerOf } from '../../access/access.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { JobCache } from '../model/job-cache.js';
import { JobLogs } from './job-logs.js';

/** What a job's containers print; beyond the standard. */
@ApiTags('Jobs')
@ApiBearerAuth()
@Controller('jobs')
export class LogsController {
  constructor(
    private readonly cache: JobCache,
    private readonly logs: JobLogs,
    private readonly access: Access,
  ) {}

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
    const job = await this.cache.get(jobId);
    await this.access.demand(job.processId, callerOf(request), { operation: 'read-log', jobId });
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const body = await (attempt === undefined
      ? this.logs.read(job, parseFollow(follow), gone.signal)
      : this.logs.readAttempt(job, parseAttempt(attempt), parseFollow(follow), gone.signal));
    await reply.header('content-type', 'text/plain; charset=utf-8').header('x-accel-buffering', 'no').send(body);
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
