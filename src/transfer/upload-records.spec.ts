import { describe, expect, it } from '@jest/globals';
import { formatUploadRecords, uploadKey, uploadsOf, type UploadRecord } from './upload-records.js';

const job = { name: 'job-1', created: new Date('2026-01-31T12:00:00Z') };
const neighbour = { ...job, name: 'job-2' };
const record = (key: string, before?: UploadRecord): UploadRecord => ({
  key,
  id: 'id',
  token: 'token',
  mediaType: 'text/csv',
  ...(before ? { before } : {}),
});
const own = record(uploadKey('files/', job, 'a/b'));
const kept = (id: string, noted: UploadRecord) =>
  [...uploadsOf(job, formatUploadRecords(new Map([[id, noted]])), 'files/').values()].map(({ key }) => key);

describe('the uploads that are noted on a Job', () => {
  it('are those to its own keys', () => {
    expect(own.key).toBe('files/2026-01-31_job-1-output-a%2Fb');
    expect(kept('a/b', own)).toEqual([own.key]);
    expect(kept('a/b', record(own.key, own))).toEqual([own.key]);
  });

  it.each([
    ["another job's", 'a/b', record(uploadKey('files/', neighbour, 'a/b'))],
    ["another output's", 'c', own],
    ['of another day', 'a/b', record(own.key.replace('-31', '-30'))],
    ['of another prefix', 'a/b', record(`other/${own.key}`)],
    ["of another job's before it", 'a/b', record(own.key, record(uploadKey('files/', neighbour, 'a/b')))],
    ['of an id that cannot be in a key', '\ud800', own],
  ])('are none that are %s', (_what, id, noted) => {
    expect(kept(id, noted)).toEqual([]);
  });
});
