import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../access/access.js';
import { ApiProblem } from '../../ogc/api-problem.js';
import { Links } from '../../ogc/links.js';
import { SHARED } from '../../ogc/requests/share.js';
import { TakesToken } from '../../ogc/requests/takes-token.js';
import { JobCache } from '../model/job-cache.js';
import { ShareLinkDto } from './share-links.dto.js';
import { ShareLinks } from './share-links.js';

/** Links that open a job's results to who could not see them; beyond the standard. */
@ApiTags('Jobs')
@TakesToken()
@Controller('jobs')
export class ShareLinksController {
  constructor(
    private readonly cache: JobCache,
    private readonly shares: ShareLinks,
    private readonly links: Links,
  ) {}

  @Post(':jobId/links')
  @HttpCode(201)
  @ApiOperation({
    operationId: 'makeLink',
    summary: 'Make a link that opens the results of a job, or its page, to whoever has it',
    description:
      'It ends by itself, and with the job; nothing else takes it back. For who may read the results; where there are roles, for the owner of the job and for admins.',
  })
  @ApiBody({
    required: false,
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        for: {
          type: 'string',
          enum: [...SHARED],
          default: 'results',
          description: '`page`: the status of the job, its page and its events, too; never its log or request',
        },
        expires_in: {
          type: 'integer',
          minimum: 1,
          default: 604800,
          description: 'Seconds; most: `access.links_max_days`',
        },
      },
    },
  })
  @ApiCreatedResponse({ type: ShareLinkDto, description: 'The link; it is shown this once, and kept nowhere' })
  @ApiProblem(400, 'The request is wrong')
  @ApiProblem(401, 'The token is missing or wrong')
  @ApiProblem(403, 'The job is another’s')
  @ApiProblem(404, 'There is no such job')
  async make(
    @Param('jobId') jobId: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShareLinkDto> {
    const job = await this.cache.get(jobId);
    void reply.header('cache-control', 'no-store');
    return this.shares.make(job, body, callerOf(request), this.links.base(request));
  }
}
