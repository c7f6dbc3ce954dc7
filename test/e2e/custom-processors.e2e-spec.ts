import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, projectFolder } from '../support/child.js';
import { EventReader } from '../support/event-reader.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { pointer: string }[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-processors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a processor', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.startProcess({
      PYGEOAPI_CONFIG: 'test/fixtures/custom-processors/config.yaml',
      LOG_FORMAT: 'text',
    });
  });
  afterAll(() => bed.stop());

  it('that says so has the progress that its jobs print in their status', async () => {
    const jobId = await bed.submit('tells');
    const { progress, message } = await eventually('the progress', async () => {
      const status = await bed.status(jobId);
      return status.progress === 40 ? status : undefined;
    });
    expect([progress, message]).toEqual([40, 'Half of the tiles']);
    expect(await (await bed.get(`/jobs/${jobId}?f=html`)).text()).toContain('Half of the tiles');
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
  });

  it('that says so has it told to who listens, though nobody asks for the status', async () => {
    const jobId = await bed.submit('tells');
    const reader = await EventReader.open(`${bed.url}/jobs/${jobId}/events`);
    const { data } = await reader.event('of the progress', ({ data: { progress } }) => progress === 40);
    expect(data['message']).toBe('Half of the tiles');
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await reader.end();
  });

  it.each([
    ['throws', /Error: password hunter2 is wrong at db\.internal\n +at .*misbehaving\.mjs:8:/],
    ['rejects', 'TypeError: cannot reach db.internal'],
    ['throws-no-error', 'it threw null'],
    ['never-answers', 'it did not answer within 1 s'],
    ['rejects-late', 'it did not answer within 1 s'],
    ['returns-nothing', 'it must be an object'],
    ['returns-a-pod', 'it must return the specification of a pod'],
    ['returns-no-containers', '/containers must have at least 1 item'],
    ['returns-a-wrong-type', '/containers/0/command must be an array or null'],
    ['returns-one-name-twice', 'more than one container has the name "main"'],
    ['returns-no-main-container', '/containers must hold the main container "main" (holds "other")'],
    ['returns-a-circle', 'cannot be written as JSON'],
    ['returns-a-trap', 'the getter throws'],
    ['restarts-for-ever', '/restartPolicy must be one of "Never", null'],
  ])('that %s fails that request only, by name, with the reason in the log', async (id, reason) => {
    const response = await bed.execute(id);
    const problem = (await response.json()) as Problem;
    expect([response.status, problem.title, problem.detail]).toEqual([
      500,
      'Server misconfigured',
      `Processor "test.MisbehavingProcessor" of process "${id}" failed to make a pod; the server's log says why.`,
    ]);
    expect(bed.server?.output).toEqual(
      reason instanceof RegExp ? expect.stringMatching(reason) : expect.stringContaining(reason),
    );
    expect(await (await bed.execute('well')).text()).toBe('well');
    expect(
      (await bed.cluster.kubeJobs()).filter(({ metadata }) => metadata?.annotations?.['pygeoapi.io/process_id'] === id),
    ).toEqual([]);
  });

  it('may say that something is not available now', async () => {
    const response = await bed.execute('is-not-available');
    expect([response.status, response.headers.get('retry-after'), ((await response.json()) as Problem).detail]).toEqual(
      [503, '7', 'The licence server is being restarted.'],
    );
  });

  it('cannot opt out of environment, finalizer and policy', async () => {
    const jobId = await bed.submit('opts-out', { text: 'as sent' });
    await bed.ended(jobId);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toEqual({ text: 'as sent' });
    const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    const { metadata, spec } = kubeJob?.spec?.template ?? {};
    expect(metadata?.finalizers).toEqual(['pygeoapi.io/finalizer-log-retrieval']);
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
    const environment = (name: string, inputs: readonly object[]) => [
      { name: 'PYGEOAPI_JOB_ID', value: jobId },
      { name: 'PYGEOAPI_PROCESS_ID', value: 'opts-out' },
      ...inputs,
    ];
    const forged = { name: 'PYGEOAPI_K8S_MANAGER_INPUTS', value: 'forged' };
    const own = { name: 'OWN', value: 'own' };
    const hardened = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(spec?.initContainers?.[0]).toMatchObject({
      env: environment('before', [forged, own]),
      securityContext: hardened,
    });
    expect(spec?.containers[0]).toMatchObject({
      env: environment('main', [{ name: 'PYGEOAPI_K8S_MANAGER_INPUTS', value: '{"text":"as sent"}' }, own]),
      securityContext: hardened,
    });
    // The developer's own context is the operator's configuration: it is kept whole.
    expect(spec?.containers[1]?.securityContext).toEqual({ readOnlyRootFilesystem: true });
  });

  it.each([
    ['access-refused', 401, 'Process "access-refused" does not let this request pass.'],
    ['access-fails', 500, expect.stringContaining('failed to check the access')],
    ['access-unclear', 500, expect.stringContaining('failed to check the access')],
  ])('that decides about access lets nobody pass but by true: %s', async (id, status, detail) => {
    const response = await bed.execute(id, {}, { token: TOKEN });
    expect([response.status, ((await response.json()) as Problem).detail]).toEqual([status, detail]);
  });

  it('that fails to give results names itself, and the job stays successful', async () => {
    const response = await bed.execute('results-fail');
    expect([response.status, ((await response.json()) as Problem).detail]).toEqual([
      500,
      expect.stringContaining('"test.BystanderProcessor" of process "results-fail" failed to give the result'),
    ]);
  });

  it('is told of a dismissal, which happens even where it fails', async () => {
    const jobId = await bed.submit('sleeps');
    await bed.until(jobId, 'running');
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the processor being told', () =>
      bed.server?.output.includes(`tidied up ${jobId}, which was running`),
    );
    await eventually('the failure in the log', () =>
      /"test.BystanderProcessor" of process "sleeps" failed to tidy up after a dismissal: Error: tidied up too much/.test(
        bed.server?.output ?? '',
      ),
    );
    await bed.removeJob(jobId);
    expect(bed.server?.output).toContain(`tidied up ${jobId}, which was dismissed`);
  });
});

