import { Controller, Get, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { ApiToken, bearerToken } from '../ogc/api-token.js';
import { rightsOf } from '../ogc/requests/rights.js';
import { noteWrongToken } from '../ogc/requests/wrong-token.js';
import { HealthService, type Readiness } from './health.service.js';

/** One thing that the server's work depends on. */
export class HealthCheckDto {
  @ApiProperty({ enum: ['ok', 'degraded', 'unavailable'] })
  status!: string;

  /** What is the matter, or how it is: with the API token all of it, without it what is wrong, but not where. */
  @ApiPropertyOptional()
  detail?: string;
}

/** Whether the server can work. */
export class ReadinessDto {
  /** `degraded`: it answers, but something does not work; `unavailable`: it cannot answer. */
  @ApiProperty({ enum: ['ok', 'degraded', 'unavailable'] })
  status!: string;

  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(HealthCheckDto) } })
  checks!: Record<string, HealthCheckDto>;
}

/** For probes (https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/). */
@ApiTags('Health')
@ApiExtraModels(HealthCheckDto)
@Controller('health')
export class HealthController {
  private readonly apiToken: ApiToken;

  constructor(
    private readonly health: HealthService,
    { environment }: Configuration,
  ) {
    this.apiToken = new ApiToken(environment.apiToken);
  }

  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Answers while the process works' })
  @ApiResponse({ status: 200, schema: { type: 'object', properties: { status: { type: 'string', enum: ['ok'] } } } })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'getReadiness', summary: 'Whether the server can work, and what keeps it from working' })
  @ApiResponse({
    status: 200,
    type: ReadinessDto,
    description: 'It answers requests; `degraded` where something does not work',
  })
  @ApiResponse({ status: 503, type: ReadinessDto, description: 'It cannot answer requests yet, or any more' })
  async ready(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const readiness: Readiness = await this.health.readiness();
    const mayReadAll = rightsOf(request)?.isAdmin ?? this.hasApiToken(request);
    await reply
      .status(readiness.status === 'unavailable' ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({ ...readiness, checks: shown(readiness.checks, mayReadAll) });
  }

  private hasApiToken(request: FastifyRequest): boolean {
    const token = bearerToken(request.headers.authorization);
    const hasToken = this.apiToken.matches(token);
    if (token !== undefined && !hasToken) noteWrongToken(request);
    return hasToken;
  }
}

/** Whoever may not read all is told what is wrong, but no endpoint, bucket, object or address. */
function shown(checks: Readiness['checks'], mayReadAll: boolean): Record<string, HealthCheckDto> {
  return Object.fromEntries(
    Object.entries(checks).map(([name, { status, detail, hint }]) => {
      const text = mayReadAll ? detail : hint;
      return [name, { status, ...(text === undefined ? {} : { detail: text }) }];
    }),
  );
}
