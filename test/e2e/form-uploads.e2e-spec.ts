import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch as undiciFetch, FormData } from 'undici';
import { Browser } from '../support/browser.js';
import { curl, digestOf, formConfiguration } from '../support/forms.js';
import { inputsKept } from '../support/store.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { transferEnvironment } from '../support/transfer.js';
import { eventually } from '../support/wait.js';

const MIB = 1024 ** 2;
/** Bytes of the largest file; .ci/full may say more. */
const SIZE = Number(process.env['E2E_LARGE_FORM_BYTES'] ?? 52_428_800);
/** What the server may need for streams and for garbage that is not collected yet, MiB, whatever the size of the file. */
const ALLOWANCE = 160;
const JSON_ANSWER = ['-H', 'Accept: application/json'];
/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];

let bed: TestBed;
let folder: string;
let temporary: string;
let path: (name: string) => string;
let before: string[];

/** GeoJSON of about so many bytes. */
const geojson = (size: number) =>
  JSON.stringify({
    type: 'FeatureCollection',
    features: Array.from({ length: Math.ceil(size / 115) }, (_, id) => ({
      type: 'Feature',
      id,
      properties: { name: `ä ${id}` },
      geometry: { type: 'Point', coordinates: [7 + id / 1e6, 51.5] },
    })),
  });
const LARGE = geojson(6 * MIB);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-forms-'));
  temporary = join(folder, 'temporary');
  path = (name) => join(folder, name);
  await mkdir(temporary);
  await writeFile(path('small.geojson'), '{"a": 1.0}');
  await writeFile(path('large.geojson'), LARGE);
  await writeFile(path('wrong.geojson'), `${LARGE.slice(0, -1)},"other":`);
  await writeFile(path('image.tif'), Buffer.from([0, 255, 1]));
  bed = await TestBed.startProcess(
    { ...transferEnvironment, MAX_REQUEST_BYTES: String(2 * MIB), TMPDIR: temporary },
    { configuration: formConfiguration },
  );
});
afterAll(async () => {
  await bed?.stop();
  await rm(folder, { recursive: true, force: true });
});

const address = (process = 'takes-files') => `${bed.url}/processes/${process}/form`;
const jobs = async () => ((await (await bed.get('/jobs?limit=1')).json()) as { numberTotal: number }).numberTotal;
/** The digest of the inputs that a job got. */
const gotten = async (jobId: string) => {
  expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
  return bed.result(jobId);
};
const jobIn = (text: string) => (JSON.parse(text) as StatusInfo).jobID;
/** Nothing was executed, and nothing is kept. */
const nothingIsLeft = async (jobsBefore: number) => {
  // Those of jobs that have just ended may go meanwhile.
  expect((await inputsKept(bed.store)).filter((name) => !before.includes(name))).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
  expect(await jobs()).toBe(jobsBefore);
};
beforeEach(async () => void (before = await inputsKept(bed.store)));

