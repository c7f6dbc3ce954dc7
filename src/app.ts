import { BadRequestException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Access } from './access/access.js';
import { Identities } from './access/identity/identities.js';
import { Sight } from './access/sight.js';
import { Sessions } from './access/session/sessions.js';
import { Shares } from './access/shares/shares.js';
import { admitBodies } from './http/admission/body-admission.js';
import { BodyBudget } from './http/admission/body-budget.js';
import { identifyCallers } from './http/admission/callers.js';
import { limitHeaders } from './http/admission/long-headers.js';
import { allowedHosts, checkHosts, hostToListenAt } from './http/admission/request-hosts.js';
import { followAndRecord } from './http/audit/follow-and-record.js';
import { readShares } from './http/admission/shares.js';
import { slowWrongTokens } from './http/admission/wrong-tokens.js';
import { answerAllowedMethods } from './http/allowed-methods.js';
import { AppModule } from './app.module.js';
import { loadConfiguration, type ConfigurationOptions } from './config/config.module.js';
import { compressAnswers } from './http/compression.js';
import { Configuration } from './config/configuration.js';
import { guardDocsPage } from './http/docs-page.js';
import { readNothingForHead } from './http/head-answers.js';
import { readJsonBodies } from './http/json-body.js';
import { INFO_PATH, infoText } from './http/info.js';
import { HealthService } from './health/health.service.js';
import { readOutRefused } from './http/refused-bodies.js';
import { isMultipartForm, restrictMediaTypes } from './http/media-types.js';
import { readBodies } from './http/request-bodies.js';
import { JobCache } from './jobs/model/job-cache.js';
import { ClusterConnection } from './k8s/connection/cluster-connection.js';
import { HttpMetrics } from './metrics/http.metrics.js';
import { openLogDestination } from './logging/log-destination.js';
import { redactor } from './logging/redaction.js';
import { secretsOf } from './config/secrets.js';
import { REQUEST_ID_HEADER, requestIdOf } from './logging/request-log.js';
import { ServerLogger } from './logging/server-logger.js';
import { Observer } from './observation/observer.js';
import { ObjectStore } from './object-store/object-store.js';
import { toProblem } from './ogc/problem-mapper.js';
import { problemMediaType } from './ogc/problem.filter.js';
import { hookAnswers } from './ogc/requests/hooks.js';
import { sendJson } from './ogc/send-json.js';
import { trustedProxies } from './ogc/trusted-proxies.js';
import { setUpApiDefinition } from './http/openapi.js';
import { startTracing, type Tracing } from './tracing/start-tracing.js';
import { traceRequests } from './tracing/request-tracing.js';
import { translateFailures } from './http/app.failures.js';
import { Links } from './ogc/links.js';
import { ProcessRegistry } from './processes/registry/process-registry.js';
import { Pages } from './ogc/pages.js';
import { ProblemFilter } from './ogc/problem.filter.js';
import { TRANSFER_PATH, transferRoutes } from './transfer/transfer.routes.js';
import { TransfersService } from './transfer/transfers.service.js';
import { readSessions } from './http/session-cookies.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { isRead, validate } from './http/validators.js';

/** How long a request may take to arrive, milliseconds; its answer may take as long as it likes. */
const REQUEST_TIMEOUT = 300_000;

/** Seconds that an idle connection is kept where nothing else is said. */
const KEEP_ALIVE = 72;

/** Of a path: process ids are the operator's. */
const LONGEST_PARAMETER = 1024;

const ROUTER_OPTIONS = { ignoreTrailingSlash: true, maxParamLength: LONGEST_PARAMETER };

