import type { V1Lease } from '@kubernetes/client-node';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import type { ObjectClient } from '../k8s/client/object-client.js';
import { ownAnnotation } from '../k8s/names.js';

/** How many of those that had a turn, and may have a place still, the Lease names: all of them have to fit an annotation. */
export const MOST_NAMED = 500;

/** Another server has had a turn since the Lease was read. Nothing was started. */
export class TurnLostError extends Error {}

/**
 * The turns of the servers that start jobs: a Lease that is written before each start, by the version in which it was read last. Of two servers that both believe to lead, one
 * loses that write. It names the jobs that were started before and had a place then, so that whoever comes to lead knows of each, though its watch should be behind.
 */
export class Turns {
  private lease: V1Lease | undefined;

  /** @param name of the Lease */
  constructor(
    private readonly objects: ObjectClient,
    private readonly namespace: string,
    private readonly name: string,
    /** Of this server, for people. */
    private readonly identity: string,
  ) {}

  /** Whether this server has read the Lease, or written it, and nobody else has since, as far as it knows. */
  get areKnown(): boolean {
    return this.lease !== undefined;
  }

  /** What was known does not count any more. */
  forget(): void {
    this.lease = undefined;
  }

  /** @returns names of jobs that may have a place since a turn of another server, or one of this server that it does not remember. @throws KubernetesError */
  async read(): Promise<readonly string[]> {
    this.lease = (await this.objects.get<V1Lease>('leases', this.namespace, this.name)) ?? this.withTurn(undefined, []);
    const named = this.lease.metadata?.annotations?.[ownAnnotation.started] ?? '';
    return named.split(' ').filter((name) => name !== '');
  }

  /**
   * Takes a turn.
   * @param named the jobs that have a place, and last the one that is to get one
   * @throws TurnLostError, after which the Lease has to be read again; KubernetesError
   */
  async take(named: readonly string[]): Promise<void> {
    const lease = this.withTurn(this.lease, named.slice(-MOST_NAMED));
    const isNew = lease.metadata?.resourceVersion === undefined;
    // Whether a write without an answer was done is not known.
    this.lease = undefined;
    try {
      this.lease = await (isNew ? this.objects.create('leases', lease) : this.objects.replace('leases', lease));
    } catch (error) {
      if (error instanceof KubernetesError && ['conflict', 'already-exists', 'not-found'].includes(error.failure))
        throw new TurnLostError(`Another server has written the Lease ${this.name}.`);
      throw error;
    }
  }

  private withTurn(lease: V1Lease | undefined, named: readonly string[]): V1Lease {
    const { metadata, spec } = lease ?? {};
    // As `metav1.MicroTime` wants it.
    const renewTime = new Date().toISOString().replace('Z', '000Z') as unknown as V1Lease['spec'] extends infer S
      ? S extends { renewTime?: infer T }
        ? T
        : never
      : never;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...metadata,
        name: this.name,
        namespace: this.namespace,
        annotations: { ...metadata?.annotations, [ownAnnotation.started]: named.join(' ') },
      },
      spec: { ...spec, holderIdentity: this.identity, renewTime },
    };
  }
}
