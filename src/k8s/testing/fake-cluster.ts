import type { CoreV1Event, KubernetesObject, V1Job, V1Pod } from '@kubernetes/client-node';
import { Readable } from 'node:stream';
import type { Resource } from '../client/api-paths.js';
import type { JobPatch, KubernetesClient, ReadLogOptions } from '../client/kubernetes-client.js';
import { KubernetesError, type KubernetesFailure } from '../client/kubernetes-error.js';
import type { PodMetrics } from '../client/pod-metrics.js';
import type { ObjectClient } from '../client/object-client.js';
import type { Informer, InformerFactory, InformerOptions } from '../informers/informer.js';
import { FakeInformer } from './fake-informer.js';
import { type AnyObject, FakeObjects, merged, NAMESPACE } from './fake-objects.js';

const OTHER_PARTS = ['labels', 'annotations', 'ownerReferences'] as const;

/**
 * The Kubernetes API in memory, with informers that see all at once, for specs of what stands on its clients: the calls made
 * are kept, any of them can
 * be made to fail. What is written by one client is read by the other.
 */
export class FakeCluster {
  readonly objects = new FakeObjects();
  readonly kubeJobs = this.objects.of<V1Job>('jobs');
  readonly podObjects = this.objects.of<V1Pod>('pods');
  /** Those made by {@link objectClient}: `TYPE REASON: MESSAGE`. */
  readonly events: string[] = [];
  /** By `pod/container`: the log, or the error that reading it gives. */
  readonly logs = new Map<string, string | Buffer | Error>();
  /** By `pod/container`: when the log's first line was written. */
  readonly stamps = new Map<string, string>();
  /** What the cluster's metrics say of pods. */
  readonly podMetrics: PodMetrics[] = [];
  /** Methods of {@link client}, `VERB RESOURCE` of {@link objectClient}. */
  readonly calls: string[] = [];
  /** Calls that fail, always, until they are taken out. */
  readonly failures = new Map<string, KubernetesFailure>();
  /** Happens just before the next call of this name; what it throws is the answer. */
  readonly before = new Map<string, () => void>();
  /** Called with each patch of a Job. */
  onPatch: (name: string, patch: JobPatch) => void = () => undefined;
  private readonly informers: FakeInformer<unknown>[] = [];

  readonly informerFactory = {
    create: <T extends KubernetesObject, R>(options: InformerOptions<T, R>): Informer<R> => {
      const informer = new FakeInformer<R>(options as unknown as InformerOptions<KubernetesObject, R>);
      this.informers.push(informer as FakeInformer<unknown>);
      return informer;
    },
  } as InformerFactory;