describe('a form with files', () => {
  it('is sent by curl, and answered as the API is', async () => {
    const { status, location, text } = await curl(
      address(),
      ...[
        '-F',
        `input.features=@${path('small.geojson')}`,
        '-F',
        'input.name=ä',
        '-F',
        'input.count=3',
        ...JSON_ANSWER,
      ],
    );
    expect([status, location]).toEqual([201, `${bed.url}/jobs/${jobIn(text)}`]);
    expect(JSON.parse(text)).toMatchObject({ processID: 'takes-files', type: 'process' });
    expect(await gotten(jobIn(text))).toBe(digestOf('{"features":{"a":1.0},"name":"ä","count":3}'));
  });

  it('leads who does not ask for JSON to the job', async () => {
    const { status, location } = await curl(address(), '-F', `input.features=@${path('small.geojson')}`);
    expect([status, location]).toEqual([303, expect.stringMatching(`^${bed.url}/jobs/[0-9a-f-]{36}$`)]);
  });

  it('of 6 MiB reaches the job as it was sent, and is gone when that has ended', async () => {
    const { status, text } = await curl(address(), '-F', `input.features=@${path('large.geojson')}`, ...JSON_ANSWER);
    expect(status).toBe(201);
    expect(await gotten(jobIn(text))).toBe(digestOf('{"features":', LARGE, '}'));
    await eventually(
      'the inputs being gone',
      async () => !(await inputsKept(bed.store)).some((name) => name.includes(jobIn(text))),
    );
    const shown = (await (await bed.get(`/jobs/${jobIn(text)}/request`)).json()) as { inputs: unknown };
    expect(shown.inputs).toEqual({
      features: { omitted: { size: Buffer.byteLength(LARGE), sha256: expect.any(String) } },
    });
  });

  it('has several files for one input, bytes as base64, large and small ones', async () => {
    const { status, text } = await curl(
      address(),
      ...['-F', `input.features=@${path('small.geojson')}`, '-F', `input.image=@${path('image.tif')}`],
      ...['-F', `input.layers=@${path('large.geojson')}`, '-F', 'input.layers={"b":2};filename=b', ...JSON_ANSWER],
    );
    expect([status, text]).toEqual([201, expect.any(String)]);
    expect(await gotten(jobIn(text))).toBe(
      digestOf('{"features":{"a":1.0},"image":"AP8B","layers":[', LARGE, ',{"b":2}]}'),
    );
  });

  it('is sent by programs as FormData', async () => {
    const form = new FormData();
    form.set('input.features', new Blob(['{"a": 2}']), 'a.json');
    form.append('input.name.json', '"b"');
    const headers = { accept: 'application/json', prefer: 'wait=60' };
    const response = await undiciFetch(address(), { method: 'POST', headers, body: form });
    expect([response.status, await response.text()]).toEqual([200, digestOf('{"features":{"a":2},"name":"b"}')]);
  });

  it(
    `of ${SIZE} bytes does not make the server grow`,
    async () => {
      const file = createWriteStream(path('huge.json'));
      const hash = ['{"features":{"a":"'];
      file.write('{"a":"');
      const chunk = Buffer.alloc(MIB, 'x');
      for (let left = SIZE - 8; left > 0; left -= MIB)
        if (!file.write(chunk.subarray(0, Math.min(left, MIB)))) await once(file, 'drain');
      file.end('"}');
      await once(file, 'finish');
      const peak = async () => {
        const status = await readFile(`/proc/${bed.server?.process.pid}/status`, 'utf8');
        return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
      };
      const most = await peak();
      const { status, text } = await curl(address(), '-F', `input.features=@${path('huge.json')}`, ...JSON_ANSWER);
      expect(status).toBe(201);
      await eventually(
        'its end',
        async () => (await bed.status(jobIn(text))).status === 'successful',
        60_000 + SIZE / 2000,
      );
      const xs = Array.from({ length: Math.ceil((SIZE - 8) / MIB) }, (_, at) =>
        chunk.subarray(0, Math.min(SIZE - 8 - at * MIB, MIB)),
      );
      expect(await bed.result(jobIn(text))).toBe(digestOf(...hash, ...xs, '"}}'));
      await rm(path('huge.json'));
      const now = await peak();
      process.stdout.write(`${SIZE} bytes in a form: largest memory ${most} MiB before, ${now} MiB after\n`);
      expect(now - most).toBeLessThan(ALLOWANCE);
    },
    120_000 + SIZE / 500,
  );
});

