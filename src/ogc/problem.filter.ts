import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { DomainError } from './domain-errors.js';
import type { Links } from './links.js';
import type { Pages } from './pages.js';
import type { Problem } from './problem.js';
import { variesByFormat, wantsHtml } from './representation.js';
import { toProblem, type MappedProblem } from './problem-mapper.js';
import { noteForRecord } from './requests/record.js';
import { sendJson } from './send-json.js';

/**
 * Answers every error as a problem (RFC 7807). An error that nobody foresaw answers a bare 500 with an id that stands in the log.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  /** @param translate says failures of what the server stands on in the domain's words, so that this module need not know them */
  constructor(
    private readonly links: Links,
    private readonly pages: Pages,
    private readonly translate: (error: unknown) => DomainError | undefined = () => undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    // The client has gone: nobody reads an answer, and that the stream to it broke is no fault of the server's.
    if (reply.raw.destroyed) return;
    const translated = this.translate(error);
    if (translated)
      this.logger.warn(
        `${request.method} ${pathOf(request)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    const mapped = toProblem(translated ?? error) ?? this.unforeseen(error, request);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    this.send(request, reply.status(mapped.status).headers(mapped.headers), mapped.problem);
  }

  private send(request: FastifyRequest, reply: FastifyReply, { type, ...problem }: Problem): void {
    // A 405's Allow and the like stay; what was set for another answer does not.
    void reply.removeHeader('content-length').removeHeader('content-encoding').removeHeader('etag');
    if (reply.getHeader('cache-control') !== 'no-store') void reply.removeHeader('cache-control');
    variesByFormat(reply);
    const absolute: Problem = { type: type.startsWith('/') ? this.links.base(request) + type : type, ...problem };
    noteForRecord(request, { problem: { type, ...(problem.status === undefined ? {} : { status: problem.status }) } });
    if (this.pages.areServed && wantsHtml(request)) void reply.send(this.pages.renderProblem(request, reply, absolute));
    else void sendJson(reply, problemMediaType(request.headers.accept), absolute);
  }

  private unforeseen(error: unknown, request: FastifyRequest): MappedProblem {
    const id = randomUUID();
    this.logger.error(`${request.method} ${pathOf(request)} failed (${id})`, error);
    return {
      status: 500,
      headers: {},
      problem: {
        type: 'about:blank',
        title: 'Internal server error',
        status: 500,
        detail: 'The server failed to answer. The id of this problem stands in its log.',
        instance: `urn:uuid:${id}`,
      },
    };
  }
}

/** Without the query, which may hold what is nobody's business. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** `application/json` only to a client that names it and neither problems nor anything wider: OGC's OpenAPI 1.0 components have that. */
export function problemMediaType(accept: string | undefined): string {
  const ranges = (accept ?? '*/*').split(',').map((range) => (range.split(';', 1)[0] ?? '').trim().toLowerCase());
  return ranges.every((range) => range === 'application/json') ? 'application/json' : 'application/problem+json';
}
