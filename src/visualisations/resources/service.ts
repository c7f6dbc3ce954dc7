import type { V1Service } from '@kubernetes/client-node';
import type { Instance } from '../instance.js';
import { CONTAINER_PORT, PORT_NAME, vizLabel } from '../names.js';
import { makeMetadata } from './metadata.js';

/** The Service of an instance: the one way to its pod. */
export function makeService(instance: Instance): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: makeMetadata(instance),
    spec: {
      type: 'ClusterIP',
      ports: [{ name: PORT_NAME, port: CONTAINER_PORT, protocol: 'TCP', targetPort: CONTAINER_PORT }],
      selector: { [vizLabel.deployment]: instance.name },
    },
  };
}
