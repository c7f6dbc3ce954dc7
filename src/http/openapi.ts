import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Identities } from '../access/identity/identities.js';
import { Sessions } from '../access/session/sessions.js';
import { Shares } from '../access/shares/shares.js';
import type { Configuration } from '../config/configuration.js';
import { ApiDefinition, type MakeDefinition, type OpenApiVersion } from '../ogc/api-definition.js';
import { isAddress, Links } from '../ogc/links.js';
import { seesProcess } from '../ogc/requests/rights.js';
import { BEARER_SCHEME } from '../ogc/requests/takes-token.js';
import { executeOperations } from '../processes/api-definition/openapi-processes.js';
import { formOperations } from '../processes/api-definition/openapi-forms.js';
import { withOperationsByGet } from '../processes/api-definition/openapi-kvp.js';
import {
  toOpenApi30Schema,
  toOpenApi31Schema,
  type SchemaConversion,
} from '../processes/api-definition/openapi-schema.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import { localize } from '../ogc/languages.js';
import { DOCS_PATH, OAUTH_REDIRECT_PATH, publicClientOf } from './docs-page.js';
import { withRoles } from './openapi-roles.js';
import { withIssuer, withSessions } from './openapi-session.js';
import { withoutShares } from './openapi-shares.js';
import { serveRedoc } from './redoc-page.js';
import { version } from './version.js';

/**
 * What differs between the versions. The document of the decorators holds nothing that 3.0 and 3.1 write otherwise: no `nullable`, no
 * exclusive limits.
 */
const writtenIn: Readonly<Record<OpenApiVersion, { openapi: string; toSchema: SchemaConversion }>> = {
  '3.0': { openapi: '3.0.3', toSchema: toOpenApi30Schema },
  '3.1': { openapi: '3.1.1', toSchema: toOpenApi31Schema },
};

/** Documents that are kept: one of each version for each set of processes that callers know of. */
const MOST_KEPT = 20;

/**
 * Makes the OpenAPI document of the decorators, once, and of the processes, as often as they change, and serves Swagger UI
 * of it at {@link DOCS_PATH}.
 */
export function setUpApiDefinition(app: NestFastifyApplication, configuration: Configuration): void {
  const definition = app.get(ApiDefinition, { strict: false });
  const registry = configuration.processesApi ? app.get(ProcessRegistry, { strict: false }) : undefined;
  let own: OpenAPIObject | undefined;
  const areThereSessions = configuration.processesApi && app.get(Sessions, { strict: false }).whyOff === undefined;
  const areThereShares = configuration.processesApi && app.get(Shares, { strict: false }).whyOff === undefined;
  const rules = configuration.processesApi ? app.get(Identities, { strict: false }).rules : undefined;
  const makeOwn = (): OpenAPIObject => {
    const whole = makeDocument(app, configuration, rules !== undefined);
    const made = areThereShares ? whole : withoutShares(whole);
    const document = rules ? { ...made, paths: withRoles(made.paths, rules) } : made;
    return areThereSessions ? withSessions(document) : document;
  };
  const made = new Map<string, { readonly revision: number | undefined; readonly document: OpenAPIObject }>();
  const make: MakeDefinition = (version, sees) => {
    const processes = (registry?.list() ?? []).filter(({ id }) => sees(id));
    const key = JSON.stringify([version, ...processes.map(({ id }) => id)]);
    const before = made.get(key);
    if (before && before.revision === registry?.revision) return before.document;
    own ??= makeOwn();
    const { openapi, toSchema } = writtenIn[version];
    const { languages, kvpExecute } = configuration.server;
    const byPost = executeOperations(processes, languages, toSchema);
    const executions = kvpExecute ? withOperationsByGet(byPost, processes, languages) : byPost;
    const forms = formOperations(processes, languages, toSchema);
    const operations = { ...executions, ...forms } as OpenAPIObject['paths'];
    const paths = { ...own.paths, ...(rules ? withRoles(operations, rules) : operations) };
    const { oidc } = configuration.access.rules ?? {};
    const whole = { ...own, openapi, paths };
    const document = oidc ? withIssuer(whole, oidc) : whole;
    if (made.size >= MOST_KEPT) made.clear();
    made.set(key, { revision: registry?.revision, document });
    return document;
  };
  definition.provide(make);
  serveRedoc(app.getHttpAdapter().getInstance() as FastifyInstance, 'OGC API - Processes');
  const links = app.get(Links, { strict: false });
  SwaggerModule.setup(DOCS_PATH, app, () => make('3.0', () => false), {
    raw: false,
    customSiteTitle: 'OGC API - Processes',
    // Kept by the browser until "Logout", else it would have to be given after each reload.
    swaggerOptions: { persistAuthorization: true, ...logIn(configuration) },
    // Without servers "Try it out" would ask the root of the origin, which is another program's behind a path prefix.
    patchDocumentOnRequest: (request) =>
      definition.get(links.base(request as FastifyRequest), '3.0', (id) => seesProcess(request as object, id)),
  });
}

/** By what Swagger UI gets tokens of the provider: its own page of this server, to which that leads back, and a client without secret. */
function logIn({ access, server }: Configuration) {
  const { oidc } = access.rules ?? {};
  const client = publicClientOf(oidc);
  return {
    ...(server.url === undefined ? {} : { oauth2RedirectUrl: `${server.url}${OAUTH_REDIRECT_PATH}` }),
    ...(oidc && client
      ? { initOAuth: { clientId: client.id, scopes: [...oidc.scopes], usePkceWithAuthorizationCodeGrant: true } }
      : {}),
  };
}

function makeDocument(
  app: NestFastifyApplication,
  { metadata, server }: Configuration,
  hasRoles: boolean,
): OpenAPIObject {
  const { title, description } = metadata.identification;
  const builder = new DocumentBuilder()
    .setTitle(localize(title, server.languages) ?? 'OGC API - Processes')
    .setDescription(localize(description, server.languages) ?? '')
    .setVersion(version)
    .addSecurity(BEARER_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      description: hasRoles ? 'A token of who asks' : 'The API token',
    })
    .build();
  const { externalDocs, ...information } = whoRuns(metadata);
  const document = SwaggerModule.createDocument(app, { ...builder, info: { ...builder.info, ...information } });
  return externalDocs ? { ...document, externalDocs } : document;
}

/** What the document says of the service (OpenAPI 3.0.3, section 4.8.2): what is to be an address there and is none has no place in it. */
function whoRuns({ identification, contact, license }: Configuration['metadata']) {
  const { name, email, url: page } = contact ?? {};
  const found = { ...(name && { name }), ...(email && { email }), ...(isAddress(page) && { url: page }) };
  const { termsOfService, url } = identification;
  return {
    ...(isAddress(termsOfService) && { termsOfService }),
    ...(Object.keys(found).length > 0 && { contact: found }),
    ...(license?.name && { license: { name: license.name, ...(isAddress(license.url) && { url: license.url }) } }),
    ...(isAddress(url) && { externalDocs: { description: 'About this service', url } }),
  };
}
