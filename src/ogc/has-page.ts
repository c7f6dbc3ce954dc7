import { applyDecorators, type Type, UseInterceptors } from '@nestjs/common';
import { ApiExtraModels, ApiQuery, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiProblem } from './api-problem.js';
import { NegotiationInterceptor } from './negotiation.interceptor.js';
import { type PageKind, PageOf } from './pages.js';

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
