import { Controller, Get, Req, Res } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ApiExcludeEndpoint, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import { ApiDefinition, OPENAPI_MEDIA_TYPE } from './api-definition.js';
import { ConformsTo, conformanceClass } from './conformance.js';
import { answerInLanguage, localize } from './languages.js';
import { Links, relation } from './links.js';
import { HasPage, Pages } from './pages.js';
import { prefersHtml, variesByFormat } from './representation.js';
import { ConformanceDto, LandingPageDto } from './ogc.dto.js';
import { sendJson } from './send-json.js';

@ApiTags('Capabilities')
@Controller()
@ConformsTo([conformanceClass.commonCore, conformanceClass.json, conformanceClass.openApi])
export class LandingController {
  constructor(
    private readonly configuration: Configuration,
    private readonly links: Links,
    private readonly apiDefinition: ApiDefinition,
    private readonly discovery: DiscoveryService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @HasPage('landing-page', LandingPageDto)
  @ApiOperation({ operationId: 'getLandingPage', summary: 'The landing page' })
  @ApiQuery({ name: 'lang', required: false, type: String, description: 'Language of the texts' })
  landingPage(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): LandingPageDto {
    const base = this.links.base(request);
    const { lang } = request.query as { lang?: unknown };
    const languages = answerInLanguage(request, reply, this.configuration.server.languages);
    const self = typeof lang === 'string' ? `${base}/?${new URLSearchParams({ lang })}` : `${base}/`;
    const { title, description } = this.configuration.metadata.identification;
    const json = 'application/json';
    return {
      title: localize(title, languages),
      description: localize(description, languages),
      links: [
        { href: self, rel: 'self', type: json, title: 'This document' },
        { href: `${base}/openapi`, rel: 'service-desc', type: OPENAPI_MEDIA_TYPE, title: 'The API definition' },
        { href: `${base}/docs`, rel: 'service-doc', type: 'text/html', title: 'The API documentation, to try it out' },
        { href: `${base}/conformance`, rel: relation.conformance, type: json, title: 'Conformance classes' },
        ...(this.configuration.processesApi
          ? [
              { href: `${base}/processes`, rel: relation.processes, type: json, title: 'The processes' },
              { href: `${base}/jobs`, rel: relation.jobList, type: json, title: 'The jobs' },
            ]
          : []),
        ...(this.configuration.visualisations
          ? [{ href: `${base}/visualisations`, rel: 'related', type: json, title: 'The interactive apps' }]
          : []),
      ],
    };
  }

  @Get('conformance')
  @HasPage('conformance', ConformanceDto)
  @ApiOperation({ operationId: 'getConformance', summary: 'The conformance classes that this server implements' })
  conformance(): ConformanceDto {
    const declared = [...this.discovery.getControllers(), ...this.discovery.getProviders()].flatMap(
      (wrapper) => this.discovery.getMetadataByDecorator(ConformsTo, wrapper) ?? [],
    );
    return { conformsTo: [...new Set(declared)].sort() };
  }

  @Get('openapi')
  @ApiExcludeEndpoint()
  openApi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const base = this.links.base(request);
    variesByFormat(reply);
    void reply.header('cache-control', 'no-cache');
    if (this.pages.areServed && prefersHtml(request)) void reply.redirect(`${base}/docs`, 303);
    else void sendJson(reply, OPENAPI_MEDIA_TYPE, this.apiDefinition.get(base));
  }
}
