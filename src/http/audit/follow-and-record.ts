import type { FastifyInstance } from 'fastify';
import type { Configuration } from '../../config/configuration.js';
import { secretsOf } from '../../config/secrets.js';
import { openLogDestination } from '../../logging/log-destination.js';
import { redactor } from '../../logging/redaction.js';
import { followRequests } from '../../logging/request-log.js';
import type { ServerLogger } from '../../logging/server-logger.js';
import { ApiToken } from '../../ogc/api-token.js';
import { AuditLog } from './audit-log.js';
import { recordRequests } from './record-requests.js';
import { whoOf } from './who.js';

/**
 * Has each request followed by the log, with who asks, and who did what recorded where `access.audit` says so. To be called before whatever
 * refuses requests.
 * @throws ConfigurationError where the file of the audit log cannot be opened
 */
export function followAndRecord(fastify: FastifyInstance, configuration: Configuration, logger: ServerLogger): void {
  const { access, environment, file } = configuration;
  const apiToken = new ApiToken(environment.apiToken);
  followRequests(fastify, logger, (request) => {
    const { subject, means } = whoOf(request, apiToken);
    return { ...(subject === undefined ? {} : { subject }), means };
  });
  if (access.audit === undefined) return;
  const tell = (message: string) => logger.error(`The audit log ${message}`, 'AuditLog');
  const destination = openLogDestination(access.audit, '/', file, { key: 'access.audit', tell });
  const log = new AuditLog(destination, redactor(secretsOf(configuration)));
  recordRequests(fastify, log, { apiToken, hidesThings: access.rules !== undefined });
}
