import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { parse as parseHtml, type HTMLElement } from 'node-html-parser';
import { kindsFilled, kindsInputs, kindsProcess } from '../fixtures/form-kinds.js';
import { fieldsOf, filled, type Fields } from '../support/page-form.js';
import { SHIPPED_CONFIGURATION, TestBed, TOKEN } from '../support/test-bed.js';

/** `TEST_PYTHON` names a Python that has the packages of test/clients/requirements.txt. */
const python = process.env['TEST_PYTHON'];
const withPython = python === undefined ? it.skip : it;

/** With what stands in `pre`, too. */
const parse = (html: string) => parseHtml(html, { blockTextElements: { script: true, style: true } });

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start(
    { PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION },
    { configuration: (text) => text.trimEnd() + kindsProcess },
  );
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const accept = { accept: 'text/html' };
const pageOf = async (processId: string, headers: Record<string, string> = {}) =>
  parse(await (await fetch(`${bed.url}/processes/${processId}`, { headers: { ...accept, ...headers } })).text());
const formOf = (page: HTMLElement) => page.querySelector('form[method=post]') as HTMLElement;

const post = (form: HTMLElement, fields: Fields) =>
  fetch(form.getAttribute('action') ?? '', {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: accept,
    redirect: 'manual',
  });
const pageAfter = async (form: HTMLElement, fields: Fields) => {
  const response = await post(form, fields);
  return { status: response.status, page: parse(await response.text()) };
};
const jobIn = (response: Response) => response.headers.get('location')?.split('/')[4] ?? '';
const jobCount = async () =>
  ((await (await bed.get('/jobs?limit=1')).json()) as { numberMatched: number }).numberMatched;

describe('without scripts', () => {
  it('every kind of control says what it is for', async () => {
    const form = formOf(await pageOf('kinds'));
    const response = await post(form, filled(form, kindsFilled));
    expect(response.status).toBe(303);
    await bed.until(jobIn(response), 'successful');
    expect(await (await bed.get(`/jobs/${jobIn(response)}/results`)).json()).toEqual(kindsInputs);
  });

  it('the defaults are filled in, and nothing else is sent', async () => {
    const form = formOf(await pageOf('kinds'));
    const response = await post(form, [...fieldsOf(form), ['more.mode', 'sync']]);
    expect(response.headers.get('location')).toMatch(/\/results$/);
    expect(await (await bed.get(`/jobs/${jobIn(response)}/results`)).json()).toEqual({ text: 'hello' });
  });

  it('a filled form is checked, and nothing is executed', async () => {
    const before = await jobCount();
    const form = formOf(await pageOf('kinds'));
    const fields = filled(form, kindsFilled);
    const { status, page } = await pageAfter(form, [...fields, ['check', 'true']]);
    expect([status, page.querySelector('[role=status]')?.text.trim()]).toEqual([
      200,
      'The request is valid. Nothing was executed.',
    ]);
    // As it was filled in, but for what is secret.
    const again = fieldsOf(formOf(page));
    expect(again).toHaveLength(fields.length);
    const lost = fields.filter(([name, value]) => !again.some(([one, text]) => one === name && text === value));
    expect(lost).toEqual([['input.password', 'sesame']]);
    expect(page.toString()).not.toContain('sesame');
    expect(await jobCount()).toBe(before);
  });

  it('faults come back at their controls, in the words of the API', async () => {
    const wrong = {
      'input.step': '7',
      'input.measure/value': '500',
      'input.measure/unit': '"m"',
      'input.either.choice': '1',
      'input.either/~a1': '{',
      'input.places/1': '{"type": "Pint"}',
      'input.bbox/bbox/minx': '1',
      'input.numbers': '1\nb',
      'input.text.json': '[5]',
      'more.subscriber.successUri': 'ftp://a',
    };
    const form = formOf(await pageOf('kinds'));
    for (const fields of [filled(form, wrong), [...filled(form, wrong), ['check', 'true']] as Fields]) {
      const { status, page } = await pageAfter(form, fields);
      expect(status).toBe(400);
      expect(linksOf(page)).toEqual(['input.either/~a1']);
    }
    const { page } = await pageAfter(form, filled(form, { ...wrong, 'input.either/~a1': '' }));
    expect(linksOf(page).sort()).toEqual([
      'input.bbox',
      'input.measure/value',
      'input.numbers',
      'input.places/1',
      'input.step',
      'input.text.json',
      'more.subscriber.successUri',
    ]);
    for (const id of linksOf(page)) {
      const control = page.getElementById(id);
      const [fault = ''] = control?.getAttribute('aria-describedby')?.split(' ') ?? [];
      expect([id, page.getElementById(fault)?.text]).toEqual([id, expect.stringContaining('must ')]);
    }
    expect(page.getElementById('input.measure/value')?.getAttribute('value')).toBe('500');
    expect(page.getElementById('input.text.json')?.closest('details')?.hasAttribute('open')).toBe(true);
    expect(page.getElementById('fault:input.measure/value')?.text).toBe('must be at most 100 (is 500)');
  });

  it('a text that is required and left empty is missing', async () => {
    const form = formOf(await pageOf('hello-world-k8s'));
    const { status, page } = await pageAfter(form, fieldsOf(form));
    expect([status, linksOf(page)]).toEqual([400, ['input.name']]);
    expect(page.getElementById('fault:input.name')?.text).toBe('is missing; it is required');
  });

  it('the page is whole in German, with the texts of the description in it', async () => {
    const page = await pageOf('hello-world-k8s', { 'accept-language': 'de' });
    expect(page.querySelector('button[type=submit]')?.text).toBe('Ausführen');
    expect(page.querySelector('label[for="input.name"]')?.text).toBe('Name (nötig)');
    expect(page.getElementById('hint:input.name')?.text).toContain('Wer gegrüßt wird');
  });
});

