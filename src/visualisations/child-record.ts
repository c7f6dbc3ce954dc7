import type { KubernetesObject, V1Deployment, V1ObjectMeta } from '@kubernetes/client-node';
import type { VisualisationSettings } from '../config/configuration.js';
import { API_VERSION, KIND } from './names.js';
import { acceptanceOf, type RouteAcceptance } from './route-acceptance.js';

/** The kinds of objects that an instance consists of, in the order in which they are made. */
const childResources = ['deployments', 'services', 'ingresses', 'httproutes'] as const;
export type ChildResource = (typeof childResources)[number];

/** Those that there may be: a cluster without the Gateway API has no HTTPRoutes. */
export function childResourcesOf({ gateway }: VisualisationSettings): readonly ChildResource[] {
  return childResources.filter((resource) => resource !== 'httproutes' || gateway !== undefined);
}

export const kindOf: Readonly<Record<ChildResource, string>> = {
  deployments: 'Deployment',
  services: 'Service',
  ingresses: 'Ingress',
  httproutes: 'HTTPRoute',
};

/** What is kept of an object: its metadata, of Deployments what tells whether they run, and of HTTPRoutes whether somebody serves them. */
export interface ChildRecord {
  readonly metadata: V1ObjectMeta;
  readonly availability?: Availability;
  readonly acceptance?: RouteAcceptance;
}

export interface Availability {
  /** Its status is about the specification as it is now. */
  readonly observed: boolean;
  readonly available: boolean;
  /** Why pods cannot even be made, or do not come up in time. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export function toChildRecord(object: KubernetesObject): ChildRecord {
  const { managedFields: _managedFields, ...metadata } = object.metadata ?? {};
  const { spec = {} } = object as { readonly spec?: object };
  return {
    metadata,
    ...('replicas' in spec ? availabilityOf(object) : {}),
    ...('parentRefs' in spec ? { acceptance: acceptanceOf(object) } : {}),
  };
}

function availabilityOf(object: KubernetesObject): Pick<ChildRecord, 'availability'> {
  const { metadata, status = {} } = object as V1Deployment;
  const failed = status.conditions?.find(
    ({ type, status: state }) =>
      (type === 'ReplicaFailure' && state === 'True') || (type === 'Progressing' && state === 'False'),
  );
  return {
    availability: {
      observed: (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
      available: (status.availableReplicas ?? 0) > 0 && (status.updatedReplicas ?? 0) > 0,
      ...(failed ? { failure: { reason: failed.reason || 'DeploymentFailed', message: failed.message ?? '' } } : {}),
    },
  };
}

/**
 * Whose the object is: the instance's own, that of a former instance of the same name (and about to be removed by the garbage collector), or somebody else's, described for people.
 */
export function ownershipOf(
  { metadata }: ChildRecord,
  instance: { readonly name: string; readonly uid: string },
): { readonly whose: 'own' | 'former' } | { readonly whose: 'foreign'; readonly owner: string } {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller);
  if (!controller) return { whose: 'foreign', owner: 'nobody' };
  if (controller.uid === instance.uid) return { whose: 'own' };
  const { apiVersion, kind, name } = controller;
  if (apiVersion === API_VERSION && kind === KIND && name === instance.name) return { whose: 'former' };
  return { whose: 'foreign', owner: `${kind} ${name}` };
}
