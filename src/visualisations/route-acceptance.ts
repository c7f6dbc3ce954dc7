import type { KubernetesObject } from '@kubernetes/client-node';

/** Whether the Gateway's controller routes to the instance, and why not. */
export interface RouteAcceptance {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

interface ParentStatus {
  readonly controllerName?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
    readonly observedGeneration?: number;
  }[];
}

/** What makes a route one that works: it is taken, and what it refers to is there. */
const NEEDED = ['Accepted', 'ResolvedRefs'];

/**
 * As the controllers of an HTTPRoute's parents have it in its status (https://gateway-api.sigs.k8s.io/reference/spec/#routeparentstatus),
 * of its newest specification.
 */
export function acceptanceOf(route: KubernetesObject): RouteAcceptance {
  const { metadata, status } = route as KubernetesObject & { readonly status?: { readonly parents?: ParentStatus[] } };
  const generation = metadata?.generation ?? 0;
  const parents = status?.parents ?? [];
  const said = parents.flatMap(({ controllerName = 'a controller', conditions = [] }) =>
    conditions
      .filter(({ type, observedGeneration = 0 }) => NEEDED.includes(type) && observedGeneration >= generation)
      .map((condition) => ({ ...condition, controllerName })),
  );
  const refused = said.find((condition) => condition.status === 'False');
  if (refused)
    return {
      status: 'False',
      reason: refused.reason || 'Refused',
      message: `${refused.controllerName}: ${refused.message || refused.reason || refused.type}`,
    };
  const accepted = said.find(({ type, status: state }) => type === 'Accepted' && state === 'True');
  if (accepted)
    return { status: 'True', reason: 'Accepted', message: `${accepted.controllerName} has taken the HTTPRoute.` };
  return {
    status: 'Unknown',
    reason: 'Pending',
    message: 'No controller has looked at the HTTPRoute yet. Is there the Gateway, and one that serves it?',
  };
}
