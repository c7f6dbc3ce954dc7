import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { onRealCluster, SERVER } from '../support/cluster.js';
import { isDeployed } from '../support/deployment.js';
import { TestBed } from '../support/test-bed.js';
import { transferConfiguration, transferEnvironment } from '../support/transfer.js';
import { eventually } from '../support/wait.js';

const RETRIED = `
  retried-upload:
    type: process
    processor: { <<: *uploads, retries: 1, active_deadline_seconds: 100 }
`;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start(
    { ...transferEnvironment, INPUT_HREF_ALLOWED_HOSTS: `127.0.0.1,0.0.0.0,${SERVER}` },
    { configuration: (text) => transferConfiguration(text) + RETRIED },
  );
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const run = async (script: string, body: Readonly<Record<string, unknown>> = {}) => {
  const jobId = await bed.submit('upload', { script }, { body });
  const status = await bed.ended(jobId);
  return { jobId, status, results: () => bed.get(`/jobs/${jobId}/results`) };
};

/** Uploads 7 MiB as the image. */
const SEVEN_MEBIBYTES = 'head -c 7340032 /dev/zero > f; put f $(url image)';

describe('files that a job uploads', () => {
  it('are offered, which readiness says', async () => {
    expect((await bed.readiness()).checks['files']).toEqual({ status: 'ok' });
  });

  it('are its results, in the media types of its outputs', async () => {
    const { status, results } = await run('printf II > f; put f $(url image); printf a,b > f; put f $(url table)');
    expect(status).toMatchObject({ status: 'successful' });
    const response = await results();
    expect(response.headers.get('content-type')).toContain('multipart/related');
    const text = await response.text();
    expect(text).toMatch(/Content-Type: image\/tiff\r\nContent-ID: <image>\r\nContent-Length: 2\r\n\r\nII\r\n/);
    expect(text).toMatch(/Content-Type: text\/csv\r\nContent-ID: <table>\r\nContent-Length: 3\r\n\r\na,b\r\n/);
  });

  it('are kept as they are sent, whatever Content-Encoding they name', async () => {
    const { status, results } = await run('printf II > f; put f -H Content-Encoding:zstd $(url image)', {
      outputs: { image: {} },
    });
    expect([status.status, await (await results()).text()]).toEqual(['successful', 'II']);
  });

  it('stand beside what it prints, in the media type that it says', async () => {
    const { results } = await run(
      'printf x > f; put f -H Content-Type:image/png $(url image); echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo [1]',
      { response: 'document' },
    );
    expect(await (await results()).json()).toEqual({
      image: { value: 'eA==', encoding: 'base64', mediaType: 'image/png' },
      table: [1],
    });
  });

  it('are those of the last attempt where it is tried again', async () => {
    // The status says which attempt it is; it has the script, too, in which no number follows.
    const script = `base=$(url image | sed s,/transfer/.*,,)
      case $(curl -s $base/jobs/$PYGEOAPI_JOB_ID) in
      *"Attempt "[0-9]*) printf new > f; put f $(url table) ;;
      *) printf old > f; put f $(url image); put f $(url table); echo sent; trap "exit 143" TERM; while :; do sleep 0.2; done ;;
      esac`;
    const jobId = await bed.submit('retried-upload', { script });
    await bed.until(jobId, 'running');
    await eventually('the files of the first attempt', async () => (await bed.log(jobId)).includes('sent'));
    const pods = await bed.cluster.pods();
    const name = pods.find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId))?.metadata?.name ?? '';
    const { core, namespace } = bed.cluster;
    await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
    expect(await bed.ended(jobId)).toMatchObject({ status: 'successful', attempts: [{ pod: name }] });
    const results = await bed.get(`/jobs/${jobId}/results`);
    expect([results.headers.get('content-type'), await results.text()]).toEqual(['text/csv', 'new']);
    expect((await bed.get(`/jobs/${jobId}/results/image`)).status).toBe(404);
  });

  it('are read one by one, whole or in ranges', async () => {
    const { jobId } = await run(SEVEN_MEBIBYTES, { outputs: { image: {} } });
    const address = `${bed.url}/jobs/${jobId}/results/image`;
    const whole = await fetch(address);
    const etag = whole.headers.get('etag') ?? '';
    expect([whole.status, whole.headers.get('accept-ranges'), (await whole.arrayBuffer()).byteLength]).toEqual([
      200,
      'bytes',
      7_340_032,
    ]);
    const ranged = async (headers: Record<string, string>) => {
      const response = await fetch(address, { headers });
      const { byteLength } = await response.arrayBuffer();
      return [response.status, response.headers.get('content-range'), byteLength];
    };
    expect(await ranged({ range: 'bytes=10-19' })).toEqual([206, 'bytes 10-19/7340032', 10]);
    expect(await ranged({ range: 'bytes=-5', 'if-range': etag })).toEqual([206, 'bytes 7340027-7340031/7340032', 5]);
    expect(await ranged({ range: 'bytes=7340000-' })).toEqual([206, 'bytes 7340000-7340031/7340032', 32]);
    expect(await ranged({ range: 'bytes=7340032-' })).toEqual([416, 'bytes */7340032', expect.any(Number)]);
    expect(await ranged({ range: 'bytes=0-0', 'if-range': '"another"' })).toEqual([200, null, 7_340_032]);
    const single = await fetch(`${bed.url}/jobs/${jobId}/results`, { headers: { range: 'bytes=0-3' } });
    expect([single.status, single.headers.get('content-type'), (await single.arrayBuffer()).byteLength]).toEqual([
      206,
      'image/tiff',
      4,
    ]);
    expect((await bed.get(`/jobs/${jobId}/results/table`)).status).toBe(404);
    expect((await bed.get(`/jobs/${jobId}/results/nothing`)).status).toBe(400);
  });

  it('are given by reference where that is asked for', async () => {
    const script = 'printf II > f; put f $(url image); printf a,b > f; put f $(url table)';
    const image = { transmissionMode: 'reference' };
    const { results } = await run(script, { response: 'document', outputs: { image, table: {} } });
    const document = (await (await results()).json()) as { image: { href: string; type: string; expires?: string } };
    expect(document).toMatchObject({ image: { type: 'image/tiff' }, table: { value: 'a,b', mediaType: 'text/csv' } });
    expect(document.image.expires === undefined).toBe(!onRealCluster);
    const linked = await fetch(document.image.href);
    expect([linked.headers.get('content-type'), await linked.text()]).toEqual(['image/tiff', 'II']);

    const raw = await (await run(script, { outputs: { image } })).results();
    const [, href = ''] =
      /^<([^>]+)>; rel="item"; title\*=UTF-8''image; type="image\/tiff"$/.exec(raw.headers.get('link') ?? '') ?? [];
    expect([raw.status, await (await fetch(href)).text()]).toEqual([204, 'II']);
  });

  it('may be sent again, also broken off: the last that arrived whole counts', async () => {
    const { results } = await run(
      'printf first > f; put f $(url image); printf second > f; put f $(url image); printf third | put - $(url image) && exit 9; true',
      { outputs: { image: {} } },
    );
    expect(await (await results()).text()).toBe('second');
  });

  it('are compared with the SHA-256 that the job says', async () => {
    const digest = '$(sha256sum f | cut -c1-64)';
    const right = await run(`printf II > f; put f "$(url image)&sha256=${digest}"`, { outputs: { image: {} } });
    expect(await (await right.results()).text()).toBe('II');
    const wrong = await run(
      `printf II > f; address="$(url image)&sha256=${digest}"; printf JJ > f; put f "$address"; true`,
      { outputs: { image: {} } },
    );
    expect(wrong.status).toMatchObject({
      status: 'failed',
      cause: { type: expect.stringMatching(/^result-(damaged|incomplete)$/) },
    });
  });

  it('may come in parts', async () => {
    const { status, results } = await run(
      'head -c 5242880 /dev/zero > a; printf end > b; u=$(url image); put b "$u&part=2"; put a "$u&part=1"; curl -sSf -X POST "$u&parts=2"',
      { outputs: { image: {} } },
    );
    expect(status).toMatchObject({ status: 'successful' });
    const body = Buffer.from(await (await results()).arrayBuffer());
    expect([body.length, body.subarray(-4).toString()]).toEqual([5_242_883, '\0end']);
  });

  it.each([
    [
      'never said to be whole',
      'printf a > f; put f "$(url image)&part=1"',
      /begun in parts, and never said to be whole/,
    ],
    [
      'announced, and not sent',
      'printf a | curl -sS -T - -H "Content-Length: 5" "$(url image)" || true; curl -sS -X PUT -H "Content-Length: 5" --max-time 2 "$(url image)" || true',
      /not whole/,
    ],
  ])('and are %s fail the job', async (_what, script, message) => {
    const { status } = await run(script);
    expect(status).toMatchObject({ status: 'failed', cause: { type: 'result-incomplete' } });
    expect(status.message).toMatch(message);
  });

  it('are sent by the helper for shells, whole or in parts', async () => {
    const helper = (await readFile('examples/upload-output/upload-output.sh', 'utf8')).replaceAll(/^#.*\n/gm, '');
    const make = `cat > helper <<'END'\n${helper}END\nyes 'some bytes' | head -c 12582912 > f; cp f g; printf 'the end' >> g`;
    const { status, jobId } = await run(
      `${make}; sh helper image f image/png && PART_BYTES=5242880 sh helper table g && ! sh helper other f`,
    );
    expect(status).toMatchObject({ status: 'successful' });
    expect(await bed.log(jobId)).toContain('the process has no output other');
    const [image, table] = await Promise.all(['image', 'table'].map((id) => bed.get(`/jobs/${jobId}/results/${id}`)));
    const content = Buffer.from('some bytes\n'.repeat(1_200_000)).subarray(0, 12_582_912);
    expect([image?.headers.get('content-type'), table?.headers.get('content-type')]).toEqual(['image/png', 'text/csv']);
    expect(content.equals(Buffer.from(await (image as Response).arrayBuffer()))).toBe(true);
    expect(
      Buffer.concat([content, Buffer.from('the end')]).equals(Buffer.from(await (table as Response).arrayBuffer())),
    ).toBe(true);
  });

  it('are refused with a reason: without length, for other outputs, with a wrong capability, missing parts', async () => {
    const { jobId } = await run(
      [
        'u=$(url image)',
        'printf a > f',
        'code() { curl -sS -L -o /dev/null -w "%{http_code} " "$@"; }',
        'printf a | code -T - "$u"',
        'code -T f "$(printf %s "$u" | sed s,outputs/image,outputs/other,)"',
        'code -T f "${u}x"',
        'code -T f "$(printf %s "$u" | cut -d? -f1)"',
        'code -T f "$u&sha256=1"',
        'code -T f "$u&part=0"',
        'code -X POST "$u&parts=2"',
      ].join('; '),
    );
    expect(await bed.log(jobId)).toContain('411 404 404 404 400 400 400');
  });
});

