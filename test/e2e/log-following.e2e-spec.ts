import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'node-html-parser';
import { Browser } from '../support/browser.js';
import { EventReader } from '../support/event-reader.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const FOLLOWERS = 2;
const PROCESSES = `
  two-containers:
    type: process
    processor: &printing
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute, dismiss] }
      init_containers:
        - { name: prepare, image: busybox, command: [sh, -c, 'for i in 1 2 3; do echo prepared $i; done'] }
      command: [sh, -c, 'for i in 1 2 3 4 5; do echo line $i; done; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
  printing-on:
    type: process
    processor:
      <<: *printing
      init_containers: []
      command: [sh, -c, 'i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line $i; sleep 1; done']
  evicted:
    type: process
    processor:
      <<: *printing
      init_containers: []
      retries: 1
      command: [sh, -c, "trap 'exit 143' TERM; echo working on $(hostname); i=0; while [ $i -lt 300 ]; do i=$((i+1)); sleep 1; done"]
`;

describe('the log of a job', () => {
  let bed: TestBed;
  const running: string[] = [];
  beforeAll(async () => {
    bed = await TestBed.startProcess(
      {},
      {
        configuration: (text) =>
          text.replace('  limits:', `  followers: { at_once: 10, per_caller: ${FOLLOWERS} }\n  limits:`) + PROCESSES,
      },
    );
  });
  afterAll(async () => {
    for (const id of running) await bed.delete(`/jobs/${id}`);
    await (bed as TestBed | undefined)?.stop();
  });

  const start = async (process: string, line: string) => {
    const id = await bed.submit(process);
    running.push(id);
    await bed.until(id, 'running');
    await eventually('the first line', async () => (await bed.log(id)).includes(line));
    return id;
  };
  const textOf = async (id: string, query: string) =>
    (await fetch(`${bed.url}/jobs/${id}/logs?f=text&${query}`)).text();

  describe('that has ended', () => {
    let ended = '';
    beforeAll(async () => {
      ended = await bed.submit('two-containers');
      await bed.until(ended, 'successful');
    });

    it('is of one container, or has the last lines of each', async () => {
      const [prepare, main] = [
        'prepared 1\nprepared 2\nprepared 3\n',
        /^Container 'generic-image-processor'\nline 1\n/,
      ];
      expect(await textOf(ended, 'container=prepare')).toBe(`Init Container 'prepare'\n${prepare}`);
      expect(await textOf(ended, 'container=generic-image-processor')).toMatch(main);
      expect(await textOf(ended, 'tail=1')).toMatch(
        /^Logs of pod '.*'\nInit Container 'prepare'\nprepared 3\nContainer 'generic-image-processor'\ndone\n$/,
      );
      expect(await textOf(ended, 'tail=1&container=prepare')).toBe("Init Container 'prepare'\nprepared 3\n");
    });

    it('is refused where there is no such container, and where what is wanted contradicts itself', async () => {
      const asked = async (query: string) => {
        const answer = await fetch(`${bed.url}/jobs/${ended}/logs?${query}`);
        const { errors } = (await answer.json()) as { errors?: { pointer: string }[] };
        return [answer.status, ...(errors ?? []).map(({ pointer }) => pointer)];
      };
      expect(await asked('container=other')).toEqual([404]);
      expect(await asked('tail=0')).toEqual([400, 'tail']);
      expect(await asked('tail=5&from=3')).toEqual([400, 'from']);
      expect(await asked(`container=${'x'.repeat(64)}`)).toEqual([400, 'container']);
    });

    it('has a page by address, without scripts, of one container or the last lines', async () => {
      const page = async (query: string) =>
        parse(await (await fetch(`${bed.url}/jobs/${ended}/logs?f=html&${query}`)).text());
      const one = await page('container=prepare&tail=2');
      expect(one.querySelectorAll('.log li').map(({ text }) => text)).toEqual([
        "Init Container 'prepare'",
        'prepared 2',
        'prepared 3',
      ]);
      expect(one.querySelectorAll('select[name=container] option').map(({ text }) => text)).toEqual(
        expect.arrayContaining(['All', 'prepare', 'generic-image-processor']),
      );
      expect(one.querySelector('select[name=container] option[selected]')?.text).toBe('prepare');
      expect(one.querySelector('select[name=tail] option[selected]')?.text).toBe('The last 2 of each container');
      // As the form sends it where nothing is chosen.
      expect((await page('container=&tail=&beside=')).querySelectorAll('.log summary')).toHaveLength(3);
    });
  });

  it('is followed from its last lines, without ids, at the cost of these', async () => {
    const id = await start('printing-on', 'line 5\n');
    const reader = await EventReader.open(`${bed.url}/jobs/${id}/logs?tail=2`);
    const answer = await fetch(`${bed.url}/jobs/${id}/logs?f=text&follow&tail=2`);
    const text = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let read = '';
    await eventually(
      'two lines',
      async () => (read += (await text?.read())?.value ?? '').match(/^line \d+\n/gm)?.length === 2,
    );
    await text?.cancel();
    expect(answer.headers.get('log-follow')).toMatch(/tail=2$/);
    expect(read).toMatch(/^Logs of pod '.*'\nContainer '.*'\nline /);
    expect(read).not.toContain('line 1\n');
    await eventually('events', () => reader.others.join('').includes('data: line '));
    expect(reader.others.join('\n')).not.toMatch(/^id:|line 1$/m);
    reader.leave();
  });

  withBrowser('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => void (browser = await Browser.start(chromium ?? '')));
    afterAll(() => browser?.stop());
    beforeEach(() => browser.show());

    const lines = () =>
      browser.evaluate<string[]>("[...document.querySelectorAll('.log li')].map((e) => e.textContent)");
    const newest = async () => Number(/\d+/.exec((await lines()).at(-1) ?? '')?.[0] ?? 0);
    /** As a browser does it where another tab is chosen. */
    const turn = (visibility: 'visible' | 'hidden') =>
      browser.evaluate(`(() => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: ${JSON.stringify(visibility)} });
        document.dispatchEvent(new Event('visibilitychange'));
      })()`);
    /** As many follow it as may of one address. */
    const follow = async (id: string) =>
      Promise.all(Array.from({ length: FOLLOWERS }, () => EventReader.open(`${bed.url}/jobs/${id}/logs`)));
    const placesAreFree = async (id: string) => {
      const readers = await follow(id);
      for (const reader of readers) reader.leave();
      return readers.every(({ status }) => status === 200);
    };

    it('holds no connection while it is hidden, and goes on where it was, each line once', async () => {
      const id = await start('printing-on', 'line 3\n');
      await browser.open(`${bed.url}/jobs/${id}/logs`);
      const first = await newest();
      await eventually('more lines', async () => (await newest()) > first);
      await turn('hidden');
      await eventually('its place being free', () => placesAreFree(id));
      const before = await newest();
      await eventually('more lines of the job', async () => (await bed.log(id)).includes(`line ${before + 2}\n`));
      expect(await newest()).toBe(before);
      await turn('visible');
      await eventually('what came meanwhile', async () => (await newest()) >= before + 2);
      const shown = (await lines()).filter((line) => line.startsWith('line '));
      expect(shown).toEqual(shown.map((_, at) => `line ${at + 1}`));
      expect(browser.complaints).toEqual([]);
    });

    it('has the last lines once, though it comes again', async () => {
      const id = await start('printing-on', 'line 5\n');
      await browser.open(`${bed.url}/jobs/${id}/logs?tail=2`);
      const first = await newest();
      await eventually('more lines', async () => (await newest()) > first);
      await turn('hidden');
      await turn('visible');
      await eventually('more lines again', async () => (await newest()) > first + 2);
      const shown = (await lines()).filter((line) => line.startsWith('line '));
      expect(new Set(shown).size).toBe(shown.length);
      expect(shown[0]).not.toBe('line 1');
    });

    it('goes on with the next attempt of its job, in a place of its own', async () => {
      const id = await start('evicted', 'working on');
      await browser.open(`${bed.url}/jobs/${id}/logs`);
      await eventually('the first attempt', async () => (await lines()).some((line) => line.startsWith('working on')));
      const pod = (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
      const { core, namespace } = bed.cluster;
      const name = pod?.metadata?.name ?? '';
      await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
      await eventually(
        'the second attempt',
        async () => (await lines()).filter((line) => line.startsWith('working on')).length === 2,
        120_000,
      );
      expect(await browser.evaluate("[...document.querySelectorAll('.logs h2')].map((e) => e.textContent)")).toEqual([
        'Log of attempt 2',
      ]);
      expect(browser.complaints).toEqual([]);
    });

    it('shows what one has chosen', async () => {
      const id = await bed.submit('two-containers');
      await bed.until(id, 'successful');
      await browser.open(`${bed.url}/jobs/${id}/logs`);
      await browser.evaluate(`(() => {
        document.querySelector('#container').value = 'prepare';
        document.querySelector('form.filters button').click();
      })()`);
      await browser.loaded(`${bed.url}/jobs/${id}/logs?f=html&container=prepare`);
      expect(await lines()).toEqual(["Init Container 'prepare'", 'prepared 1', 'prepared 2', 'prepared 3']);
    });
  });
});
