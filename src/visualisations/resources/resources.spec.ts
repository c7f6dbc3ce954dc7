import { describe, expect, it, test } from '@jest/globals';
import type { V1PodSpec } from '@kubernetes/client-node';
import { hardenPodSpec, resolveSecurityContexts } from '../../security-context/security-contexts.js';
import type { Instance } from '../instance.js';
import { gateway, owner, ownLabels, plainInstance } from '../testing/instances.js';
import { makeDeployment } from './deployment.js';
import { makeHttpRoute } from './http-route.js';
import { makeIngress } from './ingress.js';
import { makeService } from './service.js';

const harden =
  (environment: object = {}) =>
  (podSpec: V1PodSpec): V1PodSpec =>
    hardenPodSpec(podSpec, resolveSecurityContexts({}, environment));
const metadata = {
  name: 'viz-1',
  namespace: 'there',
  labels: { app: 'viz-1', ...ownLabels },
  ownerReferences: [owner],
};
const whole: Instance = {
  ...plainInstance,
  imagePullPolicy: 'Always',
  imagePullSecrets: ['pull', 'other'],
  serviceAccountName: 'viewer',
  runAs: { runAsUser: 1001, fsGroup: 7 },
  project: { claimName: 'claim', id: 'project-1' },
  labels: { 'dm.example.org/owner': 'alice', deployment: 'other' },
  instanceId: 'i-1',
  owner: 'alice',
  priorityClass: 'low',
};

describe('the Deployment', () => {
  it('of an instance with nothing but a tag', () => {
    expect(makeDeployment(plainInstance, harden())).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: { deployment: 'viz-1' } },
        strategy: { type: 'Recreate' },
        template: {
          metadata: { labels: { ...ownLabels, deployment: 'viz-1' } },
          spec: {
            serviceAccountName: 'default',
            automountServiceAccountToken: false,
            nodeSelector: { pool: 'apps' },
            securityContext: {
              runAsUser: 1000,
              runAsGroup: 100,
              fsGroup: 100,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 'viz',
                image: 'registry.example.org/viz-app:0.1.4',
                imagePullPolicy: 'IfNotPresent',
                resources: { requests: { cpu: '10m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
                ports: [{ name: '5170-tcp', containerPort: 5170, protocol: 'TCP' }],
                readinessProbe: { tcpSocket: { port: 5170 }, periodSeconds: 5 },
                env: [
                  { name: 'DM_PROJECT_DIR', value: '/project' },
                  { name: 'DM_PROJECT_ID', value: 'Unknown' },
                  { name: 'DM_INSTANCE_ID', value: 'Unknown' },
                  { name: 'DM_INSTANCE_OWNER', value: 'Unknown' },
                  { name: 'DM_BASE_PATH', value: '/viz-1' },
                ],
                volumeMounts: [{ name: 'project', mountPath: '/project' }],
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              },
            ],
            volumes: [{ name: 'project', emptyDir: {} }],
          },
        },
      },
    });
  });

  it('of an instance with everything', () => {
    const plain = makeDeployment(plainInstance, harden()).spec!;
    const [container] = plain.template.spec!.containers;
    expect(makeDeployment(whole, harden()).spec).toEqual({
      ...plain,
      template: {
        metadata: { labels: { 'dm.example.org/owner': 'alice', ...ownLabels, deployment: 'viz-1' } },
        spec: {
          ...plain.template.spec,
          serviceAccountName: 'viewer',
          priorityClassName: 'low',
          imagePullSecrets: [{ name: 'pull' }, { name: 'other' }],
          securityContext: { ...plain.template.spec!.securityContext, runAsUser: 1001, fsGroup: 7 },
          containers: [
            {
              ...container,
              imagePullPolicy: 'Always',
              env: [
                { name: 'DM_PROJECT_DIR', value: '/project' },
                { name: 'DM_PROJECT_ID', value: 'project-1' },
                { name: 'DM_INSTANCE_ID', value: 'i-1' },
                { name: 'DM_INSTANCE_OWNER', value: 'alice' },
                { name: 'DM_BASE_PATH', value: '/viz-1' },
              ],
              volumeMounts: [{ name: 'project', mountPath: '/project', subPath: 'project-1' }],
            },
          ],
          volumes: [{ name: 'project', persistentVolumeClaim: { claimName: 'claim' } }],
        },
      },
    });
  });

  test.each([
    [
      'the resource over the policy',
      { pod: { runAsUser: 5, runAsGroup: 6 } },
      { runAsUser: 1001, runAsGroup: 6, fsGroup: 7 },
    ],
    ['the resource over no policy', { pod: null }, { runAsUser: 1001, runAsGroup: 100, fsGroup: 7 }],
    [
      'what the policy adds',
      { pod: { runAsNonRoot: true } },
      { runAsUser: 1001, runAsGroup: 100, fsGroup: 7, runAsNonRoot: true },
    ],
  ])('runs as says %s', (_what, environment, expected) => {
    expect(makeDeployment(whole, harden(environment)).spec?.template.spec?.securityContext).toEqual(expected);
  });

  it('lets what the policy sets on containers stand over the resource', () => {
    const container = { runAsUser: 5 };
    const { spec } = makeDeployment(whole, harden({ container })).spec!.template;
    expect(spec?.containers[0]?.securityContext).toEqual(container);
  });
});

