import type { KubernetesObject } from '@kubernetes/client-node';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import type { ObjectClient } from '../k8s/client/object-client.js';
import { ownAnnotation } from '../k8s/names.js';

/** Another server has had a turn since the Lease was read. Nothing was started. */
export class TurnLostError extends Error {}

/** The part of a Lease that is written. */
interface TurnLease extends KubernetesObject {
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

/**
 * The turns of the servers that start jobs: a Lease that is written before jobs are started, by the version in which it was read last. Of
 * two servers that both believe to lead, one loses that write. It names jobs that had a place then, and those that are to get one: whoever
 * comes to lead knows of each, though its watch should be behind, and starts those that nobody has started.
 */
export class Turns {
  private lease: TurnLease | undefined;

  /**
   * @param name of the Lease
   * @param identity of this server, for people
   */
  constructor(
    private readonly objects: ObjectClient,
    private readonly namespace: string,
    private readonly name: string,
    private readonly identity: string,
  ) {}

  /** Whether the Lease is as this server has read or written it last, as far as it knows. */
  get areKnown(): boolean {
    return this.lease !== undefined;
  }

  /** What was known does not count any more. */
  forget(): void {
    this.lease = undefined;
  }

  /** @returns names of the jobs that had a place at the last turn, whoever took it. @throws KubernetesError */
  async read(): Promise<readonly string[]> {
    const found = await this.objects.get<TurnLease>('leases', this.namespace, this.name);
    this.lease = found ?? {};
    const names = found?.metadata?.annotations?.[ownAnnotation.started] ?? '';
    return names.split(' ').filter((name) => name !== '');
  }

  /**
   * Takes a turn.
   * @param started names of jobs that have a place, and of those that are to get one
   * @throws TurnLostError, after which the Lease has to be read again; KubernetesError, likewise
   */
  async take(started: readonly string[]): Promise<void> {
    const { metadata, spec } = this.lease ?? {};
    // Whether a write without an answer was done is not known.
    this.lease = undefined;
    const lease: TurnLease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...metadata,
        name: this.name,
        namespace: this.namespace,
        annotations: { ...metadata?.annotations, [ownAnnotation.started]: started.join(' ') },
      },
      // As `metav1.MicroTime` wants it.
      spec: { ...spec, holderIdentity: this.identity, renewTime: new Date().toISOString().replace('Z', '000Z') },
    };
    try {
      this.lease = await (metadata ? this.objects.replace('leases', lease) : this.objects.create('leases', lease));
    } catch (error) {
      if (error instanceof KubernetesError && TAKEN.has(error.failure))
        throw new TurnLostError(`Another server has written the Lease ${this.name}.`);
      throw error;
    }
  }
}

const TAKEN: ReadonlySet<string> = new Set(['conflict', 'already-exists', 'not-found']);
