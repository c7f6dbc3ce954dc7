import type { KubernetesObject } from '@kubernetes/client-node';
import { CONTAINER_PORT, GATEWAY_GROUP, instancePath } from '../names.js';
import type { Instance } from '../instance.js';
import { makeMetadata } from './metadata.js';

/**
 * What is written of an HTTPRoute (https://gateway-api.sigs.k8s.io/reference/spec/#httproute); all that the API has defaults for is said.
 */
export interface HttpRoute extends KubernetesObject {
  readonly spec: {
    readonly parentRefs: readonly {
      readonly group: string;
      readonly kind: string;
      readonly namespace: string;
      readonly name: string;
      readonly sectionName?: string;
    }[];
    readonly hostnames: readonly string[];
    readonly rules: readonly object[];
  };
}

/**
 * The HTTPRoute of an instance: its path beneath the host, at a Gateway. TLS is of the Gateway's listener, and so is the largest body,
 * where there is one.
 */
export function makeHttpRoute(instance: Instance & { readonly gateway: NonNullable<Instance['gateway']> }): HttpRoute {
  const { name, gateway, ingress } = instance;
  const { parent, timeout, filters } = gateway;
  return {
    apiVersion: `${GATEWAY_GROUP}/v1`,
    kind: 'HTTPRoute',
    metadata: makeMetadata(instance),
    spec: {
      parentRefs: [
        {
          group: GATEWAY_GROUP,
          kind: 'Gateway',
          namespace: parent.namespace,
          name: parent.name,
          ...(parent.section === undefined ? {} : { sectionName: parent.section }),
        },
      ],
      hostnames: [ingress.domain],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: instancePath(name) } }],
          ...(filters.length === 0
            ? {}
            : {
                filters: filters.map((extensionRef) => ({ type: 'ExtensionRef', extensionRef: { ...extensionRef } })),
              }),
          ...(timeout === undefined ? {} : { timeouts: { request: timeout } }),
          backendRefs: [{ group: '', kind: 'Service', name, port: CONTAINER_PORT, weight: 1 }],
        },
      ],
    },
  };
}
