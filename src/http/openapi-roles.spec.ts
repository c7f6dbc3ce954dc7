import { describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { withRoles } from './openapi-roles.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** @param method the only one that the path has */
function operationOf(path: string, method: 'get' | 'post' | 'delete' = 'get', anonymous: readonly string[] = []) {
  const paths = { [path]: { [method]: { responses: { 200: { description: 'said' } } } } };
  const rules = { rolesOf: () => anonymous } as unknown as Parameters<typeof withRoles>[1];
  return withRoles(paths, rules)[path]?.[method] as Operation;
}
const statusesOf = ({ responses }: Operation) => Object.keys(responses);
const isOptional = ({ security = [] }: Operation) => security.some((one) => Object.keys(one).length === 0);

describe('the API where roles decide', () => {
  it.each([
    ['/jobs/{jobId}/logs', 'get'],
    ['/jobs/{jobId}/inputs', 'get'],
    ['/jobs/{jobId}/request', 'get'],
    ['/jobs/{jobId}/request/inputs/{inputId}', 'get'],
    ['/jobs/{jobId}', 'delete'],
    ['/processes/{processId}/jobs', 'post'],
    ['/processes/hello/execution', 'post'],
    ['/processes/hello/form', 'post'],
    ['/processes/hello/validation', 'post'],
  ] as const)('may refuse %s (%s) to who sees what it is of', (path, method) => {
    expect(statusesOf(operationOf(path, method))).toEqual(['200', '401', '403']);
  });

  it.each(['/jobs', '/jobs/{jobId}', '/jobs/{jobId}/results', '/processes', '/processes/{processId}', '/me'])(
    'refuses %s to nobody who sees it',
    (path) => expect(statusesOf(operationOf(path))).toEqual(['200', '401']),
  );

  it.each(['/', '/conformance', '/problems/timeout', '/sign-in', '/me'])('asks nobody at %s who they are', (path) => {
    expect(isOptional(operationOf(path))).toBe(true);
  });

  it('asks at all else, but where those who show nothing have a role', () => {
    expect([isOptional(operationOf('/jobs')), isOptional(operationOf('/jobs', 'get', ['guest']))]).toEqual([
      false,
      true,
    ]);
  });

  it('says nothing of what does not look at who asks', () => {
    expect(operationOf('/health/ready')).toEqual({ responses: { 200: { description: 'said' } } });
  });
});
