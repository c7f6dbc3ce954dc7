import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../support/child.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a server that does not start says. */
async function failure(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  try {
    const { child } = await Child.start('dist/main.js', ['--port', '0', ...args], environment, /^listening on/m);
    await child.end();
    return 'it started';
  } catch (error) {
    return (error as Error).message;
  }
}
const embedded = (name: string) => ['--cluster', 'embedded', '--data-dir', join(folder, name)];

describe('a start that fails', () => {
  it('says what is wrong in the configuration, where, and what is allowed, all at once and without a stack', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(
      file,
      'server: {bind: {port: eighty}, manager: {name: none}}\nresources: {x: {type: process, processor: {name: nobody}}}\n',
    );
    const said = await failure(['--config', file, ...embedded('a')]);
    expect(said).toMatch(/^.*wrong\.yaml: server\.bind\.port: .*eighty/m);
    expect(said).toMatch(/^.*wrong\.yaml: server\.manager\.name: .*pygeoapi_k8s_manager/m);
    expect(said).not.toMatch(/^\s+at /m);
  });

  it('names the processors that there are', async () => {
    const file = join(folder, 'unknown.yaml');
    await writeFile(
      file,
      'server: {manager: {name: pygeoapi_k8s_manager.KubernetesManager}}\nresources: {x: {type: process, processor: {name: nobody}}}\n',
    );
    expect(await failure(['--config', file, ...embedded('b')])).toMatch(
      /resources\.x\.processor\.name: .*HelloWorldK8sProcessor/,
    );
  });

  it('says which flag is wrong', async () => {
    expect(await failure(['--cluster', 'cloud'])).toContain('must be one of auto, embedded, kubeconfig, in-cluster');
    expect(await failure(['--prot', '1'])).toContain('--prot');
  });

  it('says that the port is taken, and stops what it had started', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const said = await failure(['--host', '127.0.0.1', '--port', String(port), ...embedded('c')]);
    expect(said).toContain(`address already in use 127.0.0.1:${port}. Choose with --host and --port.`);
    expect(said).not.toMatch(/^\s+at /m);
    taken.close();
    expect(await failure(embedded('c'))).toBe('it started');
  });

  it('says that a data folder is in use, and by whom', async () => {
    const { child } = await Child.start('dist/main.js', ['--port', '0', ...embedded('d')], {}, /^listening on/m);
    expect(await failure(embedded('d'))).toContain(String(child.process.pid));
    expect(await child.end()).toBe(0);
  });

  it('never takes the embedded cluster by itself inside a container', async () => {
    const said = await failure(['--cluster', 'auto'], { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(said).toContain('--cluster embedded');
    expect(said).not.toMatch(/^\s+at /m);
  });
});

describe('help and version', () => {
  it('are printed', async () => {
    const { match } = await Child.start(
      'dist/main.js',
      ['--help'],
      {},
      /DATA_DIR[^]*--object-store[^]*PYGEOAPI_K8S_MANAGER_API_TOKEN/,
    );
    expect(match[0]).toContain('embedded');
    await Child.start('dist/main.js', ['--version'], {}, /^\d+\.\d+\.\d+/m);
  });
});
