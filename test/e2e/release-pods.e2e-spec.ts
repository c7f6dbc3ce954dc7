import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

function run(...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    KUBECONFIG: bed.cluster.kubeconfig,
    PYGEOAPI_K8S_MANAGER_NAMESPACE: bed.cluster.namespace,
    PYGEOAPI_CONFIG: 'does-not-exist',
  };
  return new Promise((resolve) =>
    execFile(process.execPath, ['dist/main.js', 'release-pods', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    ),
  );
}
const held = async () => (await bed.cluster.pods()).filter(({ metadata }) => metadata?.finalizers?.includes(FINALIZER));
const otherFinalizers = async () =>
  (await bed.cluster.pods()).map(({ metadata }) => metadata?.finalizers?.filter((name) => name !== FINALIZER));

describe('release-pods', () => {
  it('waits for the running server to collect, and finds nothing left', async () => {
    const jobId = await bed.submit('short');
    await eventually('the pod', async () => (await held()).length === 1);
    const { code, output } = await run('--wait', '60');
    expect([code, output]).toEqual([0, expect.stringContaining('0 of 0 held pods are released.')]);
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await bed.store.logs()).toHaveLength(1);
  });

  it('releases what no server has collected, ended or not, and nothing of other managers', async () => {
    await bed.submit('endless');
    await bed.submit('with-init');
    await bed.server?.end('SIGKILL');
    await eventually('the pods', async () => {
      const phases = (await held()).map(({ status }) => status?.phase);
      return phases.includes('Succeeded') && phases.includes('Running');
    });
    const { metadata } = await bed.cluster.core.createNamespacedPod({
      namespace: bed.cluster.namespace,
      body: {
        metadata: {
          name: 'of-another',
          finalizers: [FINALIZER],
          labels: { 'job-name': 'another-0198c5a0-0000-7000-8000-000000000001' },
        },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command: ['true'] }] },
      },
    });
    expect(metadata?.finalizers).toEqual([FINALIZER]);

    const dry = await run('--dry-run');
    expect([dry.code, dry.output]).toEqual([0, expect.stringContaining('2 of 2 held pods would be released.')]);
    expect(await held()).toHaveLength(3);
    expect((await run('--node', 'no-such-node')).output).toContain('0 of 0');

    const before = await otherFinalizers();
    const { code, output } = await run();
    expect([code, output]).toEqual([0, expect.stringContaining('2 of 2 held pods are released.')]);
    expect(output).toContain('its log was not collected');
    expect(output).toContain('it has not ended');
    expect((await held()).map((pod) => pod.metadata?.name)).toEqual(['of-another']);
    // What is still there of the Job controller's finalizers is as it was: Jobs that have ended lose theirs by themselves.
    expect((await otherFinalizers()).flat().every((name) => before.flat().includes(name))).toBe(true);
    expect((await run()).output).toContain('0 of 0 held pods are released.');
  });

  it('explains itself, and refuses what it does not know', async () => {
    expect(await run('--help')).toEqual({ code: 0, output: expect.stringContaining('What is lost') });
    const wrong = await run('--wait', 'long');
    expect([wrong.code, wrong.output]).toEqual([1, expect.stringContaining('command line: --wait: must be seconds')]);
    const cluster = await run('--cluster', 'foo');
    expect([cluster.code, cluster.output]).toEqual([1, expect.stringContaining('--cluster: must be one of')]);
  });
});