describe('the request for programs', () => {
  const snippet = (page: HTMLElement, kind: string) => page.querySelector(`[data-snippet=${kind}] code`)?.text ?? '';
  const run = (file: string, args: readonly string[]) =>
    new Promise<string>((done, reject) => {
      execFile(file, args, { env: { ...process.env, TOKEN } }, (error, stdout, stderr) =>
        error ? reject(new Error(stdout + stderr)) : done(stdout),
      );
    });

  it('runs by curl and by JavaScript, as it is shown', async () => {
    const page = await pageOf('kinds');
    const example = JSON.parse(snippet(page, 'json')) as { inputs: object };
    const created = JSON.parse(await run('sh', ['-c', `${snippet(page, 'curl')} -s`])) as {
      jobID: string;
    };
    const output = await run(process.execPath, ['--input-type=module', '-e', snippet(page, 'javascript')]);
    for (const jobId of [created.jobID, output.trim().split('/').at(-1) ?? '']) {
      await bed.until(jobId, 'successful');
      expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toEqual(example.inputs);
    }
  });

  it('runs with the token of a variable, and holds no secret', async () => {
    const form = formOf(await pageOf('generic-image-processor-example'));
    const { page } = await pageAfter(form, [...filled(form, { token: TOKEN }), ['check', 'true']]);
    expect(page.toString()).not.toContain(TOKEN);
    expect(snippet(page, 'curl')).toContain('"Authorization: Bearer $TOKEN"');
    const { jobID } = JSON.parse(await run('sh', ['-c', `${snippet(page, 'curl')} -s`])) as { jobID: string };
    await bed.until(jobID, 'successful');
  });

  withPython('runs by requests and by OWSLib', async () => {
    const page = await pageOf('kinds');
    const location = await run(python ?? '', ['-c', snippet(page, 'python')]);
    await bed.until(location.trim().split('/').at(-1) ?? '', 'successful');
    const before = await jobCount();
    await run(python ?? '', ['-c', snippet(page, 'owslib')]);
    expect(await jobCount()).toBe(before + 1);
  });
});

/** The controls that the summary of faults leads to. */
function linksOf(page: HTMLElement): string[] {
  return page
    .querySelectorAll('.notice li a')
    .map((anchor) => decodeURIComponent(anchor.getAttribute('href')?.slice(1) ?? ''));
}
