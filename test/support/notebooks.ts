import { KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HOST_FROM_PODS, type TestCluster } from './cluster.js';
import type { StatusInfo, TestClient } from './test-client.js';
import { eventually } from './wait.js';

/** Built before the suites that run notebooks (`.ci/full`); without them nothing can be run there. */
export const IMAGE = 'ogc-processes-k8s/papermill:latest';
export const TOOLS = 'ogc-processes-k8s/papermill-tools:latest';

export type Results = Record<string, unknown>;

/** A notebook of these cells; the first is the one of its parameters, where it has some. */
export function notebookOf(cells: readonly string[], parameters?: string): string {
  const cell = (source: string, tags: readonly string[] = []) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${cells.indexOf(source) + 1}`,
    metadata: tags.length > 0 ? { tags } : {},
    outputs: [],
    source,
  });
  return JSON.stringify({
    cells: [
      ...(parameters === undefined ? [] : [cell(parameters, ['parameters'])]),
      ...cells.map((each) => cell(each)),
    ],
    metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

/** One that glues one text. */
export const noteNotebook = (text: string): string =>
  notebookOf([`import scrapbook as sb\nsb.glue("note", ${JSON.stringify(text)})`]);

/** Who may read the repository. */
export const GIT = { username: 'reader', password: 'p@ss $(id) "word"' };

/** A git repository with `note.ipynb` on two branches, by the protocol that needs files only, for who knows user and password. */
export class NotebookRepository {
  private constructor(private readonly server: Server) {}

  static async serve(folder: string): Promise<NotebookRepository> {
    const work = join(folder, 'work');
    const run = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: work });
    await mkdir(work);
    run('init', '--quiet', '--initial-branch=main');
    await writeFile(join(work, 'note.ipynb'), noteNotebook('from main'));
    run('add', '.');
    run('commit', '--quiet', '-m', 'One');
    run('checkout', '--quiet', '-b', 'feature/other');
    await writeFile(join(work, 'note.ipynb'), noteNotebook('from the branch'));
    run('commit', '--quiet', '-a', '-m', 'Two');
    run('checkout', '--quiet', 'main');
    run('clone', '--quiet', '--bare', '.', join(folder, 'repository.git'));
    execFileSync('git', ['update-server-info'], { cwd: join(folder, 'repository.git') });
    const expected = `Basic ${Buffer.from(`${GIT.username}:${GIT.password}`).toString('base64')}`;
    const server = createServer((request, response) => {
      if (request.headers.authorization !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
        return;
      }
      const { pathname } = new URL(request.url ?? '/', 'http://host');
      readFile(join(folder, pathname)).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    return new NotebookRepository(server);
  }

  /** As pods reach it. */
  get url(): string {
    return `http://${HOST_FROM_PODS}:${(this.server.address() as AddressInfo).port}/repository.git`;
  }

  close(): void {
    this.server.close();
  }
}

/** A folder of this machine with the example's notebooks, as the claim `home` of the namespace; pods of the predecessor's user may write there. */
export class NotebookHome {
  private constructor(
    readonly folder: string,
    private readonly cluster: TestCluster,
    private readonly volume: string,
  ) {}

  static async make(cluster: TestCluster): Promise<NotebookHome> {
    const folder = join(cluster.folder, 'home');
    await cp('examples/papermill/notebooks', join(folder, 'notebooks'), { recursive: true });
    await chmod(cluster.folder, 0o755);
    await chmod(folder, 0o777);
    const { namespace } = cluster;
    const common = { accessModes: ['ReadWriteMany'], storageClassName: '' };
    const name = `${namespace}-home`;
    await cluster.core.createPersistentVolume({
      body: { metadata: { name }, spec: { ...common, capacity: { storage: '1Gi' }, hostPath: { path: folder } } },
    });
    await cluster.core.createNamespacedPersistentVolumeClaim({
      namespace,
      body: {
        metadata: { name: 'home' },
        spec: { ...common, volumeName: name, resources: { requests: { storage: '1Gi' } } },
      },
    });
    return new NotebookHome(folder, cluster, name);
  }

  /** @param path where a pod sees it */
  file(path: string): string {
    return path.replace('/home/jovyan', this.folder);
  }

  async remove(): Promise<void> {
    await this.cluster.core.deletePersistentVolume({ name: this.volume });
  }
}

export async function makeSecret(
  { core, namespace }: TestCluster,
  name: string,
  stringData: Record<string, string>,
  labels?: Record<string, string>,
): Promise<void> {
  await core.createNamespacedSecret({ namespace, body: { metadata: { name, labels }, stringData } });
}

/** The service account `notebooks`, which may show the progress of its job. */
export async function makeServiceAccount({ core, namespace, kubeconfig }: TestCluster): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const metadata = { name: 'notebooks' };
  await core.createNamespacedServiceAccount({ namespace, body: { metadata } });
  const rules = [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'patch'] }];
  await rbac.createNamespacedRole({ namespace, body: { metadata, rules } });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'notebooks' };
  const subjects = [{ kind: 'ServiceAccount', name: 'notebooks', namespace }];
  await rbac.createNamespacedRoleBinding({ namespace, body: { metadata, roleRef, subjects } });
}

/** Longer than any run takes on a busy machine. */
export const RUN_TIMEOUT = 180_000;

/** @param onStatus is called with each status that is seen */
export async function endOfNotebook(
  client: TestClient,
  jobId: string,
  onStatus: (status: StatusInfo) => void = () => undefined,
): Promise<StatusInfo> {
  return eventually(
    `the end of ${jobId}`,
    async () => {
      const status = await client.status(jobId);
      onStatus(status);
      return ['successful', 'failed'].includes(status.status) ? status : undefined;
    },
    RUN_TIMEOUT,
  );
}

export async function runNotebook(
  client: TestClient,
  processId: string,
  inputs: Results,
  token?: string,
): Promise<StatusInfo> {
  return endOfNotebook(client, await client.submit(processId, inputs, { token, body: { response: 'document' } }));
}

/** Results of a job that has to be successful; the error is what a person needs who reads why it was not. */
export async function resultsOf(client: TestClient, { status, cause, jobID }: StatusInfo): Promise<Results> {
  if (status !== 'successful') throw new Error(JSON.stringify(cause) + (await client.log(jobID)));
  return (await (await client.get(`/jobs/${jobID}/results`)).json()) as Results;
}
