import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ApiExcludeEndpoint, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Configuration } from '../config/configuration.js';
import {
  ApiDefinition,
  ASYNCAPI_MEDIA_TYPE,
  negotiateOpenApi,
  OPENAPI_VERSIONS,
  openApiMediaType,
  type OpenApiVersion,
} from './api-definition.js';
import { ConformsTo, conformanceClass } from './conformance.js';
import { NotAvailableError } from './domain-errors.js';
import { answerInLanguage, localize, localizeKeywords } from './languages.js';
import { isAddress, Links, relation } from './links.js';
import { HasPage } from './negotiation.interceptor.js';
import { Pages } from './pages.js';
import { prefersHtml, variesByFormat } from './representation.js';
import { seesProcess } from './requests/rights.js';
import { ConformanceDto, LandingPageDto, LinkDto } from './ogc.dto.js';
import { sendJson } from './send-json.js';

@ApiTags('Capabilities')
@Controller()
@ConformsTo([
  conformanceClass.commonCore,
  conformanceClass.json,
  conformanceClass.openApi,
  conformanceClass.draft.json,
  conformanceClass.draft.openApi,
  conformanceClass.draft.openApi30,
  conformanceClass.draft.openApi31,
])
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
    const { identification, provider, license, contact } = this.configuration.metadata;
    const { title, description, keywords, termsOfService, url } = identification;
    const json = 'application/json';
    return {
      title: localize(title, languages),
      description: localize(description, languages),
      keywords: localizeKeywords(keywords, languages),
      provider,
      license,
      contact,
      termsOfService,
      links: [
        { href: self, rel: 'self', type: json, title: 'This document' },
        ...apiDefinitionLinks(base),
        { href: `${base}/docs`, rel: 'service-doc', type: 'text/html', title: 'The API documentation, to try it out' },
        { href: `${base}/conformance`, rel: relation.conformance, type: json, title: 'Conformance classes' },
        ...(this.configuration.processesApi
          ? [
              { href: `${base}/processes`, rel: relation.processes, type: json, title: 'The processes' },
              { href: `${base}/jobs`, rel: relation.jobList, type: json, title: 'The jobs' },
            ]
          : []),
        ...(this.configuration.processesApi && this.configuration.archive
          ? [{ href: `${base}/usage`, rel: 'related', type: json, title: 'What jobs took' }]
          : []),
        ...(this.configuration.visualisations
          ? [{ href: `${base}/visualisations`, rel: 'related', type: json, title: 'The interactive apps' }]
          : []),
        // https://www.iana.org/assignments/link-relations
        ...linkTo('about', url, 'About this service'),
        ...linkTo('license', license?.url, license?.name ?? 'The licence'),
        ...linkTo('terms-of-service', termsOfService, 'The terms of service'),
        ...pubSubLinks(base, this.configuration),
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
    variesByFormat(reply);
    if (this.pages.areServed && prefersHtml(request)) {
      const { ui } = request.query as { readonly ui?: unknown };
      const page = ui === 'redoc' ? 'docs/redoc' : 'docs';
      void reply.header('cache-control', 'no-cache').redirect(`${this.links.base(request)}/${page}`, 303);
    } else this.sendDefinition(request, reply, negotiateOpenApi(request.headers.accept));
  }

  @Get('openapi/:version')
  @ApiExcludeEndpoint()
  openApiOf(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('version') asked: string): void {
    const version = OPENAPI_VERSIONS.find((known) => known === asked);
    if (!version)
      throw new NotAvailableError(`The API definition is there in OpenAPI ${OPENAPI_VERSIONS.join(' and ')}.`);
    this.sendDefinition(request, reply, version);
  }

  private sendDefinition(request: FastifyRequest, reply: FastifyReply, version: OpenApiVersion): void {
    void reply.header('cache-control', 'no-cache');
    const document = this.apiDefinition.get(this.links.base(request), version, (id) => seesProcess(request, id));
    void sendJson(reply, openApiMediaType(version), document);
  }
}

/** Where events are told (OGC 25-030, section 7, as pygeoapi has it). */
function pubSubLinks(base: string, { pubsub, processesApi }: Configuration): LinkDto[] {
  if (!pubsub || !processesApi) return [];
  const { url, channel, hidden } = pubsub;
  const broker = { href: url, rel: 'hub', type: 'application/json', title: 'Pub/Sub broker' };
  return [
    ...(hidden ? [] : [channel === undefined ? broker : { ...broker, channel }]),
    {
      href: `${base}/asyncapi?f=html`,
      rel: 'service-doc',
      type: 'text/html',
      title: 'The AsyncAPI definition as HTML',
    },
    {
      href: `${base}/asyncapi?f=json`,
      rel: 'service-desc',
      type: ASYNCAPI_MEDIA_TYPE,
      title: 'The AsyncAPI definition as JSON',
    },
  ];
}

/** The first version by the address that clients of OGC APIs guess. */
function apiDefinitionLinks(base: string): LinkDto[] {
  return OPENAPI_VERSIONS.map((version, at) => ({
    href: at === 0 ? `${base}/openapi` : `${base}/openapi/${version}`,
    rel: 'service-desc',
    type: openApiMediaType(version),
    title: at === 0 ? 'The API definition' : `The API definition, in OpenAPI ${version}`,
  }));
}

function linkTo(rel: string, href: string | undefined, title: string): LinkDto[] {
  return isAddress(href) ? [{ href, rel, title }] : [];
}
