import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { PageOf, Pages } from './pages.js';
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

function toHeader({ href, rel, type }: { href: string; rel: string; type?: string }): string {
  return `<${href}>; rel="${rel}"; type="${type ?? ''}"`;
}
