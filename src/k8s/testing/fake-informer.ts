import type { KubernetesObject } from '@kubernetes/client-node';
import { ALL_NAMESPACES, type Change, type Informer, type InformerOptions } from '../informers/informer.js';

/** {@link Informer} that sees what it is told, at once. */
export class FakeInformer<R> implements Informer<R> {
  synced = true;
  version = '0';
  private readonly records = new Map<string, R>();
  private readonly listeners = new Set<(change: Change<R>) => void>();

  constructor(private readonly options: InformerOptions<KubernetesObject, R>) {}

  whenSynced = (): Promise<void> => Promise.resolve();
  get = (name: string): R | undefined => this.records.get(name);
  values = (): IterableIterator<R> => this.records.values();

  get resource(): InformerOptions<KubernetesObject, R>['resource'] {
    return this.options.resource;
  }

  get size(): number {
    return this.records.size;
  }

  subscribe(listener: (change: Change<R>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** As the watch would bring it: what its selector does not match is gone. */
  observe(object: KubernetesObject): void {
    this.change(object, this.selects(object) ? this.options.transform(copy(object)) : undefined);
  }

  remove(object: KubernetesObject): void {
    this.change(object, undefined);
  }

  private selects({ metadata }: KubernetesObject): boolean {
    const { namespace = ALL_NAMESPACES, labelSelector = '' } = this.options;
    if (namespace !== ALL_NAMESPACES && namespace !== metadata?.namespace) return false;
    const pairs = labelSelector.split(',').filter((pair) => pair !== '');
    return pairs.every((pair) => metadata?.labels?.[pair.split('=')[0] ?? ''] === pair.split('=')[1]);
  }

  private change({ metadata }: KubernetesObject, record: R | undefined): void {
    const own = metadata?.name ?? '';
    const name = this.options.namespace === undefined ? own : `${metadata?.namespace}/${own}`;
    const previous = this.records.get(name);
    this.version = metadata?.resourceVersion ?? this.version;
    if (record === undefined) this.records.delete(name);
    else this.records.set(name, record);
    if (record === undefined && previous === undefined) return;
    for (const listener of this.listeners) listener({ name, record, previous });
  }
}

/** As the API's JSON has it; of this realm, which Jest's `structuredClone` does not give. */
export function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
