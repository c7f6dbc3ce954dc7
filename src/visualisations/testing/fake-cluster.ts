import type { CoreV1Event, KubernetesObject, V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Configuration } from '../../config/configuration.js';
import type { Resource } from '../../k8s/client/api-paths.js';
import type { Change, Informer, InformerFactory, InformerOptions } from '../../k8s/informers/informer.js';
import { KubernetesError, type KubernetesFailure } from '../../k8s/client/kubernetes-error.js';
import type { ObjectClient } from '../../k8s/client/object-client.js';
import type { DataVisualisation } from '../visualisation-record.js';

class FakeInformer<R> implements Informer<R> {
  synced = true;
  private readonly records = new Map<string, R>();
  private readonly listeners = new Set<(change: Change<R>) => void>();

  constructor(private readonly options: InformerOptions<KubernetesObject, R>) {}

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

  /** As the watch would bring it: what its selector does not match is gone. */
  observe(object: KubernetesObject): void {
    const labels = object.metadata?.labels ?? {};
    const pairs = (this.options.labelSelector ?? '').split(',').filter((pair) => pair !== '');
    const matches = pairs.every((pair) => labels[pair.split('=')[0] ?? ''] === pair.split('=')[1]);
    this.change(object, matches ? this.options.transform(copy(object)) : undefined);
  }

  remove(object: KubernetesObject): void {
    this.change(object, undefined);
  }

  private change({ metadata }: KubernetesObject, record: R | undefined): void {
    const name = `${metadata?.namespace}/${metadata?.name}`;
    const previous = this.records.get(name);
    if (record === undefined) this.records.delete(name);
    else this.records.set(name, record);
    if (record !== undefined || previous !== undefined)
      for (const listener of this.listeners) listener({ name, record, previous });
  }
}

const kinds: Readonly<Record<string, Resource>> = {
  Deployment: 'deployments',
  Service: 'services',
  Ingress: 'ingresses',
  DataVisualisation: 'datavisualisations',
  Pod: 'pods',
};

/** The API of a cluster in memory, with informers that see all at once, for specs: calls are kept, any of them can be made to fail. */
export class FakeCluster {
  readonly objects = new Map<string, KubernetesObject & { readonly spec?: unknown }>();
  readonly events: string[] = [];
  /** `VERB RESOURCE` */
  readonly calls: string[] = [];
  /** Calls that fail, always, until they are taken out. */
  readonly failures = new Map<string, KubernetesFailure>();
  /** Happens just before the next call of this kind. */
  readonly before = new Map<string, () => void>();
  private readonly informers = new Map<string, FakeInformer<unknown>>();
  private version = 10;

  readonly informerFactory = {
    create: <T extends KubernetesObject, R>(options: InformerOptions<T, R>): Informer<R> => {
      const informer = new FakeInformer<R>(options as unknown as InformerOptions<KubernetesObject, R>);
      this.informers.set(options.resource, informer as FakeInformer<unknown>);
      return informer;
    },
  } as InformerFactory;

  readonly client = {
    create: (resource: Resource, object: KubernetesObject) =>
      this.call(`create ${resource}`, () => {
        if (resource === 'events') return this.event(object as CoreV1Event);
        if (this.objects.has(this.key(resource, object)))
          throw new KubernetesError('already-exists', 'it is there', 409);
        const uid = `${resource}-${(this.version += 1)}`;
        return this.put(resource, { ...object, metadata: { ...object.metadata, uid, generation: 1 } });
      }),
    get: (resource: Resource, namespace: string, name: string) =>
      this.call(`get ${resource}`, () => this.objects.get(`${resource} ${namespace}/${name}`)),
    replace: (resource: Resource, object: KubernetesObject) =>
      this.call(`replace ${resource}`, () => this.replace(resource, object)),
    patchStatus: (resource: Resource, of: { namespace: string; name: string; uid: string }, status: object) =>
      this.call(`patch ${resource}/status`, () =>
        this.patchStatus(`${resource} ${of.namespace}/${of.name}`, of.uid, status),
      ),
  } as unknown as ObjectClient;

  /** As if somebody else wrote it, and the watch brought it. */
  write(object: KubernetesObject & { readonly spec?: unknown }): void {
    this.put(kinds[object.kind ?? ''] as Resource, object);
  }

  object<T extends KubernetesObject>(resource: Resource, name: string): T | undefined {
    return this.objects.get(`${resource} there/${name}`) as T | undefined;
  }

