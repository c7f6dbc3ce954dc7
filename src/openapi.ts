import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Configuration } from './config/configuration.js';
import { ApiDefinition } from './ogc/api-definition.js';
import { Links } from './ogc/links.js';
import { executeOperations, BEARER_SCHEME } from './processes/openapi-processes.js';
import { ProcessRegistry } from './processes/process-registry.js';
import { localize } from './ogc/languages.js';
import { version } from './version.js';

/** Makes the OpenAPI document, once, of the decorators and of the configured processes, and serves Swagger UI of it at `/docs`. */
export function setUpApiDefinition(app: NestFastifyApplication, configuration: Configuration): void {
  const definition = app.get(ApiDefinition, { strict: false });
  let document: OpenAPIObject | undefined;
  const make = (): OpenAPIObject => (document ??= makeDocument(app, configuration));
  definition.provide(make);
  const links = app.get(Links, { strict: false });
  SwaggerModule.setup('docs', app, make, {
    raw: false,
    customSiteTitle: 'OGC API - Processes',
    // Without servers "Try it out" would ask the root of the origin, which is another program's behind a path prefix.
    patchDocumentOnRequest: (request) => definition.get(links.base(request as FastifyRequest)),
  });
}

function makeDocument(app: NestFastifyApplication, { metadata, server, processesApi }: Configuration): OpenAPIObject {
  const { title, description } = metadata.identification;
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle(localize(title, server.languages) ?? 'OGC API - Processes')
    .setDescription(localize(description, server.languages) ?? '')
    .setVersion(version)
    .addSecurity(BEARER_SCHEME, { type: 'http', scheme: 'bearer', description: 'The API token' });
  const document = SwaggerModule.createDocument(app, builder.build());
  const processes = processesApi ? app.get(ProcessRegistry, { strict: false }).list() : [];
  return {
    ...document,
    paths: { ...document.paths, ...(executeOperations(processes, server.languages) as OpenAPIObject['paths']) },
  };
}
