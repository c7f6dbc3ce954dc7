import type { KubernetesObject, V1Job, V1Pod } from '@kubernetes/client-node';
import { Readable } from 'node:stream';
import type { Change, Informer, InformerFactory, InformerOptions } from '../../k8s/informers/informer.js';
import type { JobPatch, KubernetesClient, ReadLogOptions } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';

class FakeInformer<R> implements Informer<R> {
  readonly synced = true;
  private readonly records = new Map<string, R>();
  private readonly listeners = new Set<(change: Change<R>) => void>();

  constructor(private readonly transform: (object: KubernetesObject) => R | undefined) {}

  whenSynced = (): Promise<void> => Promise.resolve();
  get = (name: string): R | undefined => this.records.get(name);
  values = (): IterableIterator<R> => this.records.values();

  get size(): number {
    return this.records.size;
  }

  subscribe(listener: (change: Change<R>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  observe(object: KubernetesObject): void {
    this.change(object.metadata?.name ?? '', this.transform(object));
  }

  remove(name: string): void {
    this.change(name, undefined);
  }

  private change(name: string, record: R | undefined): void {
    const previous = this.records.get(name);
    if (record === undefined) this.records.delete(name);
    else this.records.set(name, record);
    for (const listener of this.listeners) listener({ name, record, previous });
  }
}

/** A Kubernetes API in memory, for specs of what stands on the client: the calls made are kept, any of them can be made to fail. */
export class FakeCluster {
  readonly kubeJobs = new Map<string, V1Job>();
  readonly podObjects = new Map<string, V1Pod>();
  /** By `pod/container`: the log, or the error that reading it gives. */
  readonly logs = new Map<string, string | Buffer | Error>();
  /** By `pod/container`: when the log's first line was written. */
  readonly stamps = new Map<string, string>();
  readonly calls: string[] = [];
  /** Makes the next call of this name fail. */
  readonly failures = new Map<string, Error>();
  /** Called with each patch of a Job. */
  onPatch: (name: string, patch: JobPatch) => void = () => undefined;
  private readonly informers = new Map<string, Pick<FakeInformer<unknown>, 'observe' | 'remove'>>();
  private version = 1;

  readonly informerFactory = {
    create: <T extends KubernetesObject, R>(options: InformerOptions<T, R>): Informer<R> => {
      const informer = new FakeInformer<R>((object) => options.transform(object as T));
      this.informers.set(options.resource, informer);
      return informer;
    },
  } as InformerFactory;

  readonly client = {
    namespace: 'default',
    description: 'fake',
    createJob: (kubeJob: V1Job) => this.call('createJob', () => this.addJob(kubeJob)),
    getJob: (name: string) => this.call(`getJob`, () => this.kubeJobs.get(name)),
    patchJob: (name: string, patch: JobPatch) => this.call('patchJob', () => this.patch(name, patch)),
    deleteJob: (name: string) => this.call('deleteJob', () => this.kubeJobs.has(name)),
    listPodsOfJob: (name: string) =>
      this.call('listPodsOfJob', () =>
        [...this.podObjects.values()].filter(({ metadata }) =>
          metadata?.ownerReferences?.some((owner) => owner.name === name),
        ),
      ),
    removePodFinalizer: (name: string, _uid: string, finalizer: string) =>
      this.call('removePodFinalizer', () => this.releasePod(name, finalizer)),
    readLog: (pod: string, container: string, options?: ReadLogOptions) =>
      this.call(options?.timestamps ? 'readStamp' : options?.follow ? 'followLog' : 'readLog', () =>
        options?.timestamps ? this.stamp(`${pod}/${container}`) : this.log(`${pod}/${container}`),
      ),
  } as unknown as KubernetesClient;

  /** @param told whether the informer is told of it; it may be behind */
  addJob(kubeJob: V1Job, told = true): V1Job {
    this.version += 1;
    const metadata = {
      uid: 'job-uid',
      creationTimestamp: new Date(),
      ...kubeJob.metadata,
      resourceVersion: String(this.version),
    };
    const stored = { ...kubeJob, metadata };
    this.kubeJobs.set(metadata.name ?? '', stored);
    if (told) this.informers.get('jobs')?.observe(stored);
    return stored;
  }

  /** @param told as of {@link addJob} */
  addPod(pod: V1Pod, told = true): V1Pod {
    this.podObjects.set(pod.metadata?.name ?? '', pod);
    if (told) this.informers.get('pods')?.observe(pod);
    return pod;
  }

  removeJob(name: string): void {
    this.kubeJobs.delete(name);
    this.informers.get('jobs')?.remove(name);
  }

  annotationsOf(name: string): Record<string, string> {
    return this.kubeJobs.get(name)?.metadata?.annotations ?? {};
  }

  private call<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    const failure = this.failures.get(name);
    if (failure) {
      this.failures.delete(name);
      return Promise.reject(failure);
    }
    try {
      return Promise.resolve(answer());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  private patch(name: string, patch: JobPatch): V1Job | undefined {
    const { metadata, spec } = patch;
    this.onPatch(name, patch);
    const kubeJob = this.kubeJobs.get(name);
    if (!kubeJob || (metadata?.uid !== undefined && metadata.uid !== kubeJob.metadata?.uid)) return undefined;
    if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== kubeJob.metadata?.resourceVersion) {
      throw new KubernetesError('conflict', 'the object has been modified', 409);
    }
    const annotations = { ...kubeJob.metadata?.annotations, ...metadata?.annotations } as Record<string, string>;
    return this.addJob({
      ...kubeJob,
      metadata: { ...kubeJob.metadata, annotations },
      spec: { ...kubeJob.spec, ...spec, template: kubeJob.spec?.template ?? {} },
    });
  }

  private releasePod(name: string, finalizer: string): void {
    const pod = this.podObjects.get(name);
    if (!pod) return;
    const finalizers = pod.metadata?.finalizers?.filter((candidate) => candidate !== finalizer);
    this.addPod({ ...pod, metadata: { ...pod.metadata, finalizers } });
  }

  private stamp(key: string): Readable {
    const stamp = this.stamps.get(key);
    return Readable.from(stamp === undefined ? [] : [Buffer.from(`${stamp} beginn`)], { objectMode: false });
  }

  private log(key: string): Readable {
    const log = this.logs.get(key);
    if (log instanceof Error) throw log;
    return Readable.from([Buffer.from(log ?? '')], { objectMode: false });
  }
}
