import { parseArgs } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { ConfigurationError } from '../config/configuration-error.js';
import { readVariables, toEnvironmentSettings } from '../config/environment.js';
import { variables } from '../config/variables.js';
import { type JobRecord, toJobRecord } from '../jobs/model/job-record.js';
import { hasEnded, toPodRecord } from '../jobs/model/pod-record.js';
import { ApiTransport } from '../k8s/client/api-transport.js';
import { connectToCluster } from '../k8s/connection/cluster-connection.js';
import { ListWatchInformerFactory } from '../k8s/informers/informer.factory.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ApiKubernetesClient } from '../k8s/client/kubernetes-client.adapter.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { jobIdOf, ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { stopDeployment } from '../k8s/client/stop-deployment.js';

export const RELEASE_PODS = 'release-pods';

export const releasePodsHelp = `Takes this manager's finalizer off every pod of the prefix that it holds, so that pods, Jobs, namespace and nodes can go.
It is for uninstalling, and for draining nodes while no server runs: a server that runs releases pods by itself once their logs and results are stored.

What is lost: the log of a pod that no server has collected yet, and with it the result of its job. Stop the server before (--stop-deployment), for it holds the pods
of new jobs; let it first collect what has ended (--wait), or all (--dismiss-jobs --wait). A job that goes on and makes another pod has that one held again.

Usage: npm start -- ${RELEASE_PODS} [flags]      in a container: node dist/main.js ${RELEASE_PODS} [flags]
What the flags ask for is done in this order:

  --dry-run
      Prints what would be done, and does nothing.
  --dismiss-jobs
      Dismisses all jobs that have not ended: a server that runs stores their logs and removes them. Those that are left when the server is stopped are deleted.
  --wait SECONDS
      Waits, so long at the most, until a running server has released all pods.
  --stop-deployment NAME
      Scales this Deployment, the server's, to 0 and waits until its pods are gone.
  --node NAME
      Only pods on this node. Not together with --dismiss-jobs.
  --cluster auto|embedded|kubeconfig|in-cluster, --data-dir FOLDER
      As for the server.
  --help
      Prints this text.

Environment: PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX, PYGEOAPI_K8S_MANAGER_NAMESPACE, PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE, K8S_CLUSTER, KUBECONFIG, as for the server; no configuration file is read.
Rights: list and patch of pods (watch, too, with --wait); with --dismiss-jobs list, patch and delete of jobs; with --stop-deployment get of deployments and patch of
deployments/scale. Ends with code 0 when all are released, else with 1.
`;

export interface ReleaseOptions {
  readonly dryRun: boolean;
  /** Milliseconds. */
  readonly wait: number;
  readonly dismissJobs: boolean;
  /** Name of the server's Deployment. */
  readonly deployment?: string;
  readonly node?: string;
  readonly cluster?: string;
  readonly dataDir?: string;
}

const LONGEST_WAIT_SECONDS = 24 * 3600;

/** @returns undefined where the help text is asked for @throws ConfigurationError with every fault */
export function parseReleaseArguments(argv: readonly string[]): ReleaseOptions | undefined {
  const fault = (path: string, message: string) => new ConfigurationError('command line', [{ path, message }]);
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        wait: { type: 'string' },
        'dismiss-jobs': { type: 'boolean' },
        'stop-deployment': { type: 'string' },
        node: { type: 'string' },
        cluster: { type: 'string' },
        'data-dir': { type: 'string' },
      },
    }));
  } catch (error) {
    throw fault(RELEASE_PODS, (error as Error).message);
  }
  if (values.help) return undefined;
  const wait = values.wait ?? '0';
  if (!/^\d{1,9}$/.test(wait) || Number(wait) > LONGEST_WAIT_SECONDS)
    throw fault('--wait', `must be seconds from 0 to ${LONGEST_WAIT_SECONDS} (is "${wait}")`);
  const dismissJobs = values['dismiss-jobs'] ?? false;
  if (dismissJobs && values.node !== undefined) throw fault('--node', 'must not be given together with --dismiss-jobs');
  return {
    dryRun: values['dry-run'] ?? false,
    wait: Number(wait) * 1000,
    dismissJobs,
    deployment: values['stop-deployment'],
    node: values.node,
    cluster: values.cluster,
    dataDir: values['data-dir'],
  };
}

/**
 * The command as a whole.
 * @param print takes one line
 * @returns the exit code
 */
export async function runReleasePods(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const options = parseReleaseArguments(argv);
  if (!options) {
    print(releasePodsHelp.trimEnd());
    return 0;
  }
  const settings = readSettings(options);
  const connection = await connectToCluster(settings, process.env);
  try {
    // Where jobs are; the server's Deployment is in the connection's own namespace.
    const namespace = settings.jobsNamespace ?? connection.namespace;
    print(`cluster: ${connection.description}, namespace ${namespace}`);
    const transport = new ApiTransport(connection.kubeConfig);
    const client = new ApiKubernetesClient(transport, namespace, connection.description);
    const isOurs = heldBy(settings.jobNamePrefix, options.node);
    const jobs = new UnfinishedJobs(client, settings.jobNamePrefix, options.dryRun, print);
    if (options.dismissJobs) await jobs.dismiss(new Date());
    if (options.wait > 0 && !options.dryRun) {
      const informers = new ListWatchInformerFactory(transport, namespace);
      print(`waiting up to ${options.wait / 1000} s for a server to collect and release them`);
      await untilNoneIsHeld(informers, isOurs, options.wait);
    }
    if (options.deployment !== undefined) {
      const pods = await stopDeployment(transport, connection.namespace, options.deployment, options);
      print(stopped(options.deployment, pods, options.dryRun));
    }
    const deleted = options.dismissJobs ? await jobs.delete() : 0;
    let code = await releasePods(client, isOurs, options.dryRun, print);
    // The Job controller may have been about to make a pod of a Job that is deleted.
    for (let look = deleted > 0; look && code === 0;) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      look = (await client.listPods()).some(isOurs);
      if (look) code = await releasePods(client, isOurs, options.dryRun, print);
    }
    return code;
  } finally {
    await connection.close();
  }
}