  readonly client = {
    namespace: NAMESPACE,
    description: 'fake',
    createJob: (kubeJob: V1Job) => this.call('createJob', () => this.addJob(kubeJob)),
    getJob: (name: string) => this.call('getJob', () => this.kubeJobs.get(name)),
    patchJob: (name: string, patch: JobPatch) => this.call('patchJob', () => this.patchJob(name, patch)),
    deleteJob: (name: string) => this.call('deleteJob', () => this.kubeJobs.has(name)),
    listPodMetrics: () => this.call('listPodMetrics', () => this.podMetrics),
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

  readonly objectClient = {
    create: (resource: Resource, object: AnyObject) =>
      this.call(`create ${resource}`, () => this.createObject(resource, object)),
    get: (resource: Resource, namespace: string, name: string) =>
      this.call(`get ${resource}`, () => this.objects.find(resource, { namespace, name })),
    replace: (resource: Resource, object: AnyObject) =>
      this.call(`replace ${resource}`, () => this.replace(resource, object)),
    delete: (resource: Resource, of: { namespace: string; name: string; uid: string }) =>
      this.call(`delete ${resource}`, () => {
        const found = this.objects.find(resource, of);
        if (found && found.metadata?.uid !== of.uid) throw new KubernetesError('conflict', 'it is another', 409);
        this.take(resource, of);
        return found !== undefined;
      }),
    patchStatus: (resource: Resource, of: { namespace: string; name: string; uid: string }, status: object) =>
      this.call(`patch ${resource}/status`, () =>
        this.put(resource, merged(this.objects.current(resource, of), { status })),
      ),
  } as unknown as ObjectClient;

  /** Makes the next call of this name fail. */
  failNext(name: string, error: Error): void {
    this.before.set(name, () => {
      throw error;
    });
  }

  /** As if somebody else wrote it, and the watch brought it. @param told whether it has; it may be behind */
  put<T extends AnyObject>(resource: Resource, object: T, told = true): T {
    const stored = this.objects.put(resource, object);
    if (told) for (const informer of this.watching(resource)) informer.observe(stored);
    return stored;
  }

  /** As if somebody else deleted it. */
  take(resource: Resource, metadata: KubernetesObject['metadata']): void {
    if (!this.objects.delete(resource, metadata)) return;
    for (const informer of this.watching(resource)) informer.remove({ metadata });
  }

  /** @param told as of {@link put} */
  addJob(kubeJob: V1Job, told = true): V1Job {
    const metadata = { uid: 'job-uid', creationTimestamp: new Date(), ...kubeJob.metadata };
    return this.put('jobs', { ...kubeJob, metadata }, told);
  }

  /** @param told as of {@link put} */
  addPod(pod: V1Pod, told = true): V1Pod {
    return this.put('pods', pod, told);
  }

  removeJob(name: string): void {
    this.take('jobs', { name });
  }

  removePod(name: string): void {
    this.take('pods', { name });
  }

  annotationsOf(name: string): Record<string, string> {
    return this.kubeJobs.get(name)?.metadata?.annotations ?? {};
  }

  private watching(resource: Resource): FakeInformer<unknown>[] {
    return this.informers.filter((informer) => informer.resource === resource);
  }

  private async call<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    const first = this.before.get(name);
    this.before.delete(name);
    first?.();
    const failure = this.failures.get(name);
    if (failure) throw new KubernetesError(failure, `${name}: ${failure}`);
    await Promise.resolve();
    return answer();
  }

  private patchJob(name: string, patch: JobPatch): V1Job | undefined {
    const { metadata, spec } = patch;
    this.onPatch(name, patch);
    const uid = this.kubeJobs.get(name)?.metadata?.uid;
    if (uid === undefined || (metadata?.uid ?? uid) !== uid) return undefined;
    const kubeJob = this.objects.current<V1Job>('jobs', { name, resourceVersion: metadata?.resourceVersion });
    // Where the patch takes one off its null stays, for specs to see.
    const annotations = { ...kubeJob.metadata?.annotations, ...metadata?.annotations } as Record<string, string>;
    const next = merged(kubeJob, { spec: spec ?? {} });
    return this.addJob({ ...next, metadata: { ...next.metadata, annotations } });
  }

  private releasePod(name: string, finalizer: string): void {
    const pod = this.podObjects.get(name);
    const finalizers = pod?.metadata?.finalizers?.filter((candidate) => candidate !== finalizer);
    if (pod) this.addPod({ ...pod, metadata: { ...pod.metadata, finalizers } });
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

  private createObject(resource: Resource, object: AnyObject): AnyObject {
    if (resource === 'events') {
      const { type, reason, message } = object as CoreV1Event;
      this.events.push(`${type} ${reason}: ${message}`);
      return object;
    }
    if (this.objects.find(resource, object.metadata)) throw new KubernetesError('already-exists', 'it is there', 409);
    const uid = `${resource}-${this.objects.nextVersion()}`;
    return this.put(resource, { ...object, metadata: { ...object.metadata, uid, generation: 1 } });
  }

  private replace(resource: Resource, object: AnyObject): AnyObject {
    const current = this.objects.current(resource, object.metadata);
    const isSameSpec = isSame(current.spec, object.spec);
    const generation = (current.metadata?.generation ?? 0) + (isSameSpec ? 0 : 1);
    const status = current.status ? { status: current.status } : {};
    const next = { ...object, metadata: { ...object.metadata, generation }, ...status };
    const changes = !isSameSpec || OTHER_PARTS.some((part) => !isSame(current.metadata?.[part], next.metadata[part]));
    return changes ? this.put(resource, next) : current;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});
}
