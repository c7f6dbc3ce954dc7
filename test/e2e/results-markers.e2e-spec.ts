import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { onRealCluster } from '../support/cluster.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';
/** More than is kept in the Job, less than fits into its inputs. */
const PICTURE = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * index) % 251));
const encoded = PICTURE.toString('base64').replace(/.{76}/g, '$&\n');
const sha256 = createHash('sha256').update(PICTURE).digest('hex');
const NOTE = `Grüße\n${START}\n  end`;
const SEVERAL = [
  'preparing',
  `INFO - ${START} output=table mimetype=application/json`,
  '[1, "two"]',
  `${START} output=picture mimetype=image/png encoding=base64 bytes=${PICTURE.length} sha256=${sha256}`,
  encoded,
  `${START} output=note mimetype="text/plain; charset=utf-8" bytes=${Buffer.byteLength(NOTE)}`,
  `${NOTE}\n`,
].join('\n');

const inputs = (log: string) => ({ log: Buffer.from(log).toString('base64') });

/** A process that prints two files as the documentation says. */
const documented = (script: string) => `
  documented:
    type: process
    processor:
      <<: *image
      metadata:
        <<: *both
        outputs: { table: { schema: { type: string } }, preview: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          cd "$(mktemp -d)" && trap 'rm -r "$PWD"' EXIT
          printf 'a,b\\r\\n1,2' > table.csv; head -c 100000 /dev/urandom > preview.png
${script.trimEnd().replace(/^/gm, '          ')}
`;

