import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { JobFailedError } from '../../ogc/domain-errors.js';
import * as domainErrors from '../../ogc/domain-errors.js';
import { toProblem } from '../../ogc/problem-mapper.js';
import { ProblemTypes } from '../../ogc/problem-types.js';
import { CauseTypes } from './cause-types.js';

/** The words of the type, as its source has them: a cause that is added there without a document fails here. */
const causes = [
  ...(
    /export type CauseType =([^;]+);/.exec(readFileSync('src/jobs/model/job-outcome.ts', 'utf8'))?.[1] ?? ''
  ).matchAll(/'([^']+)'/g),
].map(([, name]) => name ?? '');

const types = new ProblemTypes();
new CauseTypes(types);
const documented = types.list().map(({ name }) => `/problems/${name}`);

describe('the types of problems', () => {
  it.each(causes)('document the cause %s', (cause) => {
    expect(documented).toContain(toProblem(new JobFailedError('id', cause, 'why'))?.problem.type);
  });

  it('document what each error of the domain is answered with, but for those of OGC', () => {
    const errors = Object.values(domainErrors).filter(
      (candidate) => typeof candidate === 'function' && candidate.prototype instanceof domainErrors.DomainError,
    ) as unknown as (new (...args: unknown[]) => domainErrors.DomainError)[];
    expect(errors.length).toBeGreaterThan(8);
    const second = ({ prototype }: (typeof errors)[number]): unknown => {
      if (prototype === domainErrors.ResultsExpiredError.prototype) return new Date();
      const hasFaults = [domainErrors.InvalidRequestError, domainErrors.InvalidParameterError].some(
        (type) => prototype === type.prototype || prototype instanceof type,
      );
      return hasFaults ? [] : 'failed';
    };
    for (const type of errors) {
      const problem = toProblem(new type('a', second(type), 'c'))?.problem;
      if (problem?.type.startsWith('http://www.opengis.net/')) continue;
      expect([type.name, documented.includes(problem?.type ?? '')]).toEqual([type.name, true]);
    }
  });

  it('have a meaning, a remedy, and the status of their answers', () => {
    for (const { name, title, status, meaning, remedies } of types.list()) {
      expect([name, title !== '' && meaning.length > 20 && remedies.length > 0 && status >= 400]).toEqual([name, true]);
    }
  });
});