describe('the Service', () => {
  it('leads to the pod of the instance', () => {
    expect(makeService(whole)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        ports: [{ name: '5170-tcp', port: 5170, protocol: 'TCP', targetPort: 5170 }],
        selector: { deployment: 'viz-1' },
      },
    });
  });
});

describe('the Ingress', () => {
  const bodySize = { 'nginx.ingress.kubernetes.io/proxy-body-size': '1m' };
  const annotation = { 'kubernetes.io/ingress.class': 'nginx' };
  const hosts = ['apps.example.org'];

  test.each<[string, Partial<Instance['ingress']>, object, object]>([
    ['with neither Secret nor issuer', {}, { ...annotation, ...bodySize }, { tls: [{ hosts }] }],
    [
      'with a TLS Secret',
      { tlsSecret: 'tls' },
      { ...annotation, ...bodySize },
      { tls: [{ hosts, secretName: 'tls' }] },
    ],
    [
      'with an issuer',
      { certIssuer: 'letsencrypt', bodySize: '10m' },
      {
        ...annotation,
        'nginx.ingress.kubernetes.io/proxy-body-size': '10m',
        'cert-manager.io/cluster-issuer': 'letsencrypt',
      },
      { tls: [{ hosts, secretName: 'viz-1-tls' }] },
    ],
    ['with the class as field', { classAs: 'field' }, bodySize, { ingressClassName: 'nginx', tls: [{ hosts }] }],
    [
      'with the class as both',
      { classAs: 'both' },
      { ...annotation, ...bodySize },
      { ingressClassName: 'nginx', tls: [{ hosts }] },
    ],
  ])('%s routes the path of the instance to its Service', (_what, over, annotations, spec) => {
    expect(makeIngress({ ...plainInstance, ingress: { ...plainInstance.ingress, ...over } })).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { ...metadata, annotations },
      spec: {
        ...spec,
        rules: [
          {
            host: 'apps.example.org',
            http: {
              paths: [
                { path: '/viz-1', pathType: 'Prefix', backend: { service: { name: 'viz-1', port: { number: 5170 } } } },
              ],
            },
          },
        ],
      },
    });
  });
});

describe('the HTTPRoute', () => {
  const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'infra', name: 'public' };
  const extension = { group: 'traefik.io', kind: 'Middleware', name: 'limits' };
  const sectionName = 'https';

  test.each<[string, Partial<NonNullable<Instance['gateway']>>, object, object]>([
    ['at a listener', {}, { ...parent, sectionName }, {}],
    ['at a Gateway', { parent: { namespace: 'infra', name: 'public' } }, parent, {}],
    ['with a time-out', { timeout: '75s' }, { ...parent, sectionName }, { timeouts: { request: '75s' } }],
    [
      'with a filter',
      { filters: [extension] },
      { ...parent, sectionName },
      { filters: [{ type: 'ExtensionRef', extensionRef: extension }] },
    ],
  ])('%s routes the path of the instance to its Service', (_what, over, parentRef, rule) => {
    expect(makeHttpRoute({ ...plainInstance, gateway: { ...gateway, notCarriedOver: [], ...over } })).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [parentRef],
        hostnames: ['apps.example.org'],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/viz-1' } }],
            ...rule,
            backendRefs: [{ group: '', kind: 'Service', name: 'viz-1', port: 5170, weight: 1 }],
          },
        ],
      },
    });
  });
});
