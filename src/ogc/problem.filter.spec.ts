import { describe, expect, it } from '@jest/globals';
import { BadRequestException, NotFoundException } from '@nestjs/common';
import {
  InvalidRequestError,
  ForbiddenError,
  JobFailedError,
  JobNotFoundError,
  ProcessNotFoundError,
  ResultNotReadyError,
  TooManyJobsError,
  UnauthorizedError,
  UnavailableError,
} from './domain-errors.js';
import { toProblem } from './problem-mapper.js';
import { problemMediaType } from './problem.filter.js';

const OGC = 'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/';

describe('an error as a problem', () => {
  it.each([
    [new ProcessNotFoundError('x'), 404, `${OGC}no-such-process`],
    [new JobNotFoundError('x'), 404, `${OGC}no-such-job`],
    [new ResultNotReadyError('x', 'running'), 404, `${OGC}result-not-ready`],
    [new JobFailedError('x', 'out-of-memory', 'too much'), 500, '/problems/out-of-memory'],
    [new BadRequestException('no'), 400, 'about:blank'],
    [new NotFoundException('no'), 404, 'about:blank'],
    [Object.assign(new Error('Request body is too large'), { statusCode: 413 }), 413, 'about:blank'],
  ])('%s', (error, status, type) => {
    expect(toProblem(error)).toMatchObject({ status, problem: { type, status, detail: error.message } });
  });

  it('carries what HTTP wants beside it', () => {
    expect(toProblem(new UnauthorizedError('who?'))?.headers).toEqual({ 'www-authenticate': 'Bearer' });
    expect(toProblem(new ForbiddenError('not you'))?.headers).toEqual({
      'www-authenticate': 'Bearer error="insufficient_scope"',
    });
    expect(toProblem(new TooManyJobsError('later', 9))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '9' },
    });
    expect(toProblem(new UnavailableError('later', 7))?.headers).toEqual({ 'retry-after': '7' });
  });

  it('lists every fault', () => {
    const faults = [{ pointer: '/inputs/a', message: 'must be a string' }];
    expect(toProblem(new InvalidRequestError('no', faults))?.problem.errors).toEqual(faults);
  });

  it.each([new Error('secret'), 'secret', undefined, Object.assign(new Error('secret'), { statusCode: 500 })])(
    'is not made of what nobody foresaw',
    (error) => {
      expect(toProblem(error)).toBeUndefined();
    },
  );

  it.each([
    [undefined, 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    ['application/json', 'application/json'],
    ['application/json;q=0.9', 'application/json'],
    ['application/json, text/html', 'application/problem+json'],
    ['application/json, application/problem+json', 'application/problem+json'],
  ])('to a client that accepts %s is %s', (accept, expected) => {
    expect(problemMediaType(accept)).toBe(expected);
  });
});