  /** As if somebody changed its specification by hand. */
  edit<T extends KubernetesObject>(resource: Resource, name: string, change: (object: T) => T): void {
    const object = change(copy(this.object<T>(resource, name)) as T);
    this.put(resource, {
      ...object,
      metadata: { ...object.metadata, generation: (object.metadata?.generation ?? 0) + 1 },
    });
  }

  remove(resource: Resource, name: string): void {
    const object = this.objects.get(`${resource} there/${name}`);
    if (!object) return;
    this.objects.delete(`${resource} there/${name}`);
    this.informers.get(resource)?.remove(object);
  }

  /** The Deployment controller has looked at it. */
  setAvailable(name: string, replicas: number, conditions: object[] = []): void {
    const object = this.object<V1Deployment>('deployments', name);
    const observedGeneration = object?.metadata?.generation;
    const status = { observedGeneration, availableReplicas: replicas, updatedReplicas: replicas, conditions };
    this.put('deployments', { ...object, status } as KubernetesObject);
  }

  addPod(name: string, instance: string, status: V1Pod['status']): void {
    const labels = {
      deployment: instance,
      'app.kubernetes.io/managed-by': 'ogc-processes-k8s',
      'app.kubernetes.io/component': 'visualisation',
    };
    this.put('pods', {
      kind: 'Pod',
      metadata: { name, namespace: 'there', uid: name, labels },
      status,
    } as KubernetesObject);
  }

  statusOf(name: string): DataVisualisation['status'] {
    return this.object<DataVisualisation>('datavisualisations', name)?.status;
  }

  private key(resource: Resource, { metadata }: KubernetesObject): string {
    return `${resource} ${metadata?.namespace}/${metadata?.name}`;
  }

  private put(resource: Resource, object: KubernetesObject): KubernetesObject {
    this.version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.objects.set(this.key(resource, stored), stored);
    this.informers.get(resource)?.observe(stored);
    return copy(stored);
  }

  private replace(resource: Resource, object: KubernetesObject & { readonly spec?: unknown }): KubernetesObject {
    const current = this.objects.get(this.key(resource, object));
    if (!current) throw new KubernetesError('not-found', 'it is gone', 404);
    const { uid, resourceVersion, generation } = current.metadata ?? {};
    if (object.metadata?.uid !== uid || object.metadata?.resourceVersion !== resourceVersion)
      throw new KubernetesError('conflict', 'it has been modified', 409);
    const isSameSpec = JSON.stringify(current.spec) === JSON.stringify(object.spec);
    const metadata = { ...object.metadata, generation: (generation ?? 0) + (isSameSpec ? 0 : 1) };
    const status = (current as V1Deployment).status;
    const next = { ...object, metadata, ...(status ? { status } : {}) };
    const isSame =
      isSameSpec && ['labels', 'annotations', 'ownerReferences'].every((part) => samePart(current, next, part));
    return isSame ? copy(current) : this.put(resource, next);
  }

  private patchStatus(key: string, uid: string, patch: object): KubernetesObject {
    const current = this.objects.get(key) as DataVisualisation | undefined;
    if (!current) throw new KubernetesError('not-found', 'it is gone', 404);
    if (current.metadata?.uid !== uid) throw new KubernetesError('conflict', 'it is another', 409);
    return this.put('datavisualisations', {
      ...current,
      status: merge(current.status ?? {}, patch),
    } as KubernetesObject);
  }

  private event(event: CoreV1Event): KubernetesObject {
    this.events.push(`${event.type} ${event.reason}: ${event.message}`);
    return event;
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
}

function samePart(a: KubernetesObject, b: KubernetesObject, part: string): boolean {
  const of = (object: KubernetesObject) => JSON.stringify((object.metadata as Record<string, unknown>)[part] ?? {});
  return of(a) === of(b);
}

/** RFC 7386 */
function merge(target: object, patch: object): object {
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch) as [string, unknown][]) {
    if (value === null) delete result[key];
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      result[key] = merge((result[key] ?? {}) as object, value);
    else if (value !== undefined) result[key] = value;
  }
  return result;
}

export function configurationWith(visualisations: Configuration['visualisations'], apiToken?: string): Configuration {
  return { visualisations, environment: { apiToken } } as unknown as Configuration;
}

/** Of this realm, which Jest's `structuredClone` does not give. */
function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
