import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startS3Store } from '../support/s3-store.js';
import { TestBed } from '../support/test-bed.js';

const BUCKET = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_';

describe('results at a store that clients reach', () => {
  let bed: TestBed | undefined;
  beforeAll(async () => {
    const store = await startS3Store();
    const endpoint = store.environment[`${BUCKET}ENDPOINT`] ?? '';
    bed = await TestBed.startProcess(
      { [`${BUCKET}PUBLIC_ENDPOINT`]: endpoint },
      { store, configuration: (text) => text.replace(/level: \w+/, 'level: DEBUG') },
    );
  });
  afterAll(() => bed?.stop());

  it('are read there where they are large, whole or in part, by addresses that no line of the log holds', async () => {
    if (!bed) throw new Error('not started');
    const id = await bed.submit('five-mebibytes');
    expect((await bed.ended(id)).status).toBe('successful');
    const url = `${bed.url}/jobs/${id}/results`;
    const answer = await fetch(url, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([307, 'no-store']);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.searchParams.get('X-Amz-Expires')).toBe('60');
    const whole = await fetch(location);
    expect(whole.headers.get('content-disposition')).toMatch(/^attachment/);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes.length).toBe(5_242_880);
    const part = await fetch(url, { headers: { range: 'bytes=0-99' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(0, 100))).toBe(true);
    const output = await bed.output();
    expect(output).toContain(id);
    expect(output).not.toContain('X-Amz-Signature');
    expect(output).not.toContain(location.searchParams.get('X-Amz-Signature'));
  });

  it('are sent by the server where they are small', async () => {
    if (!bed) throw new Error('not started');
    const id = await bed.submit('unicode');
    await bed.ended(id);
    expect((await fetch(`${bed.url}/jobs/${id}/results`, { redirect: 'manual' })).status).toBe(200);
  });
});