/** What these suites promise whether results are collected or read from the log while the pod is there. */
function promises(bed: () => TestBed): void {
  it('are a document with each under its id, by its media type', async () => {
    const response = await bed().execute('prints', inputs(SEVERAL), { body: { response: 'document' } });
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        note: NOTE,
        picture: { value: PICTURE.toString('base64'), encoding: 'base64', mediaType: 'image/png' },
        table: [1, 'two'],
      },
    ]);
  });

  it('are multipart/related, each to the byte', async () => {
    const response = await bed().execute('prints', inputs(SEVERAL));
    const type = response.headers.get('content-type') ?? '';
    const boundary = /^multipart\/related; boundary="([^"]+)"; type="text\/plain; charset=utf-8"$/.exec(type)?.[1];
    const part = (id: string, mediaType: string, body: Buffer) =>
      Buffer.concat([
        Buffer.from(
          `--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-ID: <${id}>\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
        Buffer.from('\r\n'),
      ]);
    const expected = Buffer.concat([
      part('note', 'text/plain; charset=utf-8', Buffer.from(NOTE)),
      part('picture', 'image/png', PICTURE),
      part('table', 'application/json', Buffer.from('[1, "two"]')),
      Buffer.from(`--${boundary}--\r\n`),
    ]);
    expect(Buffer.from(await response.arrayBuffer()).equals(expected)).toBe(true);
    expect(response.headers.get('content-length')).toBe(String(expected.length));
  });

  it('are the bytes of the one that was asked for', async () => {
    const response = await bed().execute('prints', inputs(SEVERAL), { body: { outputs: { picture: {} } } });
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await response.arrayBuffer()).equals(PICTURE)).toBe(true);
  });

  it('are none where the result has no name: it holds whatever follows', async () => {
    const content = `a\n${START} output=note\nb\n${START}`;
    const response = await bed().execute('prints', inputs(`${START}\n${content}\n`));
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain', content]);
  });

  it.each([
    ['are cut', `${START} output=note bytes=100\nshort\n`, 'result-damaged', '100 bytes, and its log has 5'],
    ['are not what was announced', `${START} output=note sha256=${sha256}\nx\n`, 'result-damaged', sha256],
    ['are no base64', `${START} output=picture encoding=base64\nno!\n`, 'result-damaged', 'is not base64'],
    ['come twice', `${START} output=note\n1\n${START} output=note\n2\n`, 'result-invalid', '"note" twice'],
    [
      'are of no output of the process',
      `${START} output=more\n1\n`,
      'result-invalid',
      'output "more", which its process',
    ],
    ['have a wrong marker', `${START} output=note bytes=many\n1\n`, 'result-invalid', 'bytes that are no whole number'],
  ])('fail with that cause where they %s', async (_, log, type, message) => {
    const jobId = await bed().submit('prints', inputs(log));
    await bed().ended(jobId);
    const response = await bed().get(`/jobs/${jobId}/results`);
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { type: `${bed().url}/problems/${type}`, detail: expect.stringContaining(message) },
    ]);
  });
}

describe('several results in one log', () => {
  let bed: TestBed;
  beforeAll(async () => {
    const script = (await readFile('docs/results.md', 'utf8')).split('```sh\n')[1]?.split('```')[0] ?? '';
    bed = await TestBed.start({}, { configuration: (text) => `${text}\n${documented(script)}` });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  promises(() => bed);

  it('are kept where they are small in the Job, where they are large in the store', async () => {
    const jobId = await bed.submit('prints', inputs(SEVERAL));
    expect((await bed.ended(jobId)).status).toBe('successful');
    const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    const outputs = JSON.parse(kubeJob?.metadata?.annotations?.['processes.pygeoapi.io/outputs'] ?? '{}') as Record<
      string,
      object
    >;
    expect(outputs).toEqual({
      table: { mediaType: 'application/json', size: 10, digest: expect.any(String), value: '[1, "two"]' },
      picture: {
        mediaType: 'image/png',
        size: PICTURE.length,
        digest: `sha256:${sha256}`,
        key: expect.stringMatching(new RegExp(`/\\d{4}-\\d{2}-\\d{2}_pygeoapi-job-${jobId}-result-picture$`)),
      },
      note: {
        mediaType: 'text/plain; charset=utf-8',
        size: Buffer.byteLength(NOTE),
        digest: expect.any(String),
        value: NOTE,
      },
    });
  });

  it('may be printed from files, as documented', async () => {
    const jobId = await bed.submit('documented');
    const { status, message } = await bed.ended(jobId);
    expect([status, message]).toEqual(['successful', expect.any(String)]);
    const results = await (await bed.get(`/jobs/${jobId}/results`)).text();
    expect(results).toContain(
      'Content-Type: text/csv\r\nContent-ID: <table>\r\nContent-Length: 8\r\n\r\na,b\r\n1,2\r\n',
    );
    expect(results).toContain('Content-Type: image/png\r\nContent-ID: <preview>\r\nContent-Length: 100000\r\n\r\n');
  });

  it('expire where their process says so, and their log stays', async () => {
    const jobId = await bed.submit('expiring');
    expect((await bed.ended(jobId)).status).toBe('successful');
    const gone = await eventually('the results being gone', async () => {
      const response = await bed.get(`/jobs/${jobId}/results`);
      return response.status === 200 ? Promise.reject(new Error('still there')) : response;
    });
    expect([gone.status, await gone.json()]).toMatchObject([
      410,
      { type: `${bed.url}/problems/results-expired`, title: 'Results expired' },
    ]);
    await eventually(
      'their removal',
      async () => !(await bed.store.keys()).some((key) => key.includes(`${jobId}-result`)),
    );
    expect((await bed.log(jobId)).length).toBeGreaterThan(30_000);
    expect((await bed.status(jobId)).status).toBe('successful');
  });

  it('go with their job when it is removed, and its log stays', async () => {
    const jobId = await bed.submit('prints', inputs(SEVERAL));
    await bed.ended(jobId);
    const keys = async () =>
      (await bed.store.keys()).filter((key) => key.includes(jobId)).map((key) => key.split(jobId)[1]);
    await eventually('log and result', async () => (await keys()).length === 2);
    await bed.delete(`/jobs/${jobId}`);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect(await keys()).toEqual(['-logs.txt']);
  });

  (onRealCluster ? it : it.skip)(
    'are missed in a log that was rotated, by another server than the one that saw it begin',
    async () => {
      const jobId = await bed.submit('rotated-slowly');
      const noted = async () =>
        (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId))?.metadata?.annotations?.[
          'processes.pygeoapi.io/log-start'
        ];
      await eventually('the note of when the log began', noted);
      await bed.replaceServer();
      expect((await bed.ended(jobId)).cause).toMatchObject({
        type: 'result-lost',
        message: expect.stringContaining('wrote more than its node keeps of a log'),
      });
      await eventually('the stored log, flagged', async () =>
        (await bed.log(jobId)).includes('end\n[the beginning of this log is missing'),
      );
    },
    120_000,
  );

  it('make their job fail where they are wrong', async () => {
    const jobId = await bed.submit('prints', inputs(`${START} output=note bytes=3\nshort\n`));
    expect(await bed.ended(jobId)).toMatchObject({
      status: 'failed',
      cause: {
        type: 'result-damaged',
        message: 'The result of output "note" is damaged: the job announced 3 bytes, and its log has 5.',
      },
    });
  });
});

describe('several results in a log that nobody collects', () => {
  let bed: TestBed;
  beforeAll(async () => {
    const configuration = (text: string) => text.replace('finalizer_controller: true', 'finalizer_controller: false');
    bed = await TestBed.start({}, { configuration });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  promises(() => bed);
});
