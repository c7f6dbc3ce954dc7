import { describe, expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { jobIdOf, makeJobId } from './names.js';

describe('a new id of a job', () => {
  it('is a UUID of version 7 that says when it was made, and another one each time', () => {
    const before = Date.now();
    const ids = Array.from({ length: 1000 }, makeJobId);
    const times = ids.map((id) => parseInt(id.replaceAll('-', '').slice(0, 12), 16));
    expect(ids.filter((id) => !validate(id) || version(id) !== 7 || jobIdOf('job-', `job-${id}`) !== id)).toEqual([]);
    expect(times.filter((time) => time < before || time > Date.now())).toEqual([]);
    expect(new Set(ids).size).toBe(1000);
  });
});