/** What a browser lets scripts of other origins read. */
const EXPOSED_HEADERS = [
  'Location',
  'Link',
  'Preference-Applied',
  'Content-Language',
  'ETag',
  'Allow',
  'Log-Follow',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/**
 * Wires the server; it does not listen yet.
 * @throws ConfigurationError, ClusterConnectionError
 */
export async function createApp(options: ConfigurationOptions): Promise<NestFastifyApplication> {
  const loaded = loadConfiguration(options);
  const { configuration } = loaded;
  const { server } = configuration;
  const logger = makeLogger(configuration, options.workingDirectory);
  const adapter = new FastifyAdapter({
    bodyLimit: server.maxRequestBytes,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: (server.keepAliveTimeout ?? KEEP_ALIVE) * 1000,
    // What arrives on an open connection while the server closes is answered as ever.
    return503OnClosing: false,
    routerOptions: ROUTER_OPTIONS,
    frameworkErrors: sendFrameworkError,
    trustProxy: trustedProxies(server.trustProxy),
    genReqId: requestIdOf,
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url, server.pathPrefix),
  });
  const tracing = await startTracing(options.environment ?? process.env);
  for (const warning of tracing.warnings) logger.warn(warning, 'Tracing');
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot({ ...options, loaded }), adapter, {
    logger,
    abortOnError: false,
    forceCloseConnections: false,
  });
  await setUpHttp(app, configuration, logger, tracing);
  setUpApiDefinition(app, configuration);
  return app;
}

function makeLogger(configuration: Configuration, workingDirectory = process.cwd()): ServerLogger {
  const { file, logging, server, environment } = configuration;
  return new ServerLogger({
    logging,
    format: environment.logFormat,
    libraries: server.manager.logging,
    destination: openLogDestination(logging.logfile, workingDirectory, file),
    redact: redactor(secretsOf(configuration)),
  });
}

/** What holds for every answer. */
async function setUpHttp(
  app: NestFastifyApplication,
  configuration: Configuration,
  logger: ServerLogger,
  tracing: Tracing,
): Promise<void> {
  const { server } = configuration;
  const fastify = app.getHttpAdapter().getInstance();
  traceRequests(fastify);
  followAndRecord(fastify, configuration, logger);
  fastify.addHook('onClose', () => tracing.stop());
  limitHeaders(fastify);
  setSecurityHeaders(fastify, server.cors !== false);
  checkHosts(fastify, allowedHosts(server, app.get(ClusterConnection, { strict: false }).embedded));
  answerAllowedMethods(fastify, ROUTER_OPTIONS);
  restrictMediaTypes(fastify);
  readJsonBodies(app, server.maxRequestBytes);
  if (server.cors !== false) app.enableCors(corsOptions(server.cors));
  if (configuration.processesApi) {
    readSessions(fastify, app.get(Sessions, { strict: false }), app.get(Links, { strict: false }));
    readShares(fastify, app.get(Shares, { strict: false }), app.get(JobCache, { strict: false }));
    identifyCallers(fastify, {
      identities: app.get(Identities, { strict: false }),
      sight: app.get(Sight, { strict: false }),
      jobs: app.get(JobCache, { strict: false }),
    });
  }
  slowWrongTokens(fastify);
  guardDocsPage(fastify, server.url, configuration.access.rules?.oidc);
  readOutRefused(fastify);
  hookAnswers(fastify, isRead, validate);
  if (server.gzip) compressAnswers(fastify);
  readNothingForHead(fastify);
  if (server.prettyPrint) {
    fastify.setReplySerializer(indented);
    // Fastify does not ask its reply serializer for what has no route; one of a reply's own it asks for pages, too.
    const serializer = (payload: unknown): string => (typeof payload === 'string' ? payload : indented(payload));
    fastify.addHook('onRequest', (request, reply, done) => {
      if (request.is404) void reply.serializer(serializer);
      done();
    });
  }
  readBodies(fastify, admission(app, fastify, configuration));
  closeFinishedConnections(fastify);
  const health = app.get(HealthService, { strict: false });
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (health.isClosing) void reply.header('connection', 'close');
    done();
  });
  const problems = new ProblemFilter(
    app.get(Links, { strict: false }),
    app.get(Pages, { strict: false }),
    translateFailures,
  );
  fastify.addHook('onResponse', app.get(HttpMetrics, { strict: false }).onResponse);
  if (configuration.processesApi) {
    await app.register(transferRoutes, {
      prefix: TRANSFER_PATH,
      transfers: app.get<TransfersService>(TransfersService, { strict: false }),
      sendProblem: (error, request, reply) => problems.answer(error, request, reply),
    });
  }
  fastify.get(INFO_PATH, (_request, reply) => reply.type('text/plain; charset=utf-8').send(infoText(configuration)));
}

