import type { V1Ingress } from '@kubernetes/client-node';
import type { Instance } from '../instance.js';
import { certificateSecret, CONTAINER_PORT, ingressAnnotation, instancePath } from '../names.js';
import { makeMetadata } from './metadata.js';

/**
 * The Ingress of an instance: its path beneath the host. TLS with the given Secret, else with one that cert-manager fills (it passes over a `tls` entry that
 * names none), else with the ingress controller's own certificate.
 */
export function makeIngress(instance: Instance): V1Ingress {
  const { name, ingress } = instance;
  const { domain, certIssuer } = ingress;
  const secretName = ingress.tlsSecret ?? (certIssuer === undefined ? undefined : certificateSecret(name));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...makeMetadata(instance),
      annotations: {
        ...(ingress.classAs === 'field' ? {} : { [ingressAnnotation.class]: ingress.class }),
        [ingressAnnotation.bodySize]: ingress.bodySize,
        ...(certIssuer === undefined ? {} : { [ingressAnnotation.clusterIssuer]: certIssuer }),
      },
    },
    spec: {
      ...(ingress.classAs === 'annotation' ? {} : { ingressClassName: ingress.class }),
      tls: [{ hosts: [domain], ...(secretName === undefined ? {} : { secretName }) }],
      rules: [
        {
          host: domain,
          http: {
            paths: [
              {
                path: instancePath(name),
                pathType: 'Prefix',
                backend: { service: { name, port: { number: CONTAINER_PORT } } },
              },
            ],
          },
        },
      ],
    },
  };
}
