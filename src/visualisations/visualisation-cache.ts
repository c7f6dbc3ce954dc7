import { Injectable } from '@nestjs/common';
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { Configuration } from '../config/configuration.js';
import { ALL_NAMESPACES, InformerFactory, type Change, type Informer } from '../k8s/informers/informer.js';
import { childResourcesOf, toChildRecord, type ChildRecord, type ChildResource } from './child-record.js';
import { instanceKey, OWN_SELECTOR } from './names.js';
import { toPodTrouble, type PodTrouble } from './pod-trouble.js';
import { toVisualisationRecord, type DataVisualisation, type VisualisationRecord } from './visualisation-record.js';

/** The informers of one namespace, or of all. */
interface Scope {
  readonly visualisations: Informer<VisualisationRecord>;
  readonly children: ReadonlyMap<ChildResource, Informer<ChildRecord>>;
  readonly pods: Informer<PodTrouble>;
}

/**
 * DataVisualisations of the watched namespaces, their objects and pods, in memory, by `NAMESPACE/NAME` of the instance. Of their objects
 * and pods only those with this server's labels are seen.
 */
@Injectable()
export class VisualisationCache {
  private readonly scopes: ReadonlyMap<string, Scope>;
  /** Keys of pods by key of the instance. */
  private readonly podsByInstance = new Map<string, Map<string, PodTrouble>>();
  private readonly listeners = new Set<(key: string) => void>();
  private readonly statusWrites = new Set<string>();
  private quiet: string | undefined;

  constructor(informers: InformerFactory, configuration: Configuration) {
    const { visualisations: settings } = configuration;
    const namespaces = settings?.namespaces ?? [ALL_NAMESPACES];
    const resources = settings ? childResourcesOf(settings) : [];
    this.scopes = new Map(namespaces.map((namespace) => [namespace, this.makeScope(informers, namespace, resources)]));
  }

  get synced(): boolean {
    return this.informers().every(({ synced }) => synced);
  }

  /**
   * Resolves when the first namespace is known. A namespace that cannot be read holds up no other: what is known later is announced as
   * changes. Rejects where the server shuts down before.
   */
  async whenSynced(): Promise<void> {
    const scopes = [...this.scopes.values()].map(async (scope) => {
      await Promise.all(informersOf(scope).map((informer) => informer.whenSynced()));
      return scope;
    });
    const first = await Promise.any(scopes);
    const announce = (scope: Scope): void => {
      if (scope === first) return;
      for (const { namespace, name } of scope.visualisations.values()) this.notify(instanceKey(namespace, name));
    };
    for (const scope of scopes) scope.then(announce, () => undefined);
  }

  /** Whether all that there is of the instance is known. */
  knows(key: string): boolean {
    const scope = this.scopeOf(key);
    return scope !== undefined && informersOf(scope).every(({ synced }) => synced);
  }

  /** In the order of their keys. */
  list(): VisualisationRecord[] {
    return [...this.scopes.values()]
      .flatMap(({ visualisations }) => [...visualisations.values()])
      .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  }

  keys(): string[] {
    return this.list().map(({ namespace, name }) => instanceKey(namespace, name));
  }

  find(key: string): VisualisationRecord | undefined {
    return this.scopeOf(key)?.visualisations.get(key);
  }

  child(resource: ChildResource, key: string): ChildRecord | undefined {
    return this.scopeOf(key)?.children.get(resource)?.get(key);
  }

  podsOf(key: string): PodTrouble[] {
    return [...(this.podsByInstance.get(key)?.values() ?? [])];
  }

  /** Writes a status, and takes over the API server's answer at once. That is no news to whoever listens for changes, however the watch brings it first. */
  async writeStatus(key: string, write: () => Promise<DataVisualisation>): Promise<void> {
    this.statusWrites.add(key);
    try {
      this.scopeOf(key)?.visualisations.observe(await write());
    } finally {
      this.statusWrites.delete(key);
    }
  }

  /** Takes over the API server's answer to an own write of an instance's object, which is no news, either. */
  observeChild(resource: ChildResource, key: string, object: KubernetesObject): void {
    this.quiet = key;
    try {
      this.scopeOf(key)?.children.get(resource)?.observe(object);
    } finally {
      this.quiet = undefined;
    }
  }

  /** Calls back with the key of each instance of which something has changed. @returns a function that ends this */
  onChange(listener: (key: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private makeScope(informers: InformerFactory, namespace: string, resources: readonly ChildResource[]): Scope {
    const background = { namespace, background: true } as const;
    const notify = ({ name }: { readonly name: string }): void => this.notify(name);
    const child = (resource: ChildResource): Informer<ChildRecord> => {
      const options = { ...background, resource, labelSelector: OWN_SELECTOR, transform: toChildRecord };
      const informer = informers.create<KubernetesObject, ChildRecord>(options);
      informer.subscribe(notify);
      return informer;
    };
    const visualisations = informers.create<DataVisualisation, VisualisationRecord>({
      ...background,
      resource: 'datavisualisations',
      transform: toVisualisationRecord,
    });
    visualisations.subscribe((change) => this.onVisualisation(change));
    const pods = informers.create<V1Pod, PodTrouble>({
      ...background,
      resource: 'pods',
      labelSelector: OWN_SELECTOR,
      transform: toPodTrouble,
    });
    pods.subscribe((change) => this.onPod(change));
    const children = new Map(resources.map((resource) => [resource, child(resource)]));
    return { visualisations, children, pods };
  }

  private onVisualisation({ name, record, previous }: Change<VisualisationRecord>): void {
    const isStatusOnly =
      record?.uid === previous?.uid &&
      record?.generation === previous?.generation &&
      record?.deleting === previous?.deleting;
    if (isStatusOnly && this.statusWrites.has(name)) return;
    this.notify(name);
  }

  private onPod({ name, record, previous }: Change<PodTrouble>): void {
    const namespace = name.slice(0, name.indexOf('/'));
    if (previous && previous.instance !== record?.instance) {
      const key = instanceKey(namespace, previous.instance);
      const pods = this.podsByInstance.get(key);
      pods?.delete(name);
      if (pods?.size === 0) this.podsByInstance.delete(key);
      this.notify(key);
    }
    if (record) {
      const key = instanceKey(namespace, record.instance);
      const pods = this.podsByInstance.get(key) ?? new Map<string, PodTrouble>();
      this.podsByInstance.set(key, pods.set(name, record));
      this.notify(key);
    }
  }

  private notify(key: string): void {
    if (key === this.quiet) return;
    for (const listener of this.listeners) listener(key);
  }

  private scopeOf(key: string): Scope | undefined {
    return this.scopes.get(ALL_NAMESPACES) ?? this.scopes.get(key.slice(0, key.indexOf('/')));
  }

  private informers(): Informer<unknown>[] {
    return [...this.scopes.values()].flatMap(informersOf);
  }
}

function informersOf({ visualisations, children, pods }: Scope): Informer<unknown>[] {
  return [visualisations, ...children.values(), pods];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
