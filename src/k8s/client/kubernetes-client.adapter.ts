import type { Readable } from 'node:stream';
import type {
  CoreV1Event,
  KubernetesObject,
  V1Job,
  V1ObjectMeta,
  V1Pod,
  V1Secret,
  V1SelfSubjectAccessReview,
} from '@kubernetes/client-node';
import { resourcePath } from './api-paths.js';
import type { Resource } from './api-paths.js';
import type { ApiTransport } from './api-transport.js';
import { KubernetesClient } from './kubernetes-client.js';
import type { JobPatch, ReadLogOptions } from './kubernetes-client.js';
import { label } from '../names.js';
import type { PodMetrics } from './pod-metrics.js';
import { signed, type SigningKeys } from '../../signing/signatures.js';
import { KubernetesError } from './kubernetes-error.js';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/** {@link KubernetesClient} over HTTP. */
export class ApiKubernetesClient extends KubernetesClient {
  constructor(
    private readonly transport: ApiTransport,
    override readonly namespace: string,
    override readonly description: string,
    /** Sign what is written to Jobs; none: nothing is signed. */
    private readonly keys: SigningKeys = [],
  ) {
    super();
  }

  override async createJob(unsigned: V1Job): Promise<V1Job> {
    const { metadata: { name = '', annotations } = {} } = unsigned;
    const job = annotations
      ? { ...unsigned, metadata: { ...unsigned.metadata, annotations: signed(this.keys, name, annotations) } }
      : unsigned;
    try {
      return await this.#postJob(job);
    } catch (error) {
      if (!gotNoAnswer(error)) throw error;
      return this.#madeAfterAll(job, error);
    }
  }