describe('what a job uploads after its end', () => {
  it('changes nothing, whatever address it was given', async () => {
    const { jobId, results } = await run(
      'printf II > f; put f $(url image); echo address $(url image); curl -sS -o /dev/null -w "redirect %{redirect_url}" -T f $(url image); echo',
      { outputs: { image: {} } },
    );
    const log = await bed.log(jobId);
    const [, capability = ''] = /address \S+\?capability=(\S+)/.exec(log) ?? [];
    expect(capability).toMatch(/^\*+$/);
    const [, redirect = ''] = /redirect (\S+)/.exec(log) ?? [];
    if (onRealCluster) {
      expect(redirect).toMatch(/^http:/);
      expect((await fetch(redirect, { method: 'PUT', body: 'JJ' })).status).toBe(404);
    }
    expect(await (await results()).text()).toBe('II');
  });
});

describe('inputs that are too large for an environment variable', () => {
  it('are read by the job from an address', async () => {
    const text = 'ä$(HOME)"'.repeat(100_000);
    const jobId = await bed.submit('large-inputs', { text });
    expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
    const digest = createHash('sha256').update(JSON.stringify({ text })).digest('hex');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toBe(digest);
    expect(await bed.log(jobId)).toContain('inline: none');
  });

  it('are read as the documentation shows authors, small or large', async () => {
    for (const text of ['ä$(HOME)"', 'ä$(HOME)"'.repeat(100_000)]) {
      const response = await bed.execute('documented-large-inputs', { text });
      const digest = createHash('sha256').update(JSON.stringify({ text })).digest('hex');
      expect([response.status, await response.json()]).toEqual([200, digest]);
    }
  });

  it('are refused where the process does not say that its image reads them, and leave nothing', async () => {
    const inputsIn = async () => (await bed.store.names()).filter((name) => name.includes('-inputs-'));
    const before = new Set(await inputsIn());
    for (const [process, id] of Object.entries({ inputs: 'text', 'refuses-large-inputs': 'script' })) {
      const response = await bed.execute(process, { [id]: 'x'.repeat(200_000) });
      const { type, detail } = (await response.json()) as { type: string; detail: string };
      expect([response.status, type]).toEqual([413, `${bed.url}/problems/inputs-too-large`]);
      expect(detail).toMatch(/have 2000\d\d bytes as JSON; at most 131043 reach .* "large_inputs: url"/);
    }
    expect((await inputsIn()).filter((name) => !before.has(name))).toEqual([]);
  });

  it('are no matter to a process whose processor makes its pod of them, up to what a pod may have', async () => {
    const name = 'ä'.repeat(100_000);
    expect(await (await bed.execute('hello', { name })).text()).toBe(`Hello ${name}!`);
    const response = await bed.execute('hello', { name: 'x'.repeat(1_000_000) });
    const { detail } = (await response.json()) as { detail: string };
    expect([response.status, detail]).toEqual([413, expect.stringContaining('and Kubernetes takes 786432')]);
  });

  it('are gone from the store once the job has ended', async () => {
    const jobId = await bed.submit('large-inputs', { text: 'x'.repeat(200_000) });
    await bed.ended(jobId);
    await eventually(
      'the inputs being gone',
      async () => !(await bed.store.names()).some((name) => name.includes(`${jobId}-inputs`)),
    );
  });

  it('are refused above the size of a request', async () => {
    // The answer comes before the request is through: a client that only writes may not see it.
    await eventually(
      'an answer',
      async () => (await bed.execute('large-inputs', { text: 'x'.repeat(11_000_000) })).status === 413,
    );
  });
});

