import { Controller, Get, Head, Header, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../access/access.js';
import { Configuration } from '../../config/configuration.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { conformanceClass, ConformsTo } from '../../ogc/conformance.js';
import { InvalidRequestError, OutputNotFoundError, UnwantedRequestError } from '../../ogc/domain-errors.js';
import { isIgnored } from '../../ogc/requests/ignored-parameters.js';
import { Links } from '../../ogc/links.js';
import { goneSignal } from '../../ogc/requests/client-gone.js';
import { isDeliberate } from '../../ogc/requests/same-origin.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { type KvpRequest, readKvpRequest } from '../../processes/request/kvp-request.js';
import { StatusInfoDto } from '../model/status-info.dto.js';
import { preferSchema } from '../../processes/api-definition/openapi-processes.js';
import { ExecutionAnswers } from './execution-answers.js';
import { ExecutionService } from './execution.service.js';

/**
 * Executing by `GET` (OGC API - Processes 2.0 draft, clause 16), where `server.kvp_execute` is on: a method that HTTP
 * calls safe makes a job. So it is refused where another site's page or a browser that fetches ahead sends it; the
 * token is taken by header only, for addresses are logged and shared; nothing may store the answer; and `HEAD` only
 * says whether the request is right.
 */
@ApiTags('Execution')
@TakesToken()
@Controller('processes')
@ConformsTo([conformanceClass.draft.kvpExecute])
export class KvpExecutionController {
  constructor(
    private readonly processes: ProcessRegistry,
    private readonly executions: ExecutionService,
    private readonly answers: ExecutionAnswers,
    private readonly links: Links,
    private readonly configuration: Configuration,
  ) {}

  // Before the GET, of which Fastify otherwise makes a HEAD of its own.
  @Head(':processId/execution')
  @Header('cache-control', 'no-store')
  @ApiExcludeEndpoint()
  async check(
    @Param('processId') processId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withRequest(processId, request, async ({ body, faults }) => {
      await this.executions.preview(processId, body, callerOf(request), {
        reading: { emptyOutputs: 'none', faults },
        gone: goneSignal(reply.raw),
      });
      await reply.status(200).send();
    });
  }

  @Get(':processId/execution')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'executeByParameters',
    summary: 'Execute a process, with inputs as parameters (version 2.0 of the standard)',
    description:
      'Each input is a parameter of its name: text as it is, anything else as JSON; `NAME[href]` for a link, ' +
      '`NAME[value]` and `NAME[mediaType]` for a qualified value, `NAME[crs]` beside the numbers of a bounding box. ' +
      '`NAME[include]=true` asks for an output, `NAME[mediaType]` for its format. `response[prefer]` and `response[f]` ' +
      'stand for the headers Prefer and Accept. The token goes by header only. Below, each configured process has an ' +
      'operation of its own.',
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: 'As of POST; the parameter `response[prefer]` goes before it',
    schema: preferSchema,
  })
  @ApiResponse({ status: 200, description: 'The results of a synchronous execution' })
  @ApiResponse({ status: 201, type: StatusInfoDto, description: 'The job was made; its address stands in Location' })
  @ApiResponse({ status: 204, description: 'The synchronous execution was successful and has no results' })
  @ApiProblem(400, 'The request does not fit the description; each fault has the name of its parameter')
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(403, 'A page of another site, or a browser that fetches ahead, sent the request')
  @ApiProblem(404, 'There is no such process')
  @ApiProblem(413, 'The inputs are too large')
  @ApiProblem(422, 'The Idempotency-Key was used with another request')
  @ApiProblem(
    429,
    'There are as many jobs as may be, or you have as much as one caller may; Retry-After says when to try again',
  )
  @ApiProblem(431, 'A header that is read has more than 1024 characters')
  @ApiProblem(500, 'The execution failed: why')
  @ApiProblem(503, 'The cluster does not answer, or is full; try again after the seconds of the Retry-After header')
  @ApiProblem(504, 'A process that only executes synchronously takes longer than a request may wait; the job goes on')
  async execute(
    @Param('processId') processId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.withRequest(processId, request, ({ body, faults, headers }) =>
      this.answers.answer(processId, body, request, reply, {
        headers: { ...request.headers, ...headers },
        isDraft: true,
        faults,
      }),
    );
  }

  /** @throws UnwantedRequestError; as `action`, with names of parameters for places */
  private async withRequest(
    processId: string,
    request: FastifyRequest,
    action: (kvp: KvpRequest) => Promise<void>,
  ): Promise<void> {
    if (!isDeliberate(request.headers, this.links.base(request))) throw new UnwantedRequestError();
    const [, query = ''] = request.url.split(/\?(.*)/s);
    const { ignoreParameters } = this.configuration.server;
    const kvp = readKvpRequest(this.processes.get(processId), query, (name) => isIgnored(name, ignoreParameters));
    try {
      await action(kvp);
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      const Kind = error instanceof OutputNotFoundError ? OutputNotFoundError : InvalidRequestError;
      throw new Kind(error.message, kvp.placed(error.faults));
    }
  }
}
