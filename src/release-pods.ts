import { parseArgs } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { ConfigurationError } from './config/configuration-error.js';
import { readVariables, toEnvironmentSettings } from './config/environment.js';
import { variables } from './config/variables.js';
import { hasEnded, toPodRecord } from './jobs/pod-record.js';
import { ApiTransport } from './k8s/api-transport.js';
import { connectToCluster } from './k8s/cluster-connection.js';
import { ListWatchInformerFactory } from './k8s/informer.factory.js';
import { KubernetesClient } from './k8s/kubernetes-client.js';
import { ApiKubernetesClient } from './k8s/kubernetes-client.adapter.js';
import { jobIdOf, POD_FINALIZER } from './k8s/names.js';

export const RELEASE_PODS = 'release-pods';

export const releasePodsHelp = `Takes this manager's finalizer off every pod of the prefix that it holds, so that pods, Jobs, namespace and nodes can go.
It is for uninstalling, and for draining nodes while no server runs: a server that runs releases pods by itself once their logs and results are stored.

What is lost: the log of a pod that no server has collected yet, and with it the result of its job. Stop the server before, for it holds the pods of new jobs;
or let it collect what has ended (--wait).

Usage: npm start -- ${RELEASE_PODS} [flags]      in a container: node dist/main.js ${RELEASE_PODS} [flags]

  --dry-run
      Prints what would be done, and does nothing.
  --wait SECONDS
      First waits, so long at the most, until a running server has released them all.
  --node NAME
      Only pods on this node.
  --cluster auto|embedded|kubeconfig|in-cluster, --data-dir FOLDER
      As for the server.
  --help
      Prints this text.

Environment: PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX, PYGEOAPI_K8S_MANAGER_NAMESPACE, K8S_CLUSTER, KUBECONFIG, as for the server; no configuration file is read.
Rights: list and patch of pods (watch, too, with --wait). Ends with code 0 when all are released, else with 1.
`;

export interface ReleaseOptions {
  readonly dryRun: boolean;
  /** Milliseconds. */
  readonly wait: number;
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
  return {
    dryRun: values['dry-run'] ?? false,
    wait: Number(wait) * 1000,
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
    print(`cluster: ${connection.description}, namespace ${connection.namespace}`);
    const transport = new ApiTransport(connection.kubeConfig);
    const client = new ApiKubernetesClient(transport, connection.namespace, connection.description);
    const isOurs = heldBy(settings.jobNamePrefix, options.node);
    if (options.wait > 0 && !options.dryRun) {
      const informers = new ListWatchInformerFactory(transport, connection.namespace);
      print(`waiting up to ${options.wait / 1000} s for a server to collect and release them`);
      await untilNoneIsHeld(informers, isOurs, options.wait);
    }
    return await releasePods(client, isOurs, options.dryRun, print);
  } finally {
    await connection.close();
  }
}

function readSettings({ cluster, dataDir }: ReleaseOptions) {
  const overrides = { ...(cluster ? { K8S_CLUSTER: cluster } : {}), ...(dataDir ? { DATA_DIR: dataDir } : {}) };
  const read = readVariables({ ...process.env, ...overrides });
  const known = ['K8S_CLUSTER', 'DATA_DIR', 'PYGEOAPI_K8S_MANAGER_NAMESPACE', 'PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX'];
  const faults = read.faults
    .filter(({ path }) => known.includes(path))
    .map(({ path, message }) => ({ path: overrideName(path, overrides), message }));
  if (faults.length > 0) throw new ConfigurationError('environment', faults);
  return toEnvironmentSettings(read.variables, process.cwd()).settings;
}

function overrideName(name: string, overrides: object): string {
  const flag = variables.find((variable) => variable.name === name)?.flag;
  return Object.hasOwn(overrides, name) && flag !== undefined ? `--${flag}` : name;
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