describe('inputs by link', () => {
  // A deployed server knows its Service by name.
  const atServer = (path: string) => (isDeployed ? `http://${SERVER}` : bed.url) + path;

  it('are validated, and passed on as links', async () => {
    const text = { href: atServer('/static/info.txt'), type: 'text/plain' };
    const response = await bed.execute('inputs', { text });
    expect([response.status, await response.json()]).toEqual([200, { text }]);
  });

  it('are refused where what is there does not fit', async () => {
    const response = await bed.execute('inputs', { text: 'a', number: { href: atServer('/static/info.txt') } });
    const { errors } = (await response.json()) as { errors: unknown };
    expect([response.status, errors]).toEqual([
      400,
      [{ pointer: '/inputs/number', message: "leads to what does not fit the input's schema (at its root)" }],
    ]);
  });

  it('lead nowhere but to hosts that are allowed', async () => {
    const response = await bed.execute('inputs', { text: { href: 'http://169.254.169.254/latest/meta-data' } });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('may not be sent to')]);
  });
});

describe('a dismissed job', () => {
  it('leaves neither inputs nor uploads in the store', async () => {
    const jobId = await bed.submit('upload', {
      script: `printf II > f; put f $(url image); echo sent; sleep 600 # ${'x'.repeat(200_000)}`,
    });
    await eventually('the upload', async () => (await bed.log(jobId)).includes('sent'));
    const left = async () =>
      (await bed.store.names()).filter(
        (name) => (name.includes(jobId) && !name.endsWith('-logs.txt')) || name.includes('.uploads/'),
      );
    expect((await left()).length).toBeGreaterThan(0);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('nothing being left', async () => (await left()).length === 0);
    expect(await bed.log(jobId)).toContain('sent');
    expect((await bed.status(jobId)).status).toBe('dismissed');
  });
});
