import { Controller, Get, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { ApiProblem } from '../ogc/api-problem.js';
import { ApiToken, bearerToken } from '../ogc/api-token.js';
import { ForbiddenError, UnauthorizedError, UnavailableError } from '../ogc/domain-errors.js';
import { Links } from '../ogc/links.js';
import { HasPage } from '../ogc/negotiation.interceptor.js';
import { rightsOf } from '../ogc/requests/rights.js';
import { isOfApiToken, sessionOf } from '../ogc/requests/session.js';
import { toVisualisationDto } from './to-visualisation-dto.js';
import { VisualisationCache } from './visualisation-cache.js';
import { VisualisationListDto } from './visualisations.dto.js';

/** An app has no login of its own, and whoever knows its address is in: the list is for those who know the API token. */
@ApiTags('Visualisations')
@ApiBearerAuth()
@Controller('visualisations')
export class VisualisationsController {
  private readonly apiToken: ApiToken;

  constructor(
    private readonly cache: VisualisationCache,
    private readonly links: Links,
    configuration: Configuration,
  ) {
    this.apiToken = new ApiToken(configuration.environment.apiToken);
  }

  @Get()
  @HasPage('visualisations', VisualisationListDto)
  @ApiOperation({
    operationId: 'getVisualisations',
    summary: 'The interactive apps, with their states and addresses',
    description: 'Asks for the API token; where roles say who may what, for a token of an admin.',
  })
  @ApiProblem(401, 'The token is missing or does not match')
  @ApiProblem(403, 'Where roles say who may what: the list is for those who may everything')
  @ApiProblem(503, 'What there is has not been read from the cluster yet')
  list(@Req() request: FastifyRequest): VisualisationListDto {
    this.demandToken(request);
    if (!this.cache.synced)
      throw new UnavailableError(
        'The visualisations of the cluster are not known yet; the log says why, where this lasts.',
      );
    const self = { href: `${this.links.base(request)}/visualisations`, rel: 'self', type: 'application/json' };
    return {
      visualisations: this.cache.list().map(toVisualisationDto),
      links: [{ ...self, title: 'This document' }],
    };
  }

  /** @throws UnauthorizedError, ForbiddenError */
  private demandToken(request: FastifyRequest): void {
    const rights = rightsOf(request);
    if (rights?.isAdmin) return;
    if (rights?.isKnown) throw new ForbiddenError('None of your roles allows to read the list of visualisations.');
    if (rights)
      throw new UnauthorizedError('The list of visualisations asks for a token of who may everything (admin).');
    const token = bearerToken(request.headers.authorization);
    if (this.apiToken.matches(token) || isOfApiToken(sessionOf(request))) return;
    if (!this.apiToken.isSet)
      throw new UnauthorizedError(
        'The list of visualisations asks for a token, but this server has none configured (PYGEOAPI_K8S_MANAGER_API_TOKEN).',
      );
    throw new UnauthorizedError(
      token === undefined
        ? 'The list of visualisations asks for a token: send it as "Authorization: Bearer TOKEN".'
        : 'The token does not match.',
    );
  }
}
