import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'node-html-parser';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';

type Tagged = StatusInfo & { readonly tags?: readonly string[] };

const TAGS = ['nightly', 'Größe 3, blau', '<b>&"'];

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const execute = (tags: unknown, headers: Readonly<Record<string, string>> = {}, process = 'hello', token?: string) =>
  bed.execute(process, process === 'hello' ? { name: 'Ada' } : {}, {
    prefer: 'respond-async',
    body: { tags },
    headers,
    ...(token === undefined ? {} : { token }),
  });
async function made(tags: unknown, process = 'hello', token?: string): Promise<string> {
  const response = await execute(tags, {}, process, token);
  if (response.status !== 201) throw new Error(await response.text());
  return ((await response.json()) as StatusInfo).jobID;
}
const statusOf = async (id: string, token?: string) => (await (await bed.get(`/jobs/${id}`, token)).json()) as Tagged;
const page = async (path: string) =>
  parse(await (await fetch(bed.url + path, { headers: { accept: 'text/html' } })).text());

describe('the tags of a job', () => {
  it('stand in its status, in the list, in its request and on its page', async () => {
    const id = await made(TAGS);
    expect((await statusOf(id)).tags).toEqual(TAGS);
    const { jobs } = (await (await bed.get('/jobs')).json()) as { jobs: Tagged[] };
    expect(jobs.find(({ jobID }) => jobID === id)?.tags).toEqual(TAGS);
    expect(await (await bed.get(`/jobs/${id}/request`)).json()).toMatchObject({ tags: TAGS });
    expect((await page(`/jobs/${id}`)).querySelector('[data-live=facts]')?.textContent).toContain(TAGS.join(', '));
  });

  it('come back in the form that runs it again, which sends them', async () => {
    const id = await made(TAGS);
    const field = (await page(`/processes/hello?from=${id}`)).querySelector('[name="more.tags"]');
    expect(field?.textContent.trim().split('\n')).toEqual(TAGS);
    const response = await fetch(`${bed.url}/processes/hello/form`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ 'input.name': 'Ada', 'more.tags': ` ${TAGS.join(' \r\n')}\n\n` }),
    });
    expect(response.status).toBe(201);
    expect((await statusOf(((await response.json()) as StatusInfo).jobID)).tags).toEqual(TAGS);
  });

  it('are refused where they are none, each by its place', async () => {
    const response = await execute(['a', 'b', 'c', ' d', 'a']);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [
        { pointer: '/tags/3', message: expect.stringContaining('must be a text of 1 to 64 characters') },
        { pointer: '/tags/4', message: 'is the same as /tags/0' },
      ],
    });
    const form = await fetch(`${bed.url}/processes/hello/form`, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams({ 'input.name': 'Ada', 'more.tags': 'a\nb\na' }),
    });
    expect(form.status).toBe(400);
    const control = parse(await form.text()).querySelector('[name="more.tags"]');
    expect([control?.getAttribute('aria-invalid'), control?.textContent.trim()]).toEqual(['true', 'a\nb\na']);
  });

  it('belong to what an Idempotency-Key stands for', async () => {
    const key = { 'idempotency-key': `"tags-${Date.now()}"` };
    const first = await execute(['a'], key);
    const again = await execute(['a'], key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(((await again.json()) as StatusInfo).jobID).toBe(((await first.json()) as StatusInfo).jobID);
    expect((await execute(['b'], key)).status).toBe(422);
  });

  it('are for those who may read the status', async () => {
    const id = await made(['inner'], 'secret-failing', TOKEN);
    const rest = await fetch(`${bed.url}/jobs/${id}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(((await rest.json()) as Tagged).tags).toEqual(['inner']);
  });

  it('are in the API definition, of requests, forms and statuses', async () => {
    const { paths, components } = (await (await bed.get('/openapi')).json()) as {
      paths: Record<string, { post?: { requestBody: { content: Record<string, { schema: unknown }> } } }>;
      components: { schemas: Record<string, { properties: Record<string, unknown> }> };
    };
    const schemaOf = (path: string, type: string) => paths[path]?.post?.requestBody.content[type]?.schema;
    expect(schemaOf('/processes/hello/execution', 'application/json')).toMatchObject({
      properties: { tags: { type: 'array', maxItems: 20, items: { maxLength: 64 } } },
    });
    expect(schemaOf('/processes/hello/form', 'multipart/form-data')).toMatchObject({
      properties: { 'more.tags': { type: 'string' } },
    });
    expect(components.schemas['StatusInfoDto']?.properties).toHaveProperty('tags');
    expect(components.schemas['ShownRequestDto']?.properties).toHaveProperty('tags');
  });
});
