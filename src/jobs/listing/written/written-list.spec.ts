import { describe, expect, it } from '@jest/globals';
import type { JobStatus } from '../../model/job-status.js';
import type { StatusInfoDto } from '../../model/status-info.dto.js';
import { toJson, WrittenStatuses } from './written-list.js';

const info = (message: string) => ({ jobID: '1', message }) as StatusInfoDto;

describe('WrittenStatuses', () => {
  it('writes a status once for those who see the same of it', () => {
    const written = new WrittenStatuses();
    const status = {} as JobStatus;
    const first = written.of(status, 'all', () => info('ü'));
    expect(first.toString()).toBe('{"jobID":"1","message":"ü"}');
    expect(written.of(status, 'all', () => info('other'))).toBe(first);
  });

  it('writes it anew for who sees otherwise, and of another status', () => {
    const written = new WrittenStatuses();
    const status = {} as JobStatus;
    written.of(status, 'all', () => info('all'));
    expect(written.of(status, 'less', () => info('less')).toString()).toContain('less');
    expect(written.of({} as JobStatus, 'less', () => info('another')).toString()).toContain('another');
  });
});

describe('toJson', () => {
  it.each([[[]], [[info('a')]], [[info('a'), info('"ü"'), info('c')]]])('makes the JSON of a list of %j', (jobs) => {
    const others = { links: [{ href: '/jobs', rel: 'self' }], numberMatched: 7, numberReturned: jobs.length };
    const written = jobs.map((job) => Buffer.from(JSON.stringify(job)));
    expect(toJson({ jobs: written, ...others }).toString()).toBe(JSON.stringify({ jobs, ...others }));
  });

  it('writes what goes out in place of the list as it is', () => {
    expect(toJson({ status: 500, jobs: ['text'] })).toBe('{"status":500,"jobs":["text"]}');
  });
});
