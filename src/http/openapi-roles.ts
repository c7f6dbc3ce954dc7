import type { OpenAPIObject } from '@nestjs/swagger';
import type { Rules } from '../access/rules/rules.js';
import { problemResponse } from '../ogc/api-problem.js';
import { BEARER_SCHEME, optionalToken } from '../ogc/requests/takes-token.js';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;

const METHODS = ['get', 'post', 'put', 'delete'] as const;
/** What does not look at who asks. */
const APART = /^\/(?:health|metrics|transfer)(?:\/|$)/;
/** What is there for everybody, and may tell more to who says who they are. */
const PUBLIC = /^\/(?:|conformance|asyncapi|problems(?:\/.*)?|sign-in|sign-out|me)$/;
/** What not all may do with what they see. */
const DOES = /\/(?:logs|inputs|request(?:\/.*)?|execution|validation|form|visualisations)$|^\/processes\/[^/]+\/jobs$/;

/** Paths of an API where roles say who may what: what asks who one is, what may be refused, and how. */
export function withRoles(paths: Paths, rules: Pick<Rules, 'rolesOf'>): Paths {
  const asks = rules.rolesOf(undefined).length === 0;
  const entries = Object.entries(paths).map(([path, item]) => {
    if (APART.test(path)) return [path, item] as const;
    const operations = METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [[method, toAsking(path, method, operation, asks)] as const] : [];
    });
    return [path, { ...item, ...Object.fromEntries(operations) }] as const;
  });
  return Object.fromEntries(entries);
}

function toAsking(path: string, method: string, operation: Operation, asks: boolean): Operation {
  const isPublic = PUBLIC.test(path);
  return {
    ...operation,
    security: asks && !isPublic ? [{ [BEARER_SCHEME]: [] }] : optionalToken(),
    responses: {
      ...operation.responses,
      401: problemResponse(
        'Nothing shows who asks, or the token is nobody’s or over; it is not said whether there is such a thing',
      ),
      ...(DOES.test(path) || method === 'delete'
        ? { 403: problemResponse('No role of who asks allows this, of what they see') }
        : {}),
    },
  };
}
