import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeRequest } from '../../examples/geojson-features/make-request.mjs';
import { onRealCluster } from '../support/cluster.js';
import { eventually } from '../support/wait.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';

const REL = 'http://www.opengis.net/def/rel/ogc/1.0/';
const PROVENANCE = 'http://www.w3.org/ns/prov#has_provenance';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

interface FeatureCollection {
  readonly features: readonly { readonly bbox?: number[]; readonly properties: Record<string, unknown> }[];
}

describe('synchronous execution', () => {
  it('answers the result as the job printed it', async () => {
    const response = await bed.execute('hello', { name: 'Zoë', message: 'schöne Grüße' });
    expect(await response.text()).toBe('Hello Zoë: schöne Grüße');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain']);
    expect(response.headers.get('link')).toMatch(/<http:\/\/[^>]+\/jobs\/[0-9a-f-]{36}>; rel="monitor"/);
  });

  it('answers a document where that is asked for', async () => {
    const response = await bed.execute('hello', { name: 'you' }, { body: { response: 'document' } });
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(Object.values((await response.json()) as object)).toEqual([
      { value: 'Hello you!', mediaType: 'text/plain' },
    ]);
  });

  it('runs nothing that a caller writes into an input', async () => {
    const name = '$(echo injected) `id` "; exit 3; \'';
    expect(await (await bed.execute('hello', { name })).text()).toBe(`Hello ${name}!`);
  });

  it('executes the real process on real data', async () => {
    const { inputs } = makeRequest();
    const response = await bed.execute('geojson-features', inputs);
    const result = (await response.json()) as FeatureCollection;
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/geo+json']);
    expect(result.features.length).toBe(inputs.features.features.length);
    for (const { bbox, properties } of result.features) {
      expect(bbox).toHaveLength(4);
      expect(properties).toMatchObject({
        area_m2: expect.any(Number),
        centroid: [expect.any(Number), expect.any(Number)],
      });
    }
  });

  it('gives a thousand lines with all their blanks', async () => {
    const expected = Array.from({ length: 1000 }, (_, index) => `  line ${index + 1}  `).join('\n');
    expect(await (await bed.execute('lines')).text()).toBe(expected);
  });

  it('gives five mebibytes to the byte', async () => {
    const line = 'The quick brown fox jumps over the lazy dog 0123456789\n';
    const expected = line.repeat(Math.ceil(5_242_880 / line.length)).slice(0, 5_242_880);
    const response = await bed.execute('five-mebibytes');
    const text = await response.text();
    expect([response.status, text.length, text === expected]).toEqual([200, 5_242_880, true]);
  });

  it('gives text of all scripts', async () => {
    expect(await (await bed.execute('unicode')).text()).toBe('Grüße, Жизнь, 世界, 🌍\n\n  end');
  });

  it('answers 204 where a job has no result, and an empty document', async () => {
    expect((await bed.execute('no-result')).status).toBe(204);
    const response = await bed.execute('no-result', {}, { body: { response: 'document' } });
    expect([response.status, await response.json()]).toEqual([200, {}]);
  });

  it('answers several outputs as a document and as multipart/related', async () => {
    const document = await bed.execute('two-outputs', {}, { body: { response: 'document' } });
    expect(await document.json()).toEqual({ text: 'hällo', numbers: [1, 2] });
    const raw = await bed.execute('two-outputs');
    expect(raw.headers.get('content-type')).toMatch(/^multipart\/related; boundary=/);
    const body = await raw.text();
    expect(body).toMatch(/Content-ID: <text>\r\nContent-Length: 6\r\n\r\nhällo\r\n--/);
    expect(body).toMatch(
      /Content-Type: application\/json\r\nContent-ID: <numbers>\r\nContent-Length: 5\r\n\r\n\[1,2\]\r\n--/,
    );
    const one = await bed.execute('two-outputs', {}, { body: { outputs: { numbers: {} } } });
    expect(await one.json()).toEqual([1, 2]);
  });

  it('answers a failed job as a problem with a cause that a person can act on', async () => {
    const response = await bed.execute('hello-failing', { name: 'x' });
    const problem = (await response.json()) as { detail: string; type: string };
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    expect(problem.type).toContain('non-zero-exit');
    expect(problem.detail).toContain('Container "hello-world-k8s" ended with exit code 1');
    expect(problem.detail).toContain('because of a reason');
  });

  it('becomes asynchronous when the client does not want to wait longer', async () => {
    const response = await bed.execute('short', {}, { prefer: 'wait=0' });
    expect([response.status, response.headers.get('location')]).toEqual([201, expect.stringContaining('/jobs/')]);
  });
});

