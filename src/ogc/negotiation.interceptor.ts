import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtraModels, ApiQuery, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
// Of 230 modules fifteen: Nest itself has the library in one file (`src/libraries/library-hooks.ts`).
import { map } from 'rxjs/internal/operators/map';
import { ApiProblem } from './api-problem.js';
import { type PageKind, PageOf, Pages } from './pages.js';
import { negotiateFormat, variesByFormat } from './representation.js';

/**
 * Answers the resources of handlers with {@link PageOf} in the format that the client wants; each says where its other formats are, by the link
 * `alternate` or, where it has no links, by a `Link` header. An answer that nobody could read is refused before the handler does anything.
 */
@Injectable()
export class NegotiationInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly pages: Pages,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const kind = this.reflector.get(PageOf, context.getHandler());
    if (kind === undefined || !this.pages.areServed) return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    variesByFormat(reply);
    const format = negotiateFormat(request);
    return next.handle().pipe(
      map((resource: object) => {
        if (!('links' in resource))
          void reply.header('link', this.pages.alternates(request, format).map(toHeader).join(', '));
        if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-cache');
        const linked = this.pages.withAlternates(resource, request, format);
        return format === 'html' ? this.pages.render(request, reply, kind, linked) : linked;
      }),
    );
  }
}

/**
 * On a controller's method: what it returns is answered as JSON or as a page, as the client prefers. Documents the answers that follow from that.
 * @param resource what the JSON is
 */
export const HasPage = (kind: PageKind, resource: Type): MethodDecorator =>
  applyDecorators(
    PageOf(kind),
    // Not for all routes: where no interceptor is bound Nest calls the method without Observables around it.
    UseInterceptors(NegotiationInterceptor),
    ApiExtraModels(resource),
    ApiQuery({
      name: 'f',
      required: false,
      enum: ['json', 'html'],
      description: 'Format of the answer; goes before `Accept`',
    }),
    ApiResponse({
      status: 200,
      description: 'As JSON to who has no preference, and as a page for people',
      headers: { ETag: { schema: { type: 'string' }, description: 'For `If-None-Match`' } },
      content: {
        'application/json': { schema: { $ref: getSchemaPath(resource) } },
        'text/html': { schema: { type: 'string' } },
      },
    }),
    ApiResponse({ status: 304, description: 'The client has it already (`If-None-Match`)' }),
    ApiProblem(400, 'A parameter is unknown or wrong'),
    ApiProblem(406, '`Accept` names neither JSON nor HTML'),
  );

function toHeader({ href, rel, type }: { href: string; rel: string; type?: string }): string {
  return `<${href}>; rel="${rel}"; type="${type ?? ''}"`;
}