describe('a form with files that is refused', () => {
  let count: number;
  beforeEach(async () => void (count = await jobs()));
  afterEach(() => nothingIsLeft(count));

  const refused = async (process: string, ...options: readonly string[]) => {
    const { status, text } = await curl(address(process), ...options, ...JSON_ANSWER);
    const { errors, detail } = JSON.parse(text) as { errors?: { pointer: string; message: string }[]; detail: string };
    return { status, errors, detail };
  };
  const features = (name: string) => ['-F', `input.features=@${path(name)}`];

  it('names the fields that are at fault, small or large', async () => {
    expect(await refused('takes-files', ...features('wrong.geojson'), '-F', 'input.layers=x;filename=y')).toEqual({
      status: 400,
      errors: [
        { pointer: '/inputs/features', message: expect.stringContaining('must be JSON (Expected a value at line 1') },
        { pointer: '/inputs/layers', message: expect.stringContaining('must be JSON') },
      ],
      detail: 'The form cannot be read.',
    });
  });

  it('has a field that does not fit its schema beside a large file that does', async () => {
    expect(await refused('takes-files', ...features('large.geojson'), '-F', 'input.count=x')).toMatchObject({
      status: 400,
      errors: [{ pointer: '/inputs/count' }],
    });
  });

  it('has files of inputs that there are not, and two ways for one that there is', async () => {
    expect(await refused('takes-files', ...features('small.geojson'), '-F', 'input.none=a;filename=b')).toMatchObject({
      status: 400,
      errors: [{ pointer: '/inputs/none', message: expect.stringContaining('known are features, name') }],
    });
    expect(await refused('takes-files', ...features('small.geojson'), '-F', 'input.features={}')).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/inputs/features', message: 'must be given in one way, not as a file and as its own field' },
      ],
    });
  });

  it('is larger than its process takes, and says what would allow it', async () => {
    const { status, errors } = await refused('takes-small-files', ...features('large.geojson'));
    expect([status, errors]).toEqual([
      413,
      [
        {
          pointer: '/inputs/features',
          message: expect.stringMatching(/more than the 131043 bytes .*"large_inputs: url"/),
        },
      ],
    ]);
  });

  it('comes without the token, or with it behind the file', async () => {
    const token = ['-F', `token=${TOKEN}`];
    expect(await refused('takes-files-of-some', ...features('large.geojson'))).toMatchObject({
      status: 401,
      detail: expect.stringContaining('must come before files'),
    });
    expect((await refused('takes-files-of-some', '-F', 'token=wrong', ...features('large.geojson'))).status).toBe(401);
    expect((await refused('takes-files-of-some', ...features('small.geojson'), ...token)).status).toBe(401);
    expect(await refused('takes-files', ...features('small.geojson'), ...token)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/token' }],
    });
  });

  it('comes from the page of another site', async () => {
    expect(
      (await refused('takes-files', ...features('small.geojson'), '-H', 'Origin: https://example.org')).status,
    ).toBe(403);
  });

  it('comes to an address that takes no files', async () => {
    for (const path of ['processes/takes-files/execution', 'jobs/x/dismissal'])
      expect((await curl(`${bed.url}/${path}`, '-F', 'a=b')).status).toBe(415);
  });

  it('comes back as a page with the fault at its field', async () => {
    const { status, text } = await curl(
      address(),
      ...features('wrong.geojson'),
      '-F',
      'input.name=kept',
      '-H',
      'Accept: text/html',
    );
    expect([status, text]).toEqual([400, expect.stringMatching(/>kept<|value="kept"/)]);
    expect(text).toContain('id="fault:input.features"');
  });
});

describe('a form with files whose sender may', () => {
  it('gives the token before its files', async () => {
    const { status } = await curl(
      address('takes-files-of-some'),
      ...['-F', `token=${TOKEN}`, '-F', `input.features=@${path('large.geojson')}`, ...JSON_ANSWER],
    );
    expect(status).toBe(201);
  });
});

/** A form of which so much is sent that some of its file has arrived, and no more. */
const halfSent = async () => {
  const sender = request(address(), {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 20 * MIB },
  });
  sender.on('error', () => undefined);
  sender.write('--b\r\nContent-Disposition: form-data; name="input.features"; filename="a"\r\n\r\n');
  sender.write(Buffer.alloc(5 * MIB, ' '));
  await eventually('the file on its way', async () => (await openFiles()).some((name) => name.startsWith(temporary)));
  return sender;
};
/** Files that the server has open: its temporary ones have no name in their folder. */
const openFiles = async () => {
  const links = `/proc/${bed.server?.process.pid}/fd`;
  return Promise.all((await readdir(links)).map((fd) => readlink(join(links, fd)).catch(() => '')));
};

describe('a form with files that is not sent to its end', () => {
  it('leaves nothing where its sender goes away', async () => {
    const count = await jobs();
    const sender = await halfSent();
    sender.destroy();
    await eventually(
      'its file being freed',
      async () => !(await openFiles()).some((name) => name.startsWith(temporary)),
    );
    await nothingIsLeft(count);
  });

  it('leaves nothing where the server is killed', async () => {
    const count = await jobs();
    await halfSent();
    await bed.replaceServer();
    await nothingIsLeft(count);
  });
});

(chromium === undefined ? describe.skip : describe)('a form in a browser', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await Browser.start(chromium ?? '')));
  afterAll(() => browser?.stop());

  it('sends a file of 6 MiB, and leads to the job', async () => {
    await browser.open(`${bed.url}/processes/takes-files?f=html`);
    await browser.evaluate(`(() => {
      const form = document.querySelector('form[data-form]');
      const file = form.querySelector('input[type=file][name="input.features"]');
      const text = JSON.stringify({ a: 'ä'.repeat(${3 * MIB}) });
      const files = new DataTransfer();
      files.items.add(new File([text], 'my.geojson'));
      file.files = files.files;
      form.requestSubmit();
    })()`);
    await browser.loaded(`${bed.url}/jobs/`);
    const jobId = /\/jobs\/([^?]+)/.exec(await browser.evaluate<string>('location.href'))?.[1] ?? '';
    expect(await gotten(jobId)).toBe(digestOf('{"features":', JSON.stringify({ a: 'ä'.repeat(3 * MIB) }), '}'));
  });
});
