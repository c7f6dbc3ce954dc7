import { events } from './resources.js';
import { timestamp, type ClusterEvent, type KubeObject } from './kubernetes-object.js';
import type { ObjectRegistry } from './object-registry.js';

const LIFETIME = 3_600_000;
/** After which it is tried again to remove one, milliseconds. */
const RETRY = 60_000;

/** Writes Kubernetes events and removes every event (clients' too) an hour after it was made, as the API server does. */
export class EventRecorder {
  private readonly expiries: { readonly event: ClusterEvent; readonly time: number }[] = [];
  private lastSuffix = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly onError: (key: string, error: unknown) => void,
  ) {
    const { store } = registry;
    const existing = store
      .list(events)
      .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
    for (const event of existing) this.expire(event);
    this.unsubscribe = store.subscribe(events, ({ type, object }) => {
      if (type === 'ADDED') this.expire(object);
    });
  }

  record(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    from: { component: string; container?: string; init?: boolean },
  ): void {
    const { name, namespace = '', uid, resourceVersion } = about.metadata;
    const time = timestamp();
    const host = from.component === 'kubelet' ? { host: 'embedded' } : {};
    this.registry.create(events, namespace, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${this.nextSuffix()}` },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        namespace,
        uid,
        ...{ resourceVersion },
        ...(from.container && { fieldPath: `spec.${from.init ? 'initContainers' : 'containers'}{${from.container}}` }),
      },
      reason,
      message: message.slice(0, 1024),
      type,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      eventTime: null,
      source: { component: from.component, ...host },
      ...{ reportingComponent: from.component, reportingInstance: host.host ?? '' },
    });
  }

  stop(): void {
    this.unsubscribe();
    clearTimeout(this.timer);
  }

  /** Events made in the same second are listed in the order of their names. */
  private nextSuffix(): string {
    this.lastSuffix = Math.max(this.lastSuffix + 1, Date.now() * 1000);
    return this.lastSuffix.toString(16);
  }

  private expire(event: ClusterEvent): void {
    this.expiries.push({ event, time: Date.parse(event.metadata.creationTimestamp) + LIFETIME });
    if (this.expiries.length === 1) this.schedule();
  }

  private schedule(): void {
    const [next] = this.expiries;
    if (!next) return;
    this.timer = setTimeout(() => this.removeExpired(), Math.max(0, next.time - Date.now())).unref();
  }

  private removeExpired(): void {
    const now = Date.now();
    const due = this.expiries.findIndex(({ time }) => time > now);
    const failed: typeof this.expiries = [];
    for (const { event } of this.expiries.splice(0, due < 0 ? this.expiries.length : due)) {
      try {
        this.remove(event);
      } catch (error) {
        this.onError(`event ${event.metadata.name}`, error);
        failed.push({ event, time: now + RETRY });
      }
    }
    this.expiries.unshift(...failed);
    this.schedule();
  }

  private remove({ metadata: { namespace, name, uid } }: ClusterEvent): void {
    if (this.registry.store.get(events, namespace, name)?.metadata.uid === uid)
      this.registry.delete(events, namespace, name);
  }
}