describe('asynchronous execution', () => {
  it('answers 201 with the job, whose results follow', async () => {
    const response = await bed.execute('hello', { name: 'async' }, { prefer: 'respond-async' });
    const created = (await response.json()) as StatusInfo;
    expect([response.status, response.headers.get('preference-applied')]).toEqual([201, 'respond-async']);
    expect(response.headers.get('location')).toBe(`${bed.url}/jobs/${created.jobID}`);
    expect(created).toMatchObject({ status: 'accepted', type: 'process', processID: 'hello' });
    const ended = await bed.ended(created.jobID);
    expect(ended).toMatchObject({ status: 'successful', progress: 100, message: 'The job was successful.' });
    const times = [ended.created, ended.started, ended.finished].map((time) => Date.parse(time ?? ''));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Date.parse(ended.updated)).toBeGreaterThanOrEqual(times[2] ?? NaN);
    expect(ended.links.map(({ rel }) => rel)).toEqual([
      'self',
      'alternate',
      'monitor',
      `${REL}results`,
      PROVENANCE,
      'log',
      'up',
    ]);
    const results = await bed.get(`/jobs/${created.jobID}/results`);
    expect([results.status, await results.text()]).toEqual([200, 'Hello async!']);
  });

  it('is what a process that offers nothing else does', async () => {
    expect((await bed.execute('hello-async-only', { name: 'x' })).status).toBe(201);
  });

  it('has no results before its end', async () => {
    const jobId = await bed.submit('short');
    const early = await bed.get(`/jobs/${jobId}/results`);
    expect([early.status, await early.json()]).toEqual([
      404,
      expect.objectContaining({ type: expect.stringContaining('result-not-ready') }),
    ]);
    await bed.ended(jobId);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe(`result of ${jobId}`);
  });

  it('hands the inputs to the job, and shows no secret among them', async () => {
    const jobId = await bed.submit('inputs', { text: 'ä "quoted" $HOME', number: 1.5, password: 'hunter2' });
    await bed.ended(jobId);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toEqual({
      text: 'ä "quoted" $HOME',
      number: 1.5,
      password: 'hunter2',
    });
    const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    expect(kubeJob?.metadata?.annotations?.['pygeoapi.io/parameters']).toBe(
      '{"text":"ä \\"quoted\\" $HOME","number":1.5,"password":"*"}',
    );
    expect(await bed.log(jobId)).toContain(`job ${jobId} of inputs`);
  });
});

describe('a failing job', () => {
  it('says the exit code and quotes the end of its log', async () => {
    const failed = await bed.ended(await bed.submit('hello-failing', { name: 'x' }));
    expect(failed).toMatchObject({
      status: 'failed',
      message: 'Container "hello-world-k8s" ended with exit code 1.',
      cause: { type: 'non-zero-exit', exitCode: 1 },
    });
    // Of standard output and standard error, containerd writes first what it happens to read first.
    expect(failed.cause?.log?.split('\n').sort()).toEqual(['about to fail', 'because of a reason']);
    expect(failed.links.map(({ rel }) => rel)).toContain(`${REL}exceptions`);
  });

  it('whose image cannot be pulled fails with that cause, and its pod is let go', async () => {
    const jobId = await bed.submit('no-such-image');
    const failed = await bed.ended(jobId);
    expect(failed.cause).toMatchObject({
      type: 'image-pull-failed',
      message: expect.stringContaining('nowhere.invalid/does-not-exist:1'),
    });
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toMatchObject({
      type: expect.stringContaining('image-pull-failed'),
    });
  });

  it('whose command is not there says so', async () => {
    const failed = await bed.ended(await bed.submit('no-such-command'));
    expect(failed.cause).toMatchObject({
      type: 'container-not-created',
      message: expect.stringContaining('/there/is/no/such/command'),
    });
  });

  it('that runs longer than it may says so, and its log is kept', async () => {
    const jobId = await bed.submit('too-slow');
    expect((await bed.ended(jobId)).cause).toMatchObject({ type: 'deadline-exceeded' });
    expect(await bed.log(jobId)).toContain('working');
  });

  const real = onRealCluster ? it : it.skip;
  real('that no node can take fails with what the scheduler says', async () => {
    const failed = await bed.ended(await bed.submit('unschedulable'));
    expect(failed.cause).toMatchObject({
      type: 'unschedulable',
      message: expect.stringContaining('Insufficient memory'),
    });
  });

  real(
    'whose log was rotated away says that its result is lost',
    async () => {
      // A node looks at its logs every ten seconds, or later where it is busy: then the log is whole.
      const rotated = async () => {
        const id = await bed.submit('rotated');
        return (await bed.ended(id)).status === 'failed' && id;
      };
      const jobId = await eventually('a log that its node has rotated', rotated, 180_000);
      expect((await bed.status(jobId)).cause).toMatchObject({ type: 'result-lost' });
      // The outcome is there before the log is stored; until then the log is the live one.
      await eventually('the stored log, flagged', async () =>
        (await bed.log(jobId)).includes('[the beginning of this log is missing'),
      );
    },
    240_000,
  );

  real('that needs more memory than it may have says so', async () => {
    const failed = await bed.ended(await bed.submit('too-large-for-memory'));
    expect(failed.cause).toMatchObject({ type: 'out-of-memory', exitCode: 137 });
  });
});

