import type { KubernetesObject, V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Configuration } from '../../config/configuration.js';
import type { Resource } from '../../k8s/client/api-paths.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { copy } from '../../k8s/testing/fake-informer.js';
import type { AnyObject } from '../../k8s/testing/fake-objects.js';
import type { DataVisualisation } from '../visualisation-record.js';
import { ownLabels } from './instances.js';

const NAMESPACE = 'there';

const kinds: Readonly<Record<string, Resource>> = {
  Deployment: 'deployments',
  Service: 'services',
  Ingress: 'ingresses',
  HTTPRoute: 'httproutes',
  DataVisualisation: 'datavisualisations',
  Pod: 'pods',
};

/** A {@link FakeCluster} as the operator sees it, and what happens there to visualisations and their objects, in the namespace `there`. */
export class VisualisationCluster {
  private readonly cluster = new FakeCluster();
  readonly client = this.cluster.objectClient;
  readonly informerFactory = this.cluster.informerFactory;
  readonly objects = this.cluster.objects;
  readonly events = this.cluster.events;
  readonly calls = this.cluster.calls;
  readonly failures = this.cluster.failures;
  readonly before = this.cluster.before;

  /** As if somebody else wrote it, and the watch brought it. */
  write(object: AnyObject): void {
    this.cluster.put(kinds[object.kind ?? ''] as Resource, object);
  }

  object<T extends KubernetesObject>(resource: Resource, name: string): T | undefined {
    return this.objects.find<T>(resource, { namespace: NAMESPACE, name });
  }

  /** As if somebody changed its specification by hand. */
  edit<T extends KubernetesObject>(resource: Resource, name: string, change: (object: T) => T): void {
    const object = change(copy(this.object<T>(resource, name)) as T);
    const generation = (object.metadata?.generation ?? 0) + 1;
    this.cluster.put(resource, { ...object, metadata: { ...object.metadata, generation } });
  }

  remove(resource: Resource, name: string): void {
    this.cluster.take(resource, { namespace: NAMESPACE, name });
  }

  /** The Deployment controller has looked at it. */
  setAvailable(name: string, replicas: number, conditions: object[] = []): void {
    const object = this.object<V1Deployment>('deployments', name);
    const observedGeneration = object?.metadata?.generation;
    const status = { observedGeneration, availableReplicas: replicas, updatedReplicas: replicas, conditions };
    this.cluster.put('deployments', { ...object, status });
  }

  addPod(name: string, instance: string, status: V1Pod['status'], creationTimestamp?: Date): void {
    const labels = { deployment: instance, ...ownLabels };
    const metadata = { name, namespace: NAMESPACE, uid: name, labels, creationTimestamp };
    this.cluster.addPod({ kind: 'Pod', metadata, status });
  }

  statusOf(name: string): DataVisualisation['status'] {
    return this.object<DataVisualisation>('datavisualisations', name)?.status;
  }
}

export function configurationWith(visualisations: Configuration['visualisations'], apiToken?: string): Configuration {
  return { visualisations, environment: { apiToken } } as unknown as Configuration;
}
