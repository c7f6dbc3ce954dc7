import { describe, expect, it } from '@jest/globals';
import { relation } from '../../ogc/links.js';
import type { Share } from '../../ogc/requests/share.js';
import type { JobStatus } from '../model/job-status.js';
import { toSharedStatusInfo, toShortStatusInfo, toStatusInfo } from './status-info.js';

const at = new Date('2026-01-01T12:00:00Z');
const status: JobStatus = {
  jobId: '0198c5a0-0000-7000-8000-000000000001',
  processId: 'hello',
  status: 'successful',
  message: 'The job was successful.',
  created: at,
  updated: at,
  finished: at,
  messages: { tags: 'said by the job' },
  attempts: [],
  tags: ['nightly'],
};
const share: Share = { jobId: status.jobId, uid: 'uid', for: 'page', end: at, token: 'seal' };
const rels = ({ links = [] }: ReturnType<typeof toStatusInfo>) => links.map(({ rel }) => rel);

describe('the status of a job as clients see it', () => {
  it('has what its request calls it, and leads to where its results come from', () => {
    const info = toStatusInfo(status, 'https://example.org', false);
    expect(info.tags).toEqual(['nightly']);
    expect(info.links).toContainEqual(
      expect.objectContaining({ rel: relation.provenance, href: `https://example.org/jobs/${status.jobId}/prov` }),
    );
    expect(toStatusInfo({ ...status, tags: undefined }, 'https://example.org', true)).not.toHaveProperty('tags');
    expect(rels(toStatusInfo({ ...status, finished: undefined }, '', false))).not.toContain(relation.provenance);
  });

  it('says neither to who may not read it, or follows a link for others', () => {
    for (const info of [
      toShortStatusInfo(status, 'https://example.org'),
      toSharedStatusInfo(status, 'https://example.org', share),
    ]) {
      expect(info).not.toHaveProperty('tags');
      expect(rels(info)).not.toContain(relation.provenance);
    }
  });
});
