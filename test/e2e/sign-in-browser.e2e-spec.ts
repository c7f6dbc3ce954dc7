import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Browser } from '../support/browser.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

/** A host that is neither of HTTPS nor this machine's by its name, so that browsers say less of where requests come from. */
const PLAIN_HOST = 'plain.example';

withBrowser('a browser in which one signs in', () => {
  let bed: TestBed;
  let chrome: Browser;
  let browser: Browser;
  let job = '';
  /** A page of another origin, whose HTML a test gives. */
  let foreign: Server;
  let page = '';

  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration });
    foreign = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page)).listen(0);
    await once(foreign, 'listening');
    job = await bed.submit('closed', { text: 'x' }, { token: TOKEN });
    await bed.until(job, 'successful');
  });
  afterAll(async () => {
    foreign?.close();
    foreign?.closeAllConnections();
    await bed?.stop();
  });
  beforeAll(async () => {
    chrome = await Browser.start(chromium ?? '', [`--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`]);
  });
  afterAll(() => chrome?.stop());
  beforeEach(async () => {
    browser = await chrome.apart();
  });
  afterEach(() => browser?.leave());

  /** With a process that asks for the token. */
  function configuration(text: string): string {
    return `${text}
  closed:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: true
      metadata:
        jobControlOptions: [sync-execute, async-execute, dismiss]
        inputs: { text: { schema: { type: string } } }
        outputs: { text: { schema: { type: string } } }
      command: [sh, -c, 'echo said-by-the-job; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo x']
`;
  }
  const at = (path: string, host = '127.0.0.1') => bed.url.replace('127.0.0.1', host) + path;
  const foreignAt = (host: string) => `http://${host}:${(foreign.address() as AddressInfo).port}/`;
  const text = () => browser.evaluate<string>('document.body.innerText');
  const send = (form: string, fields: Readonly<Record<string, string>> = {}) =>
    eventually(`${form} on the page`, () =>
      browser.evaluate<boolean>(`(() => {
        const form = document.querySelector(${JSON.stringify(form)});
        if (form === null) return false;
        for (const [name, value] of Object.entries(${JSON.stringify(fields)})) [...form.elements].find((one) => one.name === name && one.type !== 'file').value = value;
        form.requestSubmit();
        return true;
      })()`),
    );
  /** By the form of the log's refusal. */
  async function signIn(host?: string): Promise<void> {
    await browser.open(at(`/jobs/${job}/logs`, host));
    await send('main form[action$="/sign-in"]', { token: TOKEN });
    await eventually('the log', async () => (await text()).includes('\nsaid-by-the-job\n'));
  }
  /** The status of what a script of the page that is open asks for. */
  const fetched = (path: string, options: object = {}) =>
    browser.evaluate<number>(`fetch(${JSON.stringify(path)}, ${JSON.stringify(options)}).then(({ status }) => status)`);

  it('reads the log, executes and dismisses by forms without the token, and signs out', async () => {
    await browser.open(at(`/jobs/${job}/logs`));
    expect(await text()).toContain('asks for a token');
    await signIn();
    expect(await browser.evaluate('document.cookie')).toBe('');
    await browser.open(at('/processes/closed'));
    expect(await text()).toContain('Signed in as api');
    expect(await browser.evaluate("document.querySelector('[name=token]')")).toBeNull();
    await send('form[action$="/form"]', { 'input.text': 'x' });
    await browser.loaded(at('/jobs/'));
    const made = (await browser.evaluate<string>('location.pathname')).split('/').at(-1) ?? '';
    await bed.until(made, 'successful');
    await browser.open(at(`/jobs/${made}`));
    await send('form[action$="/dismissal"]');
    await eventually('the list', async () => (await browser.evaluate<string>('location.pathname')) === '/jobs');
    expect(browser.complaints).toEqual([]);
    await send('form[action$="/sign-out"]');
    await eventually('the landing page', async () => (await browser.evaluate<string>('location.pathname')) === '/');
    await browser.open(at(`/jobs/${job}/logs`));
    expect(await browser.evaluate('document.querySelector(\'main form[action$="/sign-in"]\') !== null')).toBe(true);
  });

  it('does the same where the server is neither HTTPS nor this machine by its name', async () => {
    await signIn(PLAIN_HOST);
    // Who comes from nowhere proves nothing: a page of the server does.
    await browser.open(at('/jobs', PLAIN_HOST));
    await browser.click('.visitor');
    await eventually('being known', async () => (await text()).includes('Signed in as api'));
    await browser.click(`main a[href*="/jobs/${job}"]`);
    await browser.loaded(at(`/jobs/${job}`, PLAIN_HOST));
    await eventually('being known', async () => (await text()).includes('Signed in as api'));
    await send('form[action$="/dismissal"]');
    await eventually('the list', async () => (await browser.evaluate<string>('location.pathname')) === '/jobs');
    job = await bed.submit('closed', { text: 'x' }, { token: TOKEN });
    await bed.until(job, 'successful');
  });

  it('lets its own pages read as who is signed in, and change nothing by the API', async () => {
    await signIn();
    await browser.open(at('/'));
    expect(await fetched(`/jobs/${job}/logs`)).toBe(200);
    expect(await fetched(`/jobs/${job}/logs`, { credentials: 'omit' })).toBe(401);
    expect(await fetched(`/jobs/${job}`, { method: 'DELETE' })).toBe(401);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"inputs":{"text":"x"}}' };
    expect(await fetched('/processes/closed/execution', json)).toBe(401);
    const events = await browser.evaluate<string>(`new Promise((resolve) => {
      const source = new EventSource('/jobs/${job}/logs?follow');
      source.onopen = () => resolve('open');
      source.onerror = () => resolve('refused');
    })`);
    expect(events).toBe('open');
  });

  it.each([
    ['another site', 'localhost'],
    ['another port of the host', '127.0.0.1'],
  ])('lends nothing to the page of %s', async (_, host) => {
    await signIn();
    const log = at(`/jobs/${job}/logs`);
    page = '<!doctype html><title>x</title>';
    await browser.open(foreignAt(host));
    browser.answers.clear();
    await browser.evaluate(`Promise.all([
      fetch(${JSON.stringify(log)}, { mode: 'no-cors', credentials: 'include' }).catch(() => 0),
      fetch(${JSON.stringify(at(`/jobs/${job}`))}, { mode: 'no-cors', credentials: 'include' }).catch(() => 0),
      new Promise((resolve) => Object.assign(new Image(), { src: ${JSON.stringify(`${log}?attempt=1`)}, onerror: resolve, onload: resolve })),
    ])`);
    expect(browser.answers.get(log)).toBe(401);
    // The form of another page.
    await browser.evaluate(`{
      const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(at(`/jobs/${job}/dismissal`))} });
      document.body.append(form);
      form.requestSubmit();
    }`);
    await eventually('the refusal', async () => (await text()).includes('not sent by a page of this server'));
    expect((await bed.get(`/jobs/${job}`)).status).toBe(200);
  });

  it('that is led to an address by another site does not count, until its user goes on', async () => {
    await signIn();
    page = `<!doctype html><a href="${at(`/jobs/${job}/logs`)}">x</a>`;
    await browser.open(foreignAt('localhost'));
    await browser.click('a');
    await browser.loaded(at('/jobs/'));
    expect(await text()).toContain('Another site led you here');
    await browser.evaluate(`[...document.links].find(({ text }) => text === 'Go on as who you are').click()`);
    await eventually('the log', async () => (await text()).includes('\nsaid-by-the-job\n'));
  });

  it('lends nothing to what a job made', async () => {
    await signIn();
    const document = `<!doctype html><a href="/jobs/${job}/logs">x</a><img src="/jobs/${job}/logs?attempt=1"><script>document.title = 1</script>`;
    const log = `PYGEOAPI_K8S_MANAGER_RESULT_START output=note mimetype=text/html\n${document}`;
    const active = await bed.submit('prints', { log: Buffer.from(log).toString('base64') });
    await bed.until(active, 'successful');
    browser.answers.clear();
    await browser.open(at(`/jobs/${active}/results/note`));
    expect([browser.answers.get(at(`/jobs/${job}/logs`)), await browser.evaluate('document.title')]).toEqual([
      undefined,
      '',
    ]);
    await browser.click('a');
    await browser.loaded(at(`/jobs/${job}/logs`));
    expect(browser.answers.get(at(`/jobs/${job}/logs`))).toBe(401);
    expect(await text()).toContain('Another site led you here');
  });
});
