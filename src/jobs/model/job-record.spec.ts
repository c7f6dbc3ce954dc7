import { describe, expect, it } from '@jest/globals';
import { toJobRecord } from './job-record.js';
import { jobStatus } from './job-status.js';
import { at, JOB_ID } from '../testing/records.js';

const own = (name: string) => `processes.pygeoapi.io/${name}`;
const record = (annotations: Record<string, string>) =>
  toJobRecord('pygeoapi-job-', { metadata: { name: `pygeoapi-job-${JOB_ID}`, creationTimestamp: at(0), annotations } });

describe('what is kept of a Kubernetes Job', () => {
  it('is what this server wrote to it', () => {
    const outcome = {
      status: 'failed',
      finished: at(5).toISOString(),
      cause: { type: 'failed', message: 'x', exitCode: 1 },
      logTail: 'y',
    };
    const result = {
      key: `2026-01-01_pygeoapi-job-${JOB_ID}-result`,
      size: 3,
      digest: 'sha256:x',
      mediaType: 'text/plain',
    };
    const outputs = {
      b: { mediaType: 'text/csv', size: 1, digest: 'sha256:b', value: 'x' },
      a: {
        mediaType: 'image/png',
        size: 5_000_000_000,
        digest: 'sha256:a',
        key: `logs/2026-01-01_pygeoapi-job-${JOB_ID}-result-a`,
      },
    };
    const request = { response: 'document', outputs: ['a'] };
    expect(
      record({
        [own('outcome')]: JSON.stringify(outcome),
        [own('result')]: JSON.stringify(result),
        [own('outputs')]: JSON.stringify(outputs),
        [own('request')]: JSON.stringify(request),
        [own('dismissed')]: at(6).toISOString(),
        'pygeoapi.io/result-value': '1',
        'pygeoapi.io/result-mimetype': 'text/csv',
      }),
    ).toMatchObject({
      outcome,
      storedResult: result,
      outputs: new Map<string, object>([
        ['b', { mediaType: 'text/csv', size: 1, digest: 'sha256:b' }],
        ['a', outputs.a],
      ]),
      request,
      removed: at(6).toISOString(),
      inlineResult: { mediaType: 'text/csv' },
    });
  });

  it.each([
    '',
    '{',
    '{}',
    '[1]',
    'null',
    '"x"',
    '{"status":"failed"}',
    '{"status":"failed","finished":"soon"}',
    '{"response":"x","outputs":"toString"}',
    '{"a":{"mediaType":"text/csv","size":1,"digest":"x"}}',
    '{"a":{"mediaType":"a\\u0001","size":1,"digest":"x","value":"x"}}',
  ])('is nothing of annotations that are not as this server writes them: %s', (text) => {
    const found = record({
      [own('outcome')]: text,
      [own('result')]: text,
      [own('outputs')]: text,
      [own('request')]: text,
      [own('dismissed')]: text,
      [own('collection')]: text,
    });
    expect(found).toMatchObject({
      outcome: undefined,
      storedResult: undefined,
      outputs: undefined,
      request: undefined,
      removed: undefined,
      collection: undefined,
    });
    expect(found && jobStatus(found, []).status).toBe('accepted');
  });

  it('is no media type that cannot stand in a header', () => {
    expect(record({ 'pygeoapi.io/result-value': '1', 'pygeoapi.io/result-mimetype': 'a\u0001' })?.inlineResult).toEqual(
      { mediaType: 'application/json' },
    );
  });

  it('is messages of the job itself under any other key', () => {
    expect(
      record({ 'pygeoapi.io/progress': '5', 'pygeoapi.io/stage': 'x', 'pygeoapi.io/parameters': '{}', other: 'y' })
        ?.messages,
    ).toEqual({ progress: '5', stage: 'x' });
  });
});