function readSettings({ cluster, dataDir }: ReleaseOptions) {
  const overrides = { ...(cluster ? { K8S_CLUSTER: cluster } : {}), ...(dataDir ? { DATA_DIR: dataDir } : {}) };
  const read = readVariables({ ...process.env, ...overrides });
  const known = [
    'K8S_CLUSTER',
    'DATA_DIR',
    'RUN_AS',
    'PYGEOAPI_K8S_MANAGER_NAMESPACE',
    'PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE',
    'PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX',
  ];
  const faults = read.faults
    .filter(({ path }) => known.includes(path))
    .map(({ path, message }) => ({ path: overrideName(path, overrides), message }));
  if (faults.length > 0) throw new ConfigurationError('environment', faults);
  return toEnvironmentSettings(read.variables, process.cwd()).settings;
}

function stopped(name: string, pods: number | undefined, dryRun: boolean): string {
  if (pods === undefined) return `there is no deployment ${name} to be stopped`;
  return `deployment ${name} ${dryRun ? 'would be' : 'is'} stopped; it had ${pods} pods`;
}

function overrideName(name: string, overrides: object): string {
  const flag = variables.find((variable) => variable.name === name)?.flag;
  return Object.hasOwn(overrides, name) && flag !== undefined ? `--${flag}` : name;
}

/** The jobs of a prefix that have not ended. */
export class UnfinishedJobs {
  constructor(
    private readonly client: Pick<KubernetesClient, 'listJobs' | 'patchJob' | 'deleteJob'>,
    private readonly prefix: string,
    private readonly dryRun: boolean,
    private readonly print: (line: string) => void,
  ) {}

  /** Has a server that runs dismiss them. One that changes at that moment (it ends, perhaps) is left alone. */
  async dismiss(now: Date): Promise<void> {
    const annotations = { [ownAnnotation.removed]: now.toISOString() };
    for (const job of (await this.list()).filter(({ removed }) => removed === undefined)) {
      const metadata = { uid: job.uid, resourceVersion: job.resourceVersion, annotations };
      if (!this.dryRun) await this.client.patchJob(job.name, { metadata }).catch(unlessChanged);
      this.print(`job ${job.name} ${this.dryRun ? 'would be' : 'is'} dismissed`);
    }
  }

  /** For when no server runs. @returns how many there were */
  async delete(): Promise<number> {
    if (this.dryRun) return 0;
    const jobs = await this.list();
    for (const job of jobs) {
      await this.client.deleteJob(job.name, job.uid);
      this.print(`job ${job.name} is deleted; it had not ended`);
    }
    return jobs.length;
  }

  private async list(): Promise<JobRecord[]> {
    const records = (await this.client.listJobs()).map((kubeJob) => toJobRecord(this.prefix, kubeJob));
    return records.filter(
      (job) => job !== undefined && job.condition === undefined && !job.deleting && !isDecided(job),
    ) as JobRecord[];
  }
}

/** Its pods have ended, or it has failed without any. Of a dismissed one they may not have yet. */
function isDecided({ outcome }: JobRecord): boolean {
  return outcome !== undefined && outcome.status !== 'dismissed';
}

function unlessChanged(error: unknown): void {
  if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
}

type Held = (pod: V1Pod) => boolean;

function heldBy(prefix: string, node: string | undefined): Held {
  return (pod) => {
    const record = toPodRecord(pod);
    if (!record?.held || jobIdOf(prefix, record.jobName) === undefined) return false;
    return node === undefined || pod.spec?.nodeName === node;
  };
}

/** Resolves when no such pod is left, or when the time is over. */
async function untilNoneIsHeld(informers: ListWatchInformerFactory, isOurs: Held, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const held = informers.create<V1Pod, true>({
    resource: 'pods',
    transform: (pod) => (isOurs(pod) ? true : undefined),
  });
  informers.onApplicationBootstrap();
  try {
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      const look = () => {
        if (held.synced && held.size === 0) resolve();
      };
      held.subscribe(look);
      held.whenSynced().then(look, () => undefined);
    });
  } finally {
    clearTimeout(timer);
    await informers.onApplicationShutdown();
  }
}

/** @returns 0 where every such pod is released, else 1 */
export async function releasePods(
  client: Pick<KubernetesClient, 'listPods' | 'removePodFinalizer'>,
  isOurs: Held,
  dryRun: boolean,
  print: (line: string) => void,
): Promise<number> {
  const pods = (await client.listPods()).filter(isOurs);
  let failures = 0;
  for (const pod of pods) {
    const { name = '', uid = '' } = pod.metadata ?? {};
    const record = toPodRecord(pod);
    const what =
      record && hasEnded(record) ? 'its log was not collected' : 'it has not ended: its log will not be collected';
    if (dryRun) {
      print(`pod ${name} would be released; ${what}`);
      continue;
    }
    try {
      await client.removePodFinalizer(name, uid, POD_FINALIZER);
      print(`pod ${name} is released; ${what}`);
    } catch (error) {
      failures += 1;
      print(`pod ${name} is still held: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const released = pods.length - failures;
  print(
    `${released} of ${pods.length} held pods ${dryRun ? 'would be' : 'are'} released.` +
      (released > 0 ? ' Logs and results of theirs that no server has stored go with them.' : ''),
  );
  return failures > 0 ? 1 : 0;
}
