import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from '../../ogc/api-problem.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { Links, relation } from '../../ogc/links.js';
import { goneSignal } from '../../ogc/requests/client-gone.js';
import { callerOf } from '../../access/access.js';
import { isOfDraft } from './execution-answers.js';
import { ExecutionService } from './execution.service.js';
import { ValidationDto } from './validation.dto.js';

/** Says what an execute request would run; a sibling of `execution` that takes the same requests and creates nothing. */
@ApiTags('Execution')
@TakesToken()
@Controller('processes')
export class ValidationController {
  constructor(
    private readonly executions: ExecutionService,
    private readonly links: Links,
  ) {}

  @Post(':processId/validation')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'validate',
    summary: 'Check an execute request without executing it',
    description:
      'Takes what `execution` takes and creates nothing: answers every fault of the request, or the Kubernetes Job that would run, with secrets masked. Asks for the token wherever executing the process does.',
  })
  @ApiBody({ schema: { type: 'object', properties: { inputs: { type: 'object' } } } })
  @ApiOkResponse({ type: ValidationDto, description: 'The request is valid: what would run' })
  @ApiProblem(400, 'The request does not fit the description; each fault has a JSON Pointer')
  @ApiProblem(401, 'The API token is missing or wrong')
  @ApiProblem(404, 'There is no such process')
  @ApiProblem(413, 'The request is too large')
  @ApiProblem(415, 'The body is not JSON')
  @ApiProblem(500, 'The server is misconfigured, or its processor failed')
  @ApiProblem(
    503,
    'The server looks at the inputs by link of others; try again after the seconds of the Retry-After header',
  )
  async validate(
    @Param('processId') processId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ValidationDto> {
    const kubeJob = await this.executions.preview(processId, body, callerOf(request), {
      reading: isOfDraft(request.headers) ? { emptyOutputs: 'none' } : {},
      gone: goneSignal(reply.raw),
    });
    const process = `${this.links.base(request)}/processes/${encodeURIComponent(processId)}`;
    return {
      processID: processId,
      valid: true,
      ...(kubeJob ? { kubeJob } : {}),
      links: [
        { href: `${process}/execution`, rel: relation.execute, type: 'application/json', title: 'Execute the process' },
        { href: process, rel: 'up', type: 'application/json', title: 'The process' },
      ],
    };
  }
}