function admission(app: NestFastifyApplication, fastify: FastifyInstance, { server, processesApi }: Configuration) {
  return admitBodies(fastify, {
    ...(processesApi
      ? {
          access: app.get(Access, { strict: false }),
          processes: app.get(ProcessRegistry, { strict: false }),
          observer: app.get(Observer, { strict: false }),
        }
      : {}),
    budget: new BodyBudget(server.maxRequestBytesInFlight),
    uploads: { isOne: isMultipartForm, most: server.maxUploadBytes },
    isStreamed: ({ routeOptions }) => routeOptions.url?.startsWith(`${TRANSFER_PATH}/`) === true,
  });
}

/** Only preflights are the plugin's own: any other OPTIONS asks for the methods of a resource. @param origins true: any */
function corsOptions(origins: true | readonly string[]): Parameters<NestFastifyApplication['enableCors']>[0] {
  return {
    delegator: (request, answer) =>
      answer(null, {
        origin: origins === true ? '*' : [...origins],
        methods: ['GET', 'HEAD', 'POST', 'DELETE'],
        exposedHeaders: EXPOSED_HEADERS,
        maxAge: 600,
        preflight: request.headers['access-control-request-method'] !== undefined,
      }),
  };
}

/** While the server closes, connections end with the answer that is under way on them: Node only ends those that are idle before. */
function closeFinishedConnections(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', async () => void (isClosing = true));
  fastify.addHook('onResponse', (_request, _reply, done) => {
    if (isClosing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

/** What Fastify refuses before it finds a route (a path that is no UTF-8, say) is a problem like all others. */
function sendFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const mapped = toProblem(error) ?? toProblem(new BadRequestException());
  void reply.header(REQUEST_ID_HEADER, request.id);
  if (mapped) void sendJson(reply.status(mapped.status), problemMediaType(request.headers.accept), mapped.problem);
}

function indented(payload: unknown): string {
  return JSON.stringify(payload, undefined, 2);
}

/** `/prefix/jobs` is `/jobs`; what does not stand beneath the prefix is left as it is, for probes that ask the pod itself. */
function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url;
}

/**
 * Listens and resolves when the first lists are in, so that the first request already sees every job.
 * @returns the address, with the port that is really used
 */
export async function listen(app: NestFastifyApplication): Promise<string> {
  const {
    server: { bind },
    processesApi,
  } = app.get(Configuration, { strict: false });
  await app.init();
  if (processesApi) await app.get(JobCache, { strict: false }).whenSynced();
  const host = hostToListenAt(bind, app.get(ClusterConnection, { strict: false }));
  await app.listen(bind.port, host);
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : bind.port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Lines that say what the server stands on, for whoever starts it, whatever the log's level is. */
export function describeSurroundings(app: NestFastifyApplication): string[] {
  const { description, namespace } = app.get(ClusterConnection, { strict: false });
  const { processesApi, visualisations } = app.get(Configuration, { strict: false });
  const whyOff = processesApi ? app.get(Sessions, { strict: false }).whyOff : undefined;
  const watched = visualisations?.namespaces?.join(', ') ?? 'all';
  return [
    `cluster: ${description}, namespace ${namespace}`,
    ...(processesApi ? [`object store: ${app.get(ObjectStore, { strict: false }).description}`] : []),
    ...(whyOff !== undefined ? [`sign-in: off, ${whyOff}`] : []),
    ...(visualisations ? [`visualisations: of namespaces ${watched}`] : []),
  ];
}
