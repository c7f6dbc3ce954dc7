import { describe, expect, it } from '@jest/globals';
import { v1, v4, v7 } from 'uuid';
import type { RequestFault } from '../../ogc/domain-errors.js';
import { parseChosenJobId } from './chosen-job-id.js';

const parse = (body: Readonly<Record<string, unknown>>, isKeyed = false) => {
  const faults: RequestFault[] = [];
  return { jobId: parseChosenJobId(body, isKeyed, faults), faults };
};

describe('a chosen job_id', () => {
  it.each([v1(), v4(), v7()])('is taken where it is a UUID of whatever version (%s)', (id) => {
    expect(parse({ job_id: id })).toEqual({ jobId: id, faults: [] });
  });

  it.each([{}, { job_id: null }, { job_id: undefined }])('is none in %j', (body) =>
    expect(parse(body)).toEqual({ jobId: undefined, faults: [] }),
  );

  it.each(['', 'my-job', v4().toUpperCase(), `${v4()}\n`, `{${v4()}}`, 'x'.repeat(1000), 5, {}, [v4()], true])(
    "is refused where it is %j, for only UUIDs are this manager's",
    (id) => {
      const { jobId, faults } = parse({ job_id: id });
      expect([jobId, faults]).toEqual([
        undefined,
        [{ pointer: '/job_id', message: expect.stringMatching(/must be a UUID .* only such jobs are this manager's/) }],
      ]);
      expect(faults[0]?.message.length).toBeLessThan(300);
    },
  );

  it('is refused beside an Idempotency-Key', () =>
    expect(parse({ job_id: v4() }, true).faults).toEqual([
      { pointer: '/job_id', message: expect.stringContaining('Idempotency-Key') },
    ]));
});
