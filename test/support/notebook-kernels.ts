import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child } from './child.js';
import { onRealCluster } from './cluster.js';
import { TestBed } from './test-bed.js';
import { TestClient, TOKEN } from './test-client.js';

/** `test/fixtures/papermill/kernels`, which `.ci/full` builds. */
export const KERNELS_IMAGE = 'ogc-processes-k8s/papermill-kernels:latest';

/** `TEST_PYTHON` names a Python that has the packages of test/fixtures/papermill/kernels/requirements.txt. */
const python = process.env['TEST_PYTHON'];

/** Kernels with which notebooks can be run here; undefined: none, for there is no papermill. */
export function kernelsHere(): readonly string[] | undefined {
  if (onRealCluster) return ['bash', 'ir', 'python3'];
  if (python === undefined) return undefined;
  const program =
    'import json, papermill, plotly, scrapbook; from jupyter_client.kernelspec import find_kernel_specs; print(json.dumps(list(find_kernel_specs())))';
  const { status, stdout } = spawnSync(python, ['-c', program], { env: { PATH: process.env['PATH'] } });
  return status === 0 ? (JSON.parse(stdout.toString()) as string[]) : undefined;
}

/** A server that runs notebooks: a process on the real cluster, or by itself with its embedded one. */
export interface NotebookBed {
  readonly client: TestClient;
  stop(): Promise<void>;
}

/** @param args of the server; only where it has an embedded cluster */
export async function startNotebookBed(
  configuration: string,
  args: readonly string[] = ['--notebook-python', resolve(python ?? '')],
): Promise<NotebookBed> {
  if (onRealCluster) {
    const bed = await TestBed.startProcess({}, { configuration: () => configuration });
    return { client: bed, stop: () => bed.stop() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'e2e-notebooks-'));
  await writeFile(join(folder, 'config.yaml'), configuration);
  const image = {
    name: KERNELS_IMAGE,
    folder: resolve('test/fixtures/papermill/kernels'),
    workingDirectory: '/home/jovyan',
  };
  await writeFile(join(folder, 'images.json'), JSON.stringify([image]));
  const fixed = ['--cluster', 'embedded', '--host', '127.0.0.1', '--port', '0', '--data-dir', join(folder, 'data')];
  const { child, match } = await Child.start(
    'dist/main.js',
    [...fixed, '--config', join(folder, 'config.yaml'), ...args],
    // No papermill of this machine but the one that is named.
    { PATH: '/usr/bin:/bin', EMBEDDED_IMAGES: join(folder, 'images.json'), PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN },
    /^listening on (http:\/\/\S+)$/m,
  );
  const stop = async (): Promise<void> => {
    await child.end();
    await rm(folder, { recursive: true, force: true });
  };
  return { client: new TestClient(match[1]), stop };
}
