import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Configuration } from '../config/configuration.js';
import { ApiDefinition } from '../ogc/api-definition.js';
import { Links } from '../ogc/links.js';
import { executeOperations, BEARER_SCHEME } from '../processes/api-definition/openapi-processes.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import { localize } from '../ogc/languages.js';
import { version } from './version.js';

/** Makes the OpenAPI document of the decorators, once, and of the processes, as often as they change, and serves Swagger UI of it at `/docs`. */
export function setUpApiDefinition(app: NestFastifyApplication, configuration: Configuration): void {
  const definition = app.get(ApiDefinition, { strict: false });
  const registry = configuration.processesApi ? app.get(ProcessRegistry, { strict: false }) : undefined;
  let own: OpenAPIObject | undefined;
  let whole: { readonly revision: number | undefined; readonly document: OpenAPIObject } | undefined;
  const make = (): OpenAPIObject => {
    if (!whole || whole.revision !== registry?.revision) {
      own ??= makeDocument(app, configuration);
      const operations = executeOperations(registry?.list() ?? [], configuration.server.languages);
      const paths = { ...own.paths, ...(operations as OpenAPIObject['paths']) };
      whole = { revision: registry?.revision, document: { ...own, paths } };
    }
    return whole.document;
  };
  definition.provide(make);
  const links = app.get(Links, { strict: false });
  SwaggerModule.setup('docs', app, make, {
    raw: false,
    customSiteTitle: 'OGC API - Processes',
    // Without servers "Try it out" would ask the root of the origin, which is another program's behind a path prefix.
    patchDocumentOnRequest: (request) => definition.get(links.base(request as FastifyRequest)),
  });
}

function makeDocument(app: NestFastifyApplication, { metadata, server }: Configuration): OpenAPIObject {
  const { title, description } = metadata.identification;
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle(localize(title, server.languages) ?? 'OGC API - Processes')
    .setDescription(localize(description, server.languages) ?? '')
    .setVersion(version)
    .addSecurity(BEARER_SCHEME, { type: 'http', scheme: 'bearer', description: 'The API token' });
  return SwaggerModule.createDocument(app, builder.build());
}
