import type { V1Deployment, V1EnvVar, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { instanceDefaults, type Instance } from '../instance.js';
import {
  CONTAINER_NAME,
  CONTAINER_PORT,
  environmentVariable,
  instancePath,
  ownLabels,
  PORT_NAME,
  PROJECT_PATH,
  PROJECT_VOLUME,
  UNKNOWN,
  vizLabel,
} from '../names.js';
import { makeMetadata } from './metadata.js';

/**
 * The Deployment of an instance: one pod with the project's folder at `/project`. Two pods never share it, so an old one ends before a new one begins.
 *
 * @param harden puts the security-context policy on a pod. User and groups of the resource stand over the policy's pod level, which stands over the defaults; what the policy
 * sets on containers stands over all of them, as it does in Kubernetes.
 */
export function makeDeployment(instance: Instance, harden: (podSpec: V1PodSpec) => V1PodSpec): V1Deployment {
  const { name } = instance;
  const hardened = harden(makePodSpec(instance));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: makeMetadata(instance),
    spec: {
      replicas: 1,
      selector: { matchLabels: { [vizLabel.deployment]: name } },
      strategy: { type: 'Recreate' },
      template: {
        metadata: { labels: { ...instance.labels, ...ownLabels, [vizLabel.deployment]: name } },
        spec: {
          ...hardened,
          securityContext: { ...instanceDefaults.runAs, ...hardened.securityContext, ...instance.runAs },
        },
      },
    },
  };
}

function makePodSpec(instance: Instance): V1PodSpec {
  const { automountServiceAccountToken, imagePullSecrets, priorityClass, project } = instance;
  return {
    serviceAccountName: instance.serviceAccountName,
    ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
    nodeSelector: { ...instance.nodeSelector },
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    containers: [
      {
        name: CONTAINER_NAME,
        image: instance.image,
        imagePullPolicy: instance.imagePullPolicy,
        resources: { requests: { ...instance.resources.requests }, limits: { ...instance.resources.limits } },
        ports: [{ name: PORT_NAME, containerPort: CONTAINER_PORT, protocol: 'TCP' }],
        // Without it a pod counts as available before the app listens.
        readinessProbe: { tcpSocket: { port: CONTAINER_PORT }, periodSeconds: 5 },
        env: makeEnvironment(instance),
        volumeMounts: [{ name: PROJECT_VOLUME, mountPath: PROJECT_PATH, ...(project ? { subPath: project.id } : {}) }],
      },
    ],
    volumes: [makeProjectVolume(instance)],
  };
}

function makeProjectVolume({ project }: Instance): V1Volume {
  if (!project) return { name: PROJECT_VOLUME, emptyDir: {} };
  return { name: PROJECT_VOLUME, persistentVolumeClaim: { claimName: project.claimName } };
}

/** Values are checked to hold no `$`, which Kubernetes would expand. */
function makeEnvironment({ name, project, instanceId, owner }: Instance): V1EnvVar[] {
  return [
    { name: environmentVariable.projectDirectory, value: PROJECT_PATH },
    { name: environmentVariable.projectId, value: project?.id ?? UNKNOWN },
    { name: environmentVariable.instanceId, value: instanceId },
    { name: environmentVariable.instanceOwner, value: owner },
    { name: environmentVariable.basePath, value: instancePath(name) },
  ];
}