  #postJob(job: V1Job): Promise<V1Job> {
    return this.transport.json({ method: 'POST', path: resourcePath(this.namespace, 'jobs'), body: job });
  }

  /** Without an answer nobody knows whether the request arrived. Its name makes it safe to look, and to send it once more. */
  async #madeAfterAll(job: V1Job, error: KubernetesError): Promise<V1Job> {
    const find = () => this.#get<V1Job>('jobs', job.metadata?.name ?? '').catch(() => Promise.reject(error));
    const existing = await find();
    if (existing === undefined) {
      return this.#postJob(job).catch(async (again: unknown) => {
        const late = isFailure(again, 'already-exists') ? await find() : undefined;
        if (late === undefined || !isMadeOf(late, job)) throw again;
        return late;
      });
    }
    if (isMadeOf(existing, job)) return existing;
    throw new KubernetesError('already-exists', `${error.message}; a Job of this name exists already`, 409);
  }

  override getJob(name: string): Promise<V1Job | undefined> {
    return this.#get('jobs', name);
  }

  override patchJob(name: string, unsigned: JobPatch): Promise<V1Job | undefined> {
    const annotations = unsigned.metadata?.annotations;
    const patch = annotations
      ? { ...unsigned, metadata: { ...unsigned.metadata, annotations: signed(this.keys, name, annotations) } }
      : unsigned;
    return this.#onlyOn('jobs', name, patch.metadata?.uid, () =>
      this.transport.json<V1Job>({
        method: 'PATCH',
        path: resourcePath(this.namespace, 'jobs', name),
        body: patch,
        contentType: 'application/merge-patch+json',
      }),
    );
  }

  override async deleteJob(
    name: string,
    uid?: string,
    propagationPolicy: 'Foreground' | 'Background' = 'Foreground',
  ): Promise<boolean> {
    const deleted = await this.#onlyOn('jobs', name, uid, () =>
      this.transport.json<KubernetesObject>({
        method: 'DELETE',
        path: resourcePath(this.namespace, 'jobs', name),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy,
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        },
      }),
    );
    return deleted !== undefined;
  }

  override async listPodMetrics(): Promise<readonly PodMetrics[]> {
    const { items } = await this.transport.json<{ readonly items: readonly PodMetrics[] | null }>({
      method: 'GET',
      path: resourcePath(this.namespace, 'pods.metrics.k8s.io'),
      query: { labelSelector: label.jobName },
    });
    return items ?? [];
  }

  override getPod(name: string): Promise<V1Pod | undefined> {
    return this.#get('pods', name);
  }

  override listJobs(): Promise<V1Job[]> {
    return this.#listAll('jobs');
  }

  override listPods(): Promise<V1Pod[]> {
    return this.#listAll('pods');
  }

  override async listPodsOfJob(jobName: string): Promise<V1Pod[]> {
    const { items } = await this.transport.json<{ items: V1Pod[] }>({
      method: 'GET',
      path: resourcePath(this.namespace, 'pods'),
      query: { labelSelector: `${label.jobName}=${jobName}` },
    });
    return items;
  }

  override async removePodFinalizer(name: string, uid: string, finalizer: string): Promise<void> {
    await this.#onlyOn('pods', name, uid, () =>
      this.transport.json<V1Pod>({
        method: 'PATCH',
        path: resourcePath(this.namespace, 'pods', name),
        body: { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [finalizer] } },
        contentType: 'application/strategic-merge-patch+json',
      }),
    );
  }

  override readLog(podName: string, container: string, options: ReadLogOptions = {}): Promise<Readable> {
    return this.transport.stream({
      path: `${resourcePath(this.namespace, 'pods', podName)}/log`,
      query: {
        container,
        follow: options.follow,
        tailLines: options.tailLines,
        timestamps: options.timestamps,
        limitBytes: options.limitBytes,
      },
      signal: options.signal,
      // A container may be silent for days; the connection's keep-alive probes notice a broken one.
      idleTimeout: options.follow ? 0 : 60_000,
    });
  }

  override async listSecrets(): Promise<V1ObjectMeta[]> {
    const secrets = await this.#listAll<{ metadata: V1ObjectMeta }>('secrets', METADATA_ONLY);
    return secrets.map(({ metadata }) => metadata);
  }

  override async createSecret(secret: V1Secret): Promise<void> {
    await this.transport.json({ method: 'POST', path: resourcePath(this.namespace, 'secrets'), body: secret });
  }

  override async createEvent(event: CoreV1Event): Promise<void> {
    await this.transport.json({ method: 'POST', path: resourcePath(this.namespace, 'events'), body: event });
  }

  override async canI(verb: string, resource: string, subresource?: string): Promise<boolean> {
    const [name = resource, ...group] = resource.split('.');
    const review = await this.transport.json<V1SelfSubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            namespace: this.namespace,
            verb,
            group: group.join('.'),
            resource: name,
            ...(subresource === undefined ? {} : { subresource }),
          },
        },
      },
    });
    return review.status?.allowed === true;
  }

  async #listAll<T>(resource: Resource, accept?: string): Promise<T[]> {
    const all: T[] = [];
    let next: string | undefined;
    do {
      const { items, metadata } = await this.transport.json<{ items: T[]; metadata?: { continue?: string } }>({
        method: 'GET',
        path: resourcePath(this.namespace, resource),
        query: { limit: 500, continue: next },
        accept,
      });
      all.push(...items);
      next = metadata?.continue;
    } while (next);
    return all;
  }

  async #get<T extends KubernetesObject>(resource: Resource, name: string): Promise<T | undefined> {
    try {
      return await this.transport.json<T>({ method: 'GET', path: resourcePath(this.namespace, resource, name) });
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'not-found') return undefined;
      throw error;
    }
  }

  /**
   * Undefined where the object is gone or has another uid. The API server answers a uid that does not match as a conflict or, where validation comes first,
   * as invalid; both have other reasons too, so the object itself is asked for.
   */
  async #onlyOn<T extends KubernetesObject>(
    resource: Resource,
    name: string,
    uid: string | undefined,
    call: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      if (error.failure === 'not-found') return undefined;
      if (uid === undefined || (error.failure !== 'conflict' && error.failure !== 'invalid')) throw error;
      const existing = await this.#get<T>(resource, name);
      if (existing === undefined || existing.metadata?.uid !== uid) return undefined;
      throw error.found(existing);
    }
  }
}

function gotNoAnswer(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.failure === 'unavailable' && error.status === undefined;
}

function isFailure(error: unknown, failure: KubernetesError['failure']): boolean {
  return error instanceof KubernetesError && error.failure === failure;
}

/** Whether this Job is what became of that request: the API server, and what stands before it, may add annotations but change none. */
function isMadeOf(existing: V1Job, { metadata }: V1Job): boolean {
  const annotations = existing.metadata?.annotations ?? {};
  return Object.entries(metadata?.annotations ?? {}).every(([key, value]) => annotations[key] === value);
}
