import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Configuration } from '../../config/configuration.js';
import { JobGoneError, SyncWaitExceededError } from '../../ogc/domain-errors.js';
import { Observer } from '../../observation/observer.js';
import { Links } from '../../ogc/links.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { IDEMPOTENCY_KEY_DESCRIPTION } from '../../processes/api-definition/openapi-processes.js';
import { callerOf } from '../../access/access.js';
import { ExecutionService } from './execution.service.js';
import { parseIdempotencyKey } from './idempotency.js';
import { JobResults } from '../results/job-results.js';
import { JobWaiter } from './job-waiter.js';
import type { JobRecord } from '../model/job-record.js';
import { JobCache } from '../model/job-cache.js';
import { StatusInfoDto } from '../model/status-info.dto.js';
import { appliedPreferences, chooseMode, parsePrefer, type Answered } from './prefer.js';
import { sendResults } from '../results/send-results.js';
import { toStatusInfo } from '../listing/status-info.js';

@ApiTags('Execution')
@ApiBearerAuth()
@Controller('processes')
export class ExecutionController {
  constructor(
    private readonly processes: ProcessRegistry,
    private readonly executions: ExecutionService,
    private readonly cache: JobCache,
    private readonly waiter: JobWaiter,
    private readonly results: JobResults,
    private readonly links: Links,
    private readonly observer: Observer,
    private readonly configuration: Configuration,
  ) {}

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
    schema: { type: 'string' },
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: IDEMPOTENCY_KEY_DESCRIPTION,
    schema: { type: 'string', minLength: 1, maxLength: 257 },
  })
  @ApiBody({ schema: { type: 'object', properties: { inputs: { type: 'object' } } } })
  @ApiResponse({ status: 200, description: 'The results of a synchronous execution' })
  @ApiResponse({
    status: 201,
    type: StatusInfoDto,
    description: 'The job was made; its address stands in the Location header',
  })
  @ApiResponse({ status: 204, description: 'The synchronous execution was successful and has no results' })
  @ApiProblem(400, 'The request does not fit the description; each fault has a JSON Pointer')
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such process')
  @ApiProblem(413, 'The request is too large')
  @ApiProblem(415, 'The body is not JSON')
  @ApiProblem(422, 'The Idempotency-Key was used with another body')
  @ApiProblem(500, 'The execution failed: why')
  @ApiProblem(503, 'The cluster does not answer, or is full; try again after the seconds of the Retry-After header')
  @ApiProblem(504, 'A process that only executes synchronously takes longer than a request may wait; the job goes on')
  async execute(
    @Param('processId') processId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { preferences, jobControlOptions, mode, key } = this.readHeaders(processId, request);
    const base = this.links.base(request);
    const job = await this.executions.execute(processId, body, callerOf(request), {
      idempotencyKey: key,
      base,
      byReference: mode.synchronous && preferences.return === 'minimal',
      asDocument: acceptsDocuments(request),
    });
    const address = `${base}/jobs/${job.jobId}`;
    const sayApplied = (answered: Answered) => {
      const applied = appliedPreferences(preferences, mode, answered);
      if (applied !== undefined) void reply.header('preference-applied', applied);
    };
    if (mode.synchronous) {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      void reply.header('link', this.monitorLink(address));
      const ended = await this.waiter.waitForEnd(
        job,
        mode.waitSeconds === undefined ? undefined : mode.waitSeconds * 1000,
        gone.signal,
      );
      if (ended === 'gone') throw new JobGoneError(job.jobId);
      if (ended !== 'running') {
        const answer = await this.results.read(ended, true, base);
        sayApplied({ references: answer.references ?? 'none' });
        return sendResults(request, reply, answer);
      }
      if (!jobControlOptions.includes('async-execute'))
        throw new SyncWaitExceededError(
          `Job "${job.jobId}" goes on, and its result cannot be waited for any longer in this request. Its status: ${address}`,
        );
      void reply.removeHeader('link');
    }
    sayApplied('job');
    await this.answerCreated(reply, job, base, address);
  }

  /** What the request says beside its body. */
  private readHeaders(processId: string, { headers }: FastifyRequest) {
    try {
      const preferences = parsePrefer(headers['prefer']);
      const { jobControlOptions } = this.processes.get(processId).description;
      const mode = chooseMode(jobControlOptions, preferences, this.configuration.server.manager.syncMaxWait);
      return { preferences, jobControlOptions, mode, key: parseIdempotencyKey(headers['idempotency-key']) };
    } catch (error) {
      this.observer.executionRefused(processId, error);
      throw error;
    }
  }

  /** OGC's compliance suite for 1.0 looks for `rel=monitor` without quotes, and asks what stands before the first semicolon, angle brackets and all. */
  private monitorLink(address: string): string {
    return this.configuration.server.citeCompatibility ? `${address}; rel=monitor` : `<${address}>; rel="monitor"`;
  }

  private async answerCreated(reply: FastifyReply, job: JobRecord, base: string, address: string): Promise<void> {
    await reply
      .status(201)
      .header('location', address)
      .send(toStatusInfo(this.cache.statusOf(job), base, true));
  }
}

/** Whether the client would rather have a document (JSON) than several parts: so says 2.0 how results are negotiated where a request has no `response`. */
function acceptsDocuments({ headers }: FastifyRequest): boolean {
  const accept = headers.accept ?? '*/*';
  if (!/\bapplication\/json\b/i.test(accept)) return false;
  return (
    new Negotiator({ headers: { accept } }).mediaType(['multipart/related', 'application/json']) === 'application/json'
  );
}