describe('a request that is wrong', () => {
  it('names every fault at once and creates nothing', async () => {
    const before = (await bed.cluster.kubeJobs()).length;
    const response = await bed.execute('inputs', { text: 5, number: 'x', unknown: 1 });
    const problem = (await response.json()) as { errors: { pointer: string }[] };
    expect(response.status).toBe(400);
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/inputs/number',
      '/inputs/text',
      '/inputs/unknown',
    ]);
    expect((await bed.cluster.kubeJobs()).length).toBe(before);
  });

  it('for a process that is not there is 404', async () => {
    const response = await bed.execute('nothing');
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ type: expect.stringContaining('no-such-process') }),
    ]);
  });

  it('that is no JSON, too large, or of another media type is refused', async () => {
    const post = (body: string, type: string) =>
      fetch(`${bed.url}/processes/inputs/execution`, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await post('{', 'application/json')).status).toBe(400);
    expect((await post('<a/>', 'application/xml')).status).toBe(415);
    expect((await post(JSON.stringify({ inputs: { text: 'x'.repeat(2_000_000) } }), 'application/json')).status).toBe(
      413,
    );
    const response = await post(JSON.stringify({ inputs: { text: 'x'.repeat(140_000) } }), 'application/json');
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      413,
      expect.stringContaining('environment variable'),
    ]);
  });
});

describe('the token', () => {
  it('is asked for, and accepted as bearer and as input', async () => {
    const without = await bed.execute('environment');
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await bed.execute('environment', { token: 'wrong' })).status).toBe(401);
    expect((await bed.execute('environment', {}, { token: TOKEN })).status).toBe(200);
    expect((await bed.execute('environment', { token: TOKEN })).status).toBe(200);
  });

  it('reaches no pod, no annotation and no log', async () => {
    const jobId = await bed.submit('environment', { token: TOKEN });
    await bed.ended(jobId);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toContain(`PYGEOAPI_JOB_ID=${jobId}`);
    const all =
      JSON.stringify([await bed.cluster.kubeJobs(), await bed.cluster.pods()]) +
      (await bed.output()) +
      (await bed.log(jobId, TOKEN));
    expect(all).not.toContain(TOKEN);
  });

  it('opens the log, the log in causes, and dismissal', async () => {
    const jobId = await bed.submit('secret-failing', { token: TOKEN });
    const status = await bed.ended(jobId);
    expect(status.cause).toMatchObject({ type: 'non-zero-exit', exitCode: 7 });
    expect(JSON.stringify(status)).not.toContain('confidential');
    expect((await bed.status(jobId, TOKEN)).cause?.log).toBe('a confidential line');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).not.toContain('confidential');
    expect((await bed.get(`/jobs/${jobId}/logs`)).status).toBe(401);
    expect((await bed.delete(`/jobs/${jobId}`, 'wrong')).status).toBe(401);
    expect(await bed.log(jobId, TOKEN)).toContain('a confidential line');
    expect((await bed.delete(`/jobs/${jobId}`, TOKEN)).status).toBe(200);
  });
});
