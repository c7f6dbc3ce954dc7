import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem.js';

const schema = { $ref: getSchemaPath(Problem) };

/** A problem as a response object of OpenAPI 3.0: `application/json` is for clients whose `Accept` names only that. */
export const problemResponse = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema }, 'application/json': { schema } },
});

/** Documents that an operation may answer with a problem (RFC 7807). */
export const ApiProblem = (status: number, description: string): MethodDecorator & ClassDecorator =>
  applyDecorators(ApiExtraModels(Problem), ApiResponse({ status, ...problemResponse(description) }));
