import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed } from '../support/test-bed.js';

describe('links for others, where nobody can sign in', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.startProcess({ PYGEOAPI_K8S_MANAGER_API_TOKEN: '' });
  });
  afterAll(() => bed?.stop());

  it('are not offered', async () => {
    const job = await bed.submit('hello', { name: 'x' });
    const answer = await fetch(`${bed.url}/jobs/${job}/links`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ title: 'Not available' })]);
    expect((await bed.get(`/jobs/${job}?share=x`)).status).toBe(404);
    const definition = await (await bed.get('/openapi')).text();
    expect(definition).not.toContain('/jobs/{jobId}/links');
    expect(definition).not.toContain('"share"');
    const page = await (await fetch(`${bed.url}/jobs/${job}`, { headers: { accept: 'text/html' } })).text();
    expect(page).not.toContain('id="share"');
  });
});
