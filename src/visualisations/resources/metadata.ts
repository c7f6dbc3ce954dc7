import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Instance } from '../instance.js';
import { API_VERSION, KIND, ownLabels, vizLabel } from '../names.js';

/** Metadata of an object of the instance: it has the instance's name, and goes with the instance's resource, its controller. */
export function makeMetadata({ name, namespace, uid }: Instance): V1ObjectMeta {
  return {
    name,
    namespace,
    labels: { [vizLabel.app]: name, ...ownLabels },
    ownerReferences: [{ apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true }],
  };
}
