import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

/** Name under which the API definition has the security scheme of the API token. */
export const BEARER_SCHEME = 'bearer';

/**
 * Security requirements (OpenAPI) of what answers without the API token, too, or asks for it only of some: an empty one is met by
 * everybody.
 */
export const optionalToken = (): Record<string, string[]>[] => [{ [BEARER_SCHEME]: [] }, {}];

/**
 * Documents of a controller or of one of its methods that a request may have the API token, and may be answered without: whether it is
 * is asked for depends on the process, or the answer tells more with it. What always asks for it has `ApiBearerAuth`.
 */
export const TakesToken = (): MethodDecorator & ClassDecorator =>
  applyDecorators(...optionalToken().map((requirement) => ApiSecurity(requirement)));
