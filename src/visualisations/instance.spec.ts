import { describe, expect, it, test } from '@jest/globals';
import { assertLinearTime } from '../../test/support/linear-time.js';
import type { VisualisationSettings } from '../config/configuration.js';
import { InvalidInstanceError, readInstance, type Instance } from './instance.js';
import { gateway, plainInstance, record, settings } from './testing/instances.js';

const read = (material: unknown, over: Partial<VisualisationSettings> = {}, name = 'viz-1') =>
  readInstance(record(material, { name }), { ...settings, ...over });
const faultsOf = (material: unknown, name?: string): readonly string[] => {
  try {
    read(material, {}, name);
  } catch (error) {
    if (error instanceof InvalidInstanceError) return error.faults;
    throw error;
  }
  return [];
};
const withTag = (more: object) => ({ imageTag: '0.1.4', ...more });

describe('an instance', () => {
  it('needs only an image tag, and has the predecessor’s defaults', () => {
    expect(read({ imageTag: '0.1.4' })).toEqual(plainInstance);
  });

  it('takes everything of its resource over the operator’s settings', () => {
    const material = {
      taskId: 'task-1',
      imageTag: '1.0',
      serviceAccountName: 'viewer',
      resources: { requests: { memory: '1Gi' }, limits: { cpu: 2, memory: '2Gi', storage: '1Gi' } },
      securityContext: { runAsUser: 1001, runAsGroup: 0, fsGroup: 5 },
      project: { claimName: 'claim', id: 'project-1' },
      ingressClass: 'traefik',
      ingressDomain: 'other.example.org',
      ingressTlsSecret: 'own-tls',
      ingressProxyBodySize: '500m',
      imagePullSecrets: ['a', 'b'],
      labels: ['dm.example.org/owner=alice', 'dm.example.org/instance-id=i-1', 'empty='],
    };
    const ingress = { ...settings.ingress, tlsSecret: 'tls', certIssuer: 'issuer' };
    expect(read(material, { ingress, imagePullSecret: 'pull', priorityClass: 'low' })).toEqual({
      ...plainInstance,
      image: 'registry.example.org/viz-app:1.0',
      imagePullSecrets: ['a', 'b'],
      serviceAccountName: 'viewer',
      automountServiceAccountToken: undefined,
      resources: { requests: { cpu: '10m', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
      runAs: { runAsUser: 1001, runAsGroup: 0, fsGroup: 5 },
      project: { claimName: 'claim', id: 'project-1' },
      labels: { 'dm.example.org/owner': 'alice', 'dm.example.org/instance-id': 'i-1', empty: '' },
      instanceId: 'i-1',
      owner: 'alice',
      priorityClass: 'low',
      ingress: {
        domain: 'other.example.org',
        class: 'traefik',
        classAs: 'annotation',
        bodySize: '500m',
        tlsSecret: 'own-tls',
      },
    });
  });

  it('takes the operator’s settings where its resource says nothing, or the empty text', () => {
    const ingress = { ...settings.ingress, tlsSecret: 'tls', certIssuer: 'issuer' };
    const over = { ingress, imagePullSecret: 'pull' };
    const empty = { ingressDomain: '', ingressTlsSecret: '', ingressClass: '', serviceAccountName: '', project: null };
    const expected = {
      ...plainInstance,
      imagePullSecrets: ['pull'],
      ingress: { ...plainInstance.ingress, tlsSecret: 'tls' },
    };
    expect(read(withTag({}), over)).toEqual(expected);
    expect(read(withTag(empty), over)).toEqual(expected);
    expect(read(withTag({}), { ingress: { ...settings.ingress, certIssuer: 'issuer' } }).ingress.certIssuer).toBe(
      'issuer',
    );
    expect(read(withTag({ imagePullSecrets: [] }), over).imagePullSecrets).toEqual([]);
    expect(read(withTag({ imagePullSecrets: '' }), over).imagePullSecrets).toEqual(['pull']);
  });

  it('takes one pull Secret as a text, as the predecessor does', () => {
    expect(read(withTag({ imagePullSecrets: 'own' }), { imagePullSecret: 'pull' }).imagePullSecrets).toEqual(['own']);
  });

  test.each<[string, object, Partial<VisualisationSettings>, Partial<Instance>]>([
    ['no Gateway', {}, {}, { hasIngress: true, gateway: undefined }],
    ['a Gateway', {}, { gateway, routes: 'both' }, { hasIngress: true, gateway: { ...gateway, notCarriedOver: [] } }],
    [
      'a Gateway in the place of an Ingress',
      { gateway: '', ingressProxyBodySize: '1m' },
      { gateway, routes: 'httproute' },
      { hasIngress: false, gateway: { ...gateway, notCarriedOver: [] } },
    ],
    ['a Gateway that is no longer used', {}, { gateway, routes: 'ingress' }, { hasIngress: true, gateway: undefined }],
    [
      'a Gateway of its own, and what no HTTPRoute has',
      { gateway: 'team/own', ingressProxyBodySize: '10m', ingressTlsSecret: 'own-tls' },
      { gateway: { ...gateway, timeout: '75s' }, routes: 'both' },
      {
        hasIngress: true,
        gateway: {
          parent: { namespace: 'team', name: 'own' },
          timeout: '75s',
          filters: [],
          notCarriedOver: ['ingressProxyBodySize 10m', 'ingressTlsSecret own-tls'],
        },
      },
    ],
  ])('is reached by what the operator says: %s', (_what, more, over, expected) => {
    const { hasIngress, gateway: of } = read(withTag(more), over);
    expect({ hasIngress, gateway: of }).toEqual(expected);
  });

  test.each([
    ['latest', 'Always'],
    ['stable', 'Always'],
    ['Stable', 'Always'],
    ['latest-1', 'IfNotPresent'],
    ['1.0.0', 'IfNotPresent'],
  ])('with tag %s pulls %s', (imageTag, policy) => {
    expect(read({ imageTag }).imagePullPolicy).toBe(policy);
  });

  test.each<[string, unknown, string]>([
    ['no tag', {}, 'spec.imDataManager.imageTag is missing'],
    ['no material', undefined, 'spec.imDataManager.imageTag is missing'],
    [
      'a tag that is none',
      { imageTag: 'a b' },
      'spec.imDataManager.imageTag must be the tag of an image, such as 0.1.4 (is "a b")',
    ],
    [
      'another image',
      { imageTag: '1@sha256:0' },
      'spec.imDataManager.imageTag must be the tag of an image, such as 0.1.4 (is "1@sha256:0")',
    ],
    [
      'a label without =',
      withTag({ labels: ['a=b', 'ab'] }),
      'spec.imDataManager.labels[1] must be a label KEY=VALUE, each as Kubernetes takes it (is "ab")',
    ],
    [
      'two labels in one',
      withTag({ labels: ['a=b\nc=d'] }),
      'spec.imDataManager.labels[0] must be a label KEY=VALUE, each as Kubernetes takes it (is "a=b\\nc=d")',
    ],
    [
      'a label of the selector',
      withTag({ labels: ['deployment=other'] }),
      'spec.imDataManager.labels[0] must not set deployment: the label is reserved',
    ],
    [
      'a label of jobs',
      withTag({ labels: ['job-name=pygeoapi-job-1'] }),
      'spec.imDataManager.labels[0] must not set job-name: the label is reserved',
    ],
    [
      'a label of Kubernetes',
      withTag({ labels: ['app.kubernetes.io/managed-by=x'] }),
      'spec.imDataManager.labels[0] must not set app.kubernetes.io/managed-by: the label is reserved',
    ],
    [
      'a label of Kueue',
      withTag({ labels: ['kueue.x-k8s.io/priority-class=high'] }),
      'spec.imDataManager.labels[0] must not set kueue.x-k8s.io/priority-class: the label is reserved',
    ],
    [
      'a path as project',
      withTag({ project: { claimName: 'c', id: '../other' } }),
      'spec.imDataManager.project.id must be the id of a project: letters, digits, and - _ . between them (is "../other")',
    ],
    [
      'two dots as project',
      withTag({ project: { claimName: 'c', id: '..' } }),
      'spec.imDataManager.project.id must be the id of a project: letters, digits, and - _ . between them (is "..")',
    ],
    [
      'a variable as project',
      withTag({ project: { claimName: 'c', id: '$(HOME)' } }),
      'spec.imDataManager.project.id must be the id of a project: letters, digits, and - _ . between them (is "$(HOME)")',
    ],
    ['a whole volume', withTag({ project: { claimName: 'c' } }), 'spec.imDataManager.project.id is missing'],
    [
      'root',
      withTag({ securityContext: { runAsUser: 0 } }),
      'spec.imDataManager.securityContext.runAsUser must be a user id other than root’s (is 0)',
    ],
    [
      'privileges',
      withTag({ securityContext: { privileged: true } }),
      'spec.imDataManager.securityContext.privileged is not allowed; allowed are runAsUser, runAsGroup, fsGroup',
    ],
    [
      'configuration of nginx',
      withTag({ ingressProxyBodySize: '1m; return 200' }),
      'spec.imDataManager.ingressProxyBodySize must be a size as nginx takes it, such as 10m (is "1m; return 200")',
    ],
    [
      'a host with a path',
      withTag({ ingressDomain: 'a.example.org/x' }),
      'spec.imDataManager.ingressDomain must be a host name (is "a.example.org/x")',
    ],
    [
      'no quantity',
      withTag({ resources: { limits: { cpu: 'many' } } }),
      'spec.imDataManager.resources.limits.cpu must be a quantity such as 500m (is "many")',
    ],
    [
      'no integer',
      withTag({ resources: { limits: { cpu: 1.5 } } }),
      'spec.imDataManager.resources.limits.cpu must be a quantity such as 500m (is 1.5)',
    ],
    [
      'a Gateway without namespace',
      withTag({ gateway: 'public' }),
      'spec.imDataManager.gateway must be a Gateway as NAMESPACE/NAME or NAMESPACE/NAME/SECTION (is "public")',
    ],
    [
      'a pull Secret that is none',
      withTag({ imagePullSecrets: 'a b' }),
      'spec.imDataManager.imagePullSecrets must be a list of at most 16 names of Secrets, or one name (is "a b")',
    ],
    [
      'a pull Secret without name',
      withTag({ imagePullSecrets: ['a', ''] }),
      'spec.imDataManager.imagePullSecrets[1] must be the name of a Secret (is "")',
    ],
    [
      'a text for a list',
      withTag({ labels: 'a=b' }),
      'spec.imDataManager.labels must be a list of at most 64 labels KEY=VALUE (is "a=b")',
    ],
  ])('is refused with %s', (_what, material, fault) => {
    expect(faultsOf(material)).toEqual([fault]);
  });

  test.each<[string, object]>([
    ['many texts', { imagePullSecrets: Array.from({ length: 5000 }, () => '') }],
    ['many keys', { securityContext: Object.fromEntries(Array.from({ length: 5000 }, (_none, at) => [`k${at}`, at])) }],
    ['one in another, 100,000 times', { securityContext: JSON.parse('{"a":'.repeat(1e5) + '1' + '}'.repeat(1e5)) }],
  ])('is not looked at further with %s', (_what, material) => {
    expect(faultsOf(withTag(material))).toEqual(['spec.imDataManager must hold at most 1000 values']);
  });

  it.each(['/', 'a.', 'a', '"'])('is looked at in linear time, a long text of %j, too', (unit) =>
    assertLinearTime(3_000, (length, times) => {
      const material = withTag({ imagePullSecrets: unit.repeat(length / unit.length) });
      const before = process.threadCpuUsage();
      for (let time = 0; time < times; time += 1) faultsOf(material);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    }),
  );

  test.each(['a.b', '1a', 'A', 'a'.repeat(64), 'a-'])('cannot be named %s, which a Service cannot', (name) => {
    expect(faultsOf({ imageTag: '1' }, name)).toEqual([expect.stringMatching(/^metadata\.name must be at most 63/)]);
  });

  it('tells all faults at once, but no more than anybody reads', () => {
    const error = new InvalidInstanceError(faultsOf({ labels: Array.from({ length: 20 }, () => 'x') }));
    expect(error.faults).toHaveLength(21);
    expect(error.message).toContain('; and 11 more');
  });
});
