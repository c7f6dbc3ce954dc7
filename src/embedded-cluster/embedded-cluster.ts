import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { ApiServer } from './api/api-server.js';
import { certificatesIn } from './certificates.js';
import { ChildLedger } from './node/child-ledger.js';
import { ContainerLogs } from './node/container-log.js';
import { checkReach, findChildUser } from './node/child-user.js';
import { DataFolder } from './data-folder.js';
import { EventRecorder } from './objects/event-recorder.js';
import { GarbageCollector } from './controllers/garbage-collector.js';
import { Images, type EmbeddedImage } from './node/images.js';
import { JobController } from './controllers/job.controller.js';
import { Journal } from './objects/journal.js';
import { kubeconfig } from './kubeconfig.js';
import { Kubelet } from './node/kubelet.js';
import { ObjectRegistry } from './objects/object-registry.js';
import { ResourceRequests } from './api/resource-requests.js';
import { namespaces, RESOURCES, serviceAccounts } from './objects/resources.js';
import { VersionedStore } from './objects/versioned-store.js';

export type { EmbeddedImage } from './node/images.js';

export interface EmbeddedClusterOptions {
  /** Objects, logs, certificates and the kubeconfig file; made where it does not exist. */
  readonly dataDir: string;
  /** What pods can run besides `busybox` and `bash`, which are the machine's own shell. */
  readonly images: readonly EmbeddedImage[];
  /** Namespaces that are made; the first is that of the kubeconfig's context. Default `default`. */
  readonly namespaces?: readonly string[];
  /** Default 0: a free one. */
  readonly port?: number;
  /** Whom containers run as: `UID`, `UID:GID` or the name of a user; default: as this process. Only root can run them as another user. */
  readonly runAs?: string;
  readonly log?: (message: string) => void;
  /** Is told what the operator should change. */
  readonly warn?: (message: string) => void;
}

/**
 * The part of Kubernetes that this server and a few `kubectl` commands use, on 127.0.0.1, running each container's command as a local child process.
 * For trying and testing, never for production: the processes are not isolated from each other nor from the machine; `runAs` only keeps them from what
 * its user may not reach.
 *
 * Differences from a real cluster that a local process cannot hide: see `configureContainer`. A process ends on SIGTERM by default (in a container,
 * where it has process id 1, it would not).
 */
export class EmbeddedCluster {
  private constructor(
    /** Mode 0600; holds a token that is made at each start. */
    readonly kubeconfigPath: string,
    /** `https://127.0.0.1:PORT` */
    readonly url: string,
    private readonly ending: () => Promise<void>,
  ) {}

  /**
   * Resolves when the API answers. Objects of earlier runs are there again; pods that ran when the last process ended are failed, what is left of
   * their processes is killed.
   * @throws Error where the folder is in use by another process, its content is damaged, or the port is taken; where `runAs` is no other user, or this
   *   user cannot reach the folder, the program of Node, or the files of an image
   */
  static async start(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
    const {
      namespaces: [namespace = 'default', ...more] = [],
      port = 0,
      log = () => undefined,
      warn = () => undefined,
    } = options;
    const user = options.runAs === undefined ? undefined : await findChildUser(options.runAs);
    if (!user && process.geteuid?.() === 0)
      warn(
        'embedded cluster: jobs run as root, with all of its rights on this machine; --run-as USER lets them run as another user',
      );
    const folder = DataFolder.take(options.dataDir, user !== undefined);
    try {
      const podsFolder = folder.folder('pods', user !== undefined);
      if (user) {
        const files = options.images.flatMap((image) => image.folder ?? []).map((each) => path.resolve(each));
        await checkReach(user, [podsFolder, process.execPath, ...files]);
      }
      const certificates = await certificatesIn(folder.path);
      const ledger = new ChildLedger(folder.folder('children'));
      const killed = ledger.killLeftOver();
      if (killed > 0) log(`embedded cluster: killed ${killed} process(es) that an earlier one had left`);
      const onError = (key: string, error: unknown): void =>
        log(`embedded cluster: ${key}: ${error instanceof Error ? error.stack : String(error)}`);
      const stored = RESOURCES.filter(({ virtual }) => !virtual);
      const store = new VersionedStore(stored, new Journal(`${folder.path}/objects.journal`));
      const registry = new ObjectRegistry(store);
      makeNamespaces(registry, ['default', 'kube-system', namespace, ...more]);
      const logs = new ContainerLogs(folder.folder('logs'));
      const recorder = new EventRecorder(registry, onError);
      const images = new Images(options.images);
      const collector = new GarbageCollector(registry, stored, onError);
      const kubelet = new Kubelet({ registry, recorder, images, logs, ledger, podsFolder, user }, onError);
      const jobController = new JobController(registry, recorder, onError);
      const stopControllers = async (): Promise<void> => {
        await kubelet.stop();
        jobController.stop();
        collector.stop();
        recorder.stop();
        store.close();
        folder.release();
      };
      const token = randomBytes(32).toString('base64url');
      const { key, certificate, authority } = certificates;
      try {
        const server = await ApiServer.start(new ResourceRequests(registry, logs), {
          port,
          token,
          key,
          certificate,
          log,
        });
        const url = `https://127.0.0.1:${server.port}`;
        const kubeconfigPath = folder.write('kubeconfig', kubeconfig({ url, authority, token, namespace }));
        return new EmbeddedCluster(kubeconfigPath, url, async () => {
          await server.stop();
          await stopControllers();
        });
      } catch (error) {
        await stopControllers();
        throw error;
      }
    } catch (error) {
      folder.release();
      throw error;
    }
  }

  private stopped: Promise<void> | undefined;

  /** Closes the API with its watches, ends all processes (SIGTERM, then SIGKILL after at most 3 seconds) and writes everything to disk. */
  stop(): Promise<void> {
    this.stopped ??= this.ending();
    return this.stopped;
  }
}

function makeNamespaces(registry: ObjectRegistry, names: readonly string[]): void {
  for (const name of new Set(names)) {
    if (!registry.store.get(namespaces, undefined, name))
      registry.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (!registry.store.get(serviceAccounts, name, 'default')) {
      registry.create(serviceAccounts, name, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default' },
      });
    }
  }
}
