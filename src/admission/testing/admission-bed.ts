import type { KubernetesObject, V1Job } from '@kubernetes/client-node';
import type { Configuration } from '../../config/configuration.js';
import { configuration, jobCacheOf } from '../../jobs/testing/job-cache-of.js';
import type { JobCache } from '../../jobs/model/job-cache.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import type { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import type { ObjectClient } from '../../k8s/client/object-client.js';
import type { InformerFactory, InformerOptions } from '../../k8s/informers/informer.js';
import type { LeaderElection } from '../../k8s/leadership/leader-election.js';
import { label, ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { FakeInformer } from '../../k8s/testing/fake-informer.js';
import { ClusterClock } from '../../k8s/time/cluster-clock.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { AdmissionReconciler } from '../admission.reconciler.js';
import { WAITING } from '../line/admission.js';
import { AdmissionLine } from '../line/admission-line.js';
import { Turns } from '../turns.js';

export const LEASE = 'pygeoapi-job-manager-admission';
export const nameOf = (number: number) => `pygeoapi-job-0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** What happens to a request of a server: it waits, before it is done or before it is answered; or its answer is lost. */
export type Fault = 'before' | 'after' | 'lost';

export type Limits = Partial<
  Pick<Configuration['server']['manager'], 'maxRunning' | 'maxRunningPerCaller' | 'maxWaiting'>
>;

/** A cluster with jobs that wait, and servers that start them. */
export class AdmissionBed {
  readonly cluster = new FakeCluster();
  /** Names of the Jobs that were started, in their order. */
  readonly starts: string[] = [];
  /** The most Jobs that ran at the same time. */
  most = 0;
  private made = 0;

  constructor(
    readonly limits: Limits,
    readonly processes: Readonly<Record<string, { readonly maxRunning?: number }>> = {},
  ) {}

  server(): AdmissionServer {
    return new AdmissionServer(this);
  }

  /** @returns its name */
  addJob(
    caller: string,
    processId = 'hello',
    more: { readonly annotations?: object; readonly labels?: object } = {},
  ): string {
    const number = (this.made += 1);
    const name = nameOf(number);
    this.cluster.addJob({
      metadata: {
        name,
        uid: `uid-${number}`,
        creationTimestamp: '2026-01-01T12:00:00Z' as never,
        labels: { [label.caller]: caller, ...more.labels },
        annotations: {
          'pygeoapi.io/process_id': processId,
          'pygeoapi.io/started': new Date(Date.UTC(2026, 0, 1, 12) + number).toISOString(),
          [ownAnnotation.admission]: WAITING,
          ...more.annotations,
        } as Record<string, string>,
      },
      spec: { suspend: true, template: {} },
    });
    return name;
  }

  job(name: string): V1Job {
    const found = this.cluster.kubeJobs.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  change(name: string, change: Partial<V1Job>): void {
    this.cluster.put('jobs', { ...this.job(name), ...change });
  }

  suspend(name: string, suspend: boolean): void {
    const { spec } = this.job(name);
    this.change(name, { spec: { template: {}, ...spec, suspend } });
  }

  annotate(name: string, annotations: Readonly<Record<string, string>>): void {
    const { metadata } = this.job(name);
    this.change(name, { metadata: { ...metadata, annotations: { ...metadata?.annotations, ...annotations } } });
  }

  end(name: string): void {
    this.change(name, { status: { conditions: [{ type: 'Complete', status: 'True' }] } });
  }

  running(): string[] {
    return [...this.cluster.kubeJobs.values()]
      .filter(({ spec, status }) => spec?.suspend === false && !status?.conditions)
      .map(({ metadata }) => metadata?.name ?? '');
  }

  started(name: string): void {
    this.starts.push(name);
    this.most = Math.max(this.most, this.running().length);
  }
}

/** One of the servers on a bed, each of whose requests may be held up, and whose watch may be behind. */
export class AdmissionServer {
  readonly cache: JobCache;
  readonly line: AdmissionLine;
  readonly reconciler: AdmissionReconciler;
  readonly leader = { isLeader: true, identity: 'a server' };
  /** The requests so far. */
  readonly requests: string[] = [];
  /** What happens to the request of this number. */
  fault: { readonly at: number; readonly kind: Fault } | undefined;
  private waiting: (() => void) | undefined;
  private readonly held = Promise.withResolvers<'held'>();
  private isBehind = false;
  private readonly late: (() => void)[] = [];

  constructor(private readonly bed: AdmissionBed) {
    const { cluster, limits, processes } = bed;
    const ours = { ...configuration, server: { manager: limits }, access: {} } as unknown as Configuration;
    this.line = new AdmissionLine(ours, { find: (id: string) => processes[id] } as unknown as ProcessRegistry);
    this.cache = jobCacheOf(
      { informerFactory: this.informerFactory(), client: this.through(cluster.client) },
      ours,
      this.line,
    );
    for (const kubeJob of cluster.kubeJobs.values()) this.cache.jobs.observe(kubeJob);
    this.reconciler = new AdmissionReconciler(
      this.cache,
      this.line,
      this.through(cluster.client),
      new Turns(this.through(cluster.objectClient), cluster.client.namespace, LEASE, 'a server'),
      this.leader as unknown as LeaderElection,
      new ClusterClock(),
    );
  }

  pass(): ReturnType<AdmissionReconciler['reconcile']> {
    return this.reconciler.reconcile();
  }

  /** One pass until a request is held. @returns the pass, in an object, for a promise would be waited for; whether it is held */
  async passUntilHeld(): Promise<{ readonly isHeld: boolean; readonly pass: Promise<unknown> }> {
    const pass = this.pass().catch((error: unknown) => error);
    return { isHeld: (await Promise.race([pass, this.held.promise])) === 'held', pass };
  }

  release(): void {
    this.waiting?.();
    this.waiting = undefined;
  }

  fallBehind(): void {
    this.isBehind = true;
  }

  catchUp(): void {
    this.isBehind = false;
    for (const tell of this.late.splice(0)) tell();
  }

  private through<T extends KubernetesClient | ObjectClient>(client: T): T {
    const methods = Object.entries(client).map(([name, method]: [string, unknown]) => [
      name,
      typeof method === 'function'
        ? (...given: unknown[]) =>
            this.request(name, given, () => (method as (...a: unknown[]) => Promise<unknown>)(...given))
        : method,
    ]);
    return Object.fromEntries(methods) as T;
  }

  private async request(name: string, given: readonly unknown[], send: () => Promise<unknown>): Promise<unknown> {
    const kind = this.fault?.at === this.requests.push(name) - 1 ? this.fault.kind : undefined;
    if (kind === 'before') await this.hold();
    const answer = await send();
    if (name === 'patchJob' && answer !== undefined) this.bed.started(given[0] as string);
    if (kind === 'after') await this.hold();
    if (kind === 'lost') throw new KubernetesError('unavailable', 'the answer is lost');
    return answer;
  }

  private hold(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.held.resolve('held');
    });
  }

  private informerFactory(): InformerFactory {
    const create = <T extends KubernetesObject, R>(options: InformerOptions<T, R>) => {
      const own = new VersionedInformer<R>(options as unknown as InformerOptions<KubernetesObject, R>);
      const watch = this.bed.cluster.informerFactory.create<T, T>({ ...options, transform: (object) => object });
      watch.subscribe(({ record, previous }) => {
        const tell = () => (record ? own.observe(record) : own.remove(previous ?? {}));
        if (this.isBehind) this.late.push(tell);
        else tell();
      });
      return own;
    };
    return { create } as unknown as InformerFactory;
  }
}

/** Keeps what is newer, as the real one does. */
class VersionedInformer<R> extends FakeInformer<R> {
  override observe(object: KubernetesObject): void {
    const known = this.get(object.metadata?.name ?? '') as { readonly resourceVersion?: string } | undefined;
    if (Number(known?.resourceVersion ?? 0) <= Number(object.metadata?.resourceVersion)) super.observe(object);
  }
}
