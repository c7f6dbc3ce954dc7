import { describe, expect, it } from '@jest/globals';
import type { V1PodSpec } from '@kubernetes/client-node';
import type { PodSettings } from '../../config/configuration.js';
import { withPodSettings } from './pod-settings.js';

const bare: V1PodSpec = {
  restartPolicy: 'Never',
  initContainers: [{ name: 'init', image: 'a', imagePullPolicy: 'Never' }],
  containers: [
    { name: 'main', image: 'a', resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } },
    { name: 'side', image: 'b' },
  ],
};
const nodeTerm = (key: string) => ({ matchExpressions: [{ key, operator: 'Exists' }] });
const podTerm = (topologyKey: string) => ({ topologyKey });
const spread = (topologyKey: string, maxSkew = 1) => ({
  maxSkew,
  topologyKey,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'x' } },
});
const all: PodSettings = {
  nodeSelector: { disk: 'ssd' },
  affinity: {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: nodeTerm('a') }] },
  },
  tolerations: [{ key: 'gpu', operator: 'Exists' }],
  topologySpreadConstraints: [spread('zone')],
  priorityClassName: 'high',
  runtimeClassName: 'kata',
  schedulerName: 'volcano',
  serviceAccountName: 'jobs',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: ['one', 'two'],
  extendedResources: { 'nvidia.com/gpu': '2' },
};

describe('the settings of the configuration for pods', () => {
  it.each([
    ['a process', { own: all, defaults: {} }],
    ['all processes', { own: {}, defaults: all }],
  ])('of %s are put on the pod', (_, layers) => {
    expect(withPodSettings(bare, layers, 'main')).toEqual({
      restartPolicy: 'Never',
      nodeSelector: { disk: 'ssd' },
      affinity: all.affinity,
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      topologySpreadConstraints: [spread('zone')],
      priorityClassName: 'high',
      runtimeClassName: 'kata',
      schedulerName: 'volcano',
      serviceAccountName: 'jobs',
      imagePullSecrets: [{ name: 'one' }, { name: 'two' }],
      initContainers: [{ name: 'init', image: 'a', imagePullPolicy: 'Never' }],
      containers: [
        {
          name: 'main',
          image: 'a',
          imagePullPolicy: 'IfNotPresent',
          resources: {
            requests: { cpu: '1', 'nvidia.com/gpu': '2' },
            limits: { memory: '1Gi', 'nvidia.com/gpu': '2' },
          },
        },
        { name: 'side', image: 'b', imagePullPolicy: 'IfNotPresent' },
      ],
    });
  });

  it('that are none leave a pod as it is', () => {
    const made = { ...bare, priorityClassName: 'low', tolerations: [{ operator: 'Exists' }], affinity: {} };
    expect(withPodSettings(bare, { own: {}, defaults: {} }, 'main')).toEqual(bare);
    expect(withPodSettings(made, { own: {}, defaults: {} }, 'main')).toEqual({
      ...bare,
      priorityClassName: 'low',
      tolerations: [{ operator: 'Exists' }],
    });
  });

  it('of a process stand in place of those for all, whole, and may be none', () => {
    const none: PodSettings = {
      nodeSelector: {},
      affinity: {},
      tolerations: [],
      topologySpreadConstraints: [],
      priorityClassName: '',
      runtimeClassName: '',
      schedulerName: '',
      serviceAccountName: '',
      imagePullPolicy: 'Always',
      imagePullSecrets: [],
      extendedResources: {},
    };
    const pod = withPodSettings({ containers: [{ name: 'main', image: 'a' }] }, { own: none, defaults: all }, 'main');
    expect(pod).toEqual({ containers: [{ name: 'main', image: 'a', imagePullPolicy: 'Always' }] });
    expect(withPodSettings(bare, { own: { nodeSelector: { zone: 'b' } }, defaults: all }, 'main').nodeSelector).toEqual(
      { zone: 'b' },
    );
  });

  it('keep what the processor asks for: names over those for all and under those of the process, lists beside', () => {
    const made: V1PodSpec = {
      nodeSelector: { disk: 'hdd', zone: 'a' },
      tolerations: [{ operator: 'Exists' }, { key: 'gpu', operator: 'Exists' }],
      topologySpreadConstraints: [spread('zone', 9), spread('host')],
      priorityClassName: 'processor',
      serviceAccountName: 'processor',
      imagePullSecrets: [{ name: 'two' }, { name: 'three' }],
      containers: [{ name: 'main', image: 'a', resources: { limits: { 'nvidia.com/gpu': '1' } } }],
    };
    const own = withPodSettings(made, { own: all, defaults: {} }, 'main');
    const beneath = withPodSettings(made, { own: {}, defaults: all }, 'main');
    expect(own).toMatchObject({
      nodeSelector: { disk: 'ssd', zone: 'a' },
      priorityClassName: 'high',
      serviceAccountName: 'jobs',
      containers: [{ resources: { limits: { 'nvidia.com/gpu': '2' } } }],
    });
    expect(beneath).toMatchObject({
      nodeSelector: { disk: 'hdd', zone: 'a' },
      priorityClassName: 'processor',
      runtimeClassName: 'kata',
      serviceAccountName: 'processor',
      containers: [{ resources: { limits: { 'nvidia.com/gpu': '1' } } }],
    });
    for (const pod of [own, beneath]) {
      expect(pod.tolerations).toEqual([{ key: 'gpu', operator: 'Exists' }, { operator: 'Exists' }]);
      expect(pod.topologySpreadConstraints).toEqual([spread('zone'), spread('host')]);
      expect(pod.imagePullSecrets).toEqual([{ name: 'one' }, { name: 'two' }, { name: 'three' }]);
    }
  });

  it('join affinities so that both hold', () => {
    const made: V1PodSpec = {
      containers: [{ name: 'main', image: 'a' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm('a'), nodeTerm('b')] },
        },
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm('zone')] },
      },
    };
    const own: PodSettings = {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { ...nodeTerm('c'), matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: nodeTerm('d') }],
        },
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm('host')] },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm('rack')] },
      },
    };
    const term = (...keys: string[]) => ({
      matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })),
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
    });
    expect(withPodSettings(made, { own, defaults: {} }, 'main').affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term('a', 'c'), term('b', 'c')] },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: nodeTerm('d') }],
      },
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm('zone'), podTerm('host')] },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm('rack')] },
    });
  });

  it('share nothing with the pod', () => {
    const pod = withPodSettings(bare, { own: all, defaults: {} }, 'main');
    pod.tolerations?.push({ key: 'changed' });
    Object.assign(pod.nodeSelector ?? {}, { changed: 'yes' });
    expect(all.tolerations).toHaveLength(1);
    expect(all.nodeSelector).toEqual({ disk: 'ssd' });
  });
});
