import type { V1Lease } from '@kubernetes/client-node';
import { resourcePath } from '../client/api-paths.js';
import type { ApiTransport } from '../client/api-transport.js';
import { KubernetesError } from '../client/kubernetes-error.js';

/** The part of a Lease that leader election writes (https://kubernetes.io/docs/concepts/architecture/leases/), as in its JSON. */
export interface LeaseRecord {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

export interface Lease {
  readonly resourceVersion: string;
  readonly record: Partial<LeaseRecord>;
  /** The whole object, whose other fields a write keeps. */
  readonly object: V1Lease;
}

/** One Lease, read and written conditionally. Rejects with `KubernetesError`. */
export interface LeaseStore {
  /** For messages. */
  readonly name: string;
  get(timeout: number): Promise<Lease | undefined>;
  /** Rejects with `already-exists` where there is one. */
  create(record: LeaseRecord, timeout: number): Promise<Lease>;
  /** Rejects with `conflict` where it has been written since it was read. */
  update(lease: Lease, record: LeaseRecord, timeout: number): Promise<Lease>;
}

export class ApiLeaseStore implements LeaseStore {
  constructor(
    private readonly transport: ApiTransport,
    private readonly namespace: string,
    readonly name: string,
  ) {}

  async get(timeout: number): Promise<Lease | undefined> {
    try {
      const path = resourcePath(this.namespace, 'leases', this.name);
      return leaseOf(await this.transport.json<V1Lease>({ method: 'GET', path, timeout }));
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === 'not-found') return undefined;
      throw error;
    }
  }

  async create(record: LeaseRecord, timeout: number): Promise<Lease> {
    const path = resourcePath(this.namespace, 'leases');
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: this.name, namespace: this.namespace },
      spec: record,
    };
    return leaseOf(await this.transport.json<V1Lease>({ method: 'POST', path, body, timeout }));
  }

  async update(lease: Lease, record: LeaseRecord, timeout: number): Promise<Lease> {
    const path = resourcePath(this.namespace, 'leases', this.name);
    const body = { ...lease.object, spec: { ...lease.object.spec, ...record } };
    return leaseOf(await this.transport.json<V1Lease>({ method: 'PUT', path, body, timeout }));
  }
}

function leaseOf(object: V1Lease): Lease {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, ...times } = object.spec ?? {};
  return {
    resourceVersion: object.metadata?.resourceVersion ?? '',
    record: {
      ...(holderIdentity === undefined ? {} : { holderIdentity }),
      ...(leaseDurationSeconds === undefined ? {} : { leaseDurationSeconds }),
      ...(leaseTransitions === undefined ? {} : { leaseTransitions }),
      ...(times.acquireTime === undefined ? {} : { acquireTime: String(times.acquireTime) }),
      ...(times.renewTime === undefined ? {} : { renewTime: String(times.renewTime) }),
    },
    object,
  };
}
