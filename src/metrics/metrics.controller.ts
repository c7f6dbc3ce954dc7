import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Exposition, METRICS_PATH } from './exposition.js';

/** The metrics on the server's own port, beside the API: they are not part of it. */
@ApiExcludeController()
@Controller(METRICS_PATH)
export class MetricsController {
  constructor(private readonly exposition: Exposition) {}

  @Get()
  async metrics(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { contentType, text } = await this.exposition.read(request.headers.authorization);
    await reply.header('content-type', contentType).header('cache-control', 'no-store').send(text);
  }
}
