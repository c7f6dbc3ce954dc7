import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ASYNCAPI_MEDIA_TYPE } from '../ogc/api-definition.js';
import { ApiProblem } from '../ogc/api-problem.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { AsyncApi } from './asyncapi.js';

/** What the broker is told, for machines and for people. */
@ApiTags('Capabilities')
@Controller('asyncapi')
@ConformsTo([conformanceClass.pubSub.discovery])
export class AsyncApiController {
  constructor(@Inject(AsyncApi) private readonly asyncApi: AsyncApi) {}

  @Get()
  @ApiOperation({ operationId: 'getAsyncApi', summary: 'What is published to the broker, and where (AsyncAPI 3.0)' })
  @ApiQuery({
    name: 'f',
    required: false,
    enum: ['json', 'html'],
    description: 'Format of the answer; goes before `Accept`',
  })
  @ApiResponse({
    status: 200,
    description: 'The AsyncAPI document, or a page of it',
    headers: { ETag: { schema: { type: 'string' }, description: 'For `If-None-Match`' } },
    content: {
      [ASYNCAPI_MEDIA_TYPE]: { schema: { type: 'object' } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  @ApiResponse({ status: 304, description: 'The client has it already (`If-None-Match`)' })
  @ApiProblem(400, 'A parameter is unknown or wrong')
  document(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.asyncApi.answer(request, reply);
  }
}