describe('a plugin', () => {
  it('in a file brings a processor with what it injects, its checks and its results', async () => {
    const bed = await TestBed.startProcess({ PYGEOAPI_CONFIG: 'examples/custom-processor-plugin/config.yaml' });
    try {
      const good = await bed.execute('text-statistics', { text: 'one two\nthree $(HOME)\n' });
      expect(await good.json()).toEqual({ lines: 2, words: 4, bytes: 22 });
      expect(good.headers.get('content-type')).toBe('application/json');
      const bad = await bed.execute('text-statistics', { text: 'a\0b' });
      expect([bad.status, ((await bad.json()) as Problem).errors?.map(({ pointer }) => pointer)]).toEqual([
        400,
        ['/inputs/text'],
      ]);
      expect(
        ((await (await bed.get('/processes/text-statistics')).json()) as { description: string }).description,
      ).toContain('speaks en');
    } finally {
      await bed.stop();
    }
  });

  it('in a package subclasses the generic image, and decides who may execute', async () => {
    const place = join(folder, 'subclass');
    await mkdir(join(place, 'node_modules'), { recursive: true });
    const example = join(projectFolder, 'examples/custom-processor-subclass');
    await cp(join(example, 'config.yaml'), join(place, 'config.yaml'));
    await symlink(example, join(place, 'node_modules/ogc-processes-example-groups'));
    const bed = await TestBed.startProcess({ PYGEOAPI_CONFIG: join(place, 'config.yaml') });
    try {
      const as = (groups: string) =>
        fetch(`${bed.url}/processes/greet-scientists/execution`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-groups': groups },
          body: '{"inputs": {}}',
        });
      const member = await as('staff, science');
      expect([member.status, await member.text()]).toEqual([200, 'Hello, scientist!']);
      expect((await as('staff')).status).toBe(401);
      expect((await bed.execute('greet-scientists', {}, { token: TOKEN })).status).toBe(200);
      expect((await bed.execute('greet-scientists', {}, { token: 'wrong' })).status).toBe(401);
      const jobId = await bed.submit('greet-scientists', {}, { token: TOKEN });
      await bed.ended(jobId);
      const log = (groups: string) =>
        fetch(`${bed.url}/jobs/${jobId}/logs`, { headers: { 'x-forwarded-groups': groups } });
      expect([(await log('science')).status, (await log('arts')).status]).toEqual([200, 401]);
    } finally {
      await bed.stop();
    }
  });

  it('that cannot be used stops the start, each with its name and what is missing', async () => {
    const place = join(folder, 'broken');
    await mkdir(place);
    await writeFile(join(place, 'throws.mjs'), "throw new Error('no licence found');\n");
    await writeFile(join(place, 'broken.mjs'), 'export default class {\n');
    await writeFile(join(place, 'empty.mjs'), 'export const answer = 42;\n');
    await writeFile(join(place, 'needs.mjs'), "import 'some-package-that-is-not-there';\n");
    const subclass =
      "import { GenericImageProcessor } from 'ogc-processes-k8s';\nexport class Nameless extends GenericImageProcessor {}\n";
    await writeFile(join(place, 'nameless.mjs'), subclass);
    const plugins = [
      './throws.mjs',
      './broken.mjs',
      './empty.mjs',
      './needs.mjs',
      './nameless.mjs',
      './missing.mjs',
      'missing-package',
    ];
    const file = join(place, 'config.yaml');
    await writeFile(file, `plugins: ${JSON.stringify(plugins)}\n`);
    const started = Child.start(
      'dist/main.js',
      ['--config', file, '--port', '0', '--data-dir', place],
      {},
      /listening on/,
    );
    const output = await started.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(output).toMatch(/ended with 1 before/);
    for (const [at, reason] of [
      'failed when it was loaded: Error: no licence found',
      'failed when it was loaded: ',
      'must export a class with @Processor or a Nest module, as default or by name (exports answer)',
      "cannot be loaded: Cannot find package 'some-package-that-is-not-there'",
      "exports Nameless, which extends a processor but has no name of its own: decorate it with @Processor('name')",
      `is not there: there is no file ${join(place, 'missing.mjs')}`,
      "cannot be loaded: Cannot find package 'missing-package'",
    ].entries()) {
      expect(output).toContain(`${file}: plugins[${at}]: plugin "${plugins[at]}" ${reason}`);
    }
  });
});
