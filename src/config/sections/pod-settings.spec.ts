import { describe, expect, it, test } from '@jest/globals';
import { markFromEnvironment } from '../provenance.js';
import { validateDefinition } from '../validation.js';
import { PodSettingsDefinition, toPodSettings } from './pod-settings.js';

function check(keys: object) {
  const { faults, unknownKeys } = validateDefinition(PodSettingsDefinition, keys, 'config.yaml', 'p');
  return { faults: faults.map(({ path, message }) => `${path} ${message}`), unknownKeys };
}

const labelSelector = { matchLabels: { app: 'x' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] };
const nodeTerm = {
  matchExpressions: [
    { key: 'example.org/zone', operator: 'In', values: ['a', 'b'] },
    { key: 'cpus', operator: 'Gt', values: ['4'] },
    { key: 'spot', operator: 'DoesNotExist' },
  ],
  matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['node-1'] }],
};
const podTerm = { labelSelector, topologyKey: 'kubernetes.io/hostname', namespaces: ['x'], namespaceSelector: {} };
const whole = {
  node_selector: { 'kubernetes.io/arch': 'amd64', 'example.org/fast': 'true' },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: nodeTerm }],
    },
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm] },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: podTerm }] },
  },
  tolerations: [
    { operator: 'Exists' },
    { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 5 },
    { key: 'c', operator: 'Exists', effect: 'NoExecute', toleration_seconds: 6 },
  ],
  topology_spread_constraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector, minDomains: 2 },
    {
      maxSkew: 2,
      topologyKey: 'zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector,
      nodeAffinityPolicy: 'Honor',
      nodeTaintsPolicy: 'Ignore',
      matchLabelKeys: ['x'],
    },
  ],
  priority_class_name: 'system-node-critical',
  runtime_class_name: 'kata.example',
  scheduler_name: 'volcano',
  service_account_name: 'jobs',
  image_pull_policy: 'IfNotPresent',
  image_pull_secrets: ['one', 'two.x'],
  extended_resources: { 'nvidia.com/gpu': 1, 'example.org/fpga': '2' },
  pod_labels: { 'kueue.x-k8s.io/queue-name': 'jobs', 'app.kubernetes.io/part-of': 'x' },
  pod_annotations: { 'example.org/team': 'any text: 5 €', 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
};

describe('the keys for pods', () => {
  it('are read to what Kubernetes calls them', () => {
    expect(check(whole)).toEqual({ faults: [], unknownKeys: [] });
    expect(toPodSettings(whole as unknown as PodSettingsDefinition)).toEqual({
      nodeSelector: whole.node_selector,
      affinity: whole.affinity,
      tolerations: [
        { operator: 'Exists' },
        { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 5 },
        { key: 'c', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 6 },
      ],
      topologySpreadConstraints: whole.topology_spread_constraints,
      priorityClassName: 'system-node-critical',
      runtimeClassName: 'kata.example',
      schedulerName: 'volcano',
      serviceAccountName: 'jobs',
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: ['one', 'two.x'],
      extendedResources: { 'nvidia.com/gpu': '1', 'example.org/fpga': '2' },
      podLabels: whole.pod_labels,
      podAnnotations: whole.pod_annotations,
    });
  });

  it('that are empty are not set, and none where they are empty of their kind', () => {
    const empty = Object.fromEntries(Object.keys(whole).map((key) => [key, null]));
    expect(check(empty)).toEqual({ faults: [], unknownKeys: [] });
    expect(toPodSettings(empty)).toEqual({});
    const none = { node_selector: {}, tolerations: [], affinity: {}, priority_class_name: '', image_pull_secrets: [] };
    expect(check(none).faults).toEqual([]);
    expect(toPodSettings(none)).toEqual({
      nodeSelector: {},
      tolerations: [],
      affinity: {},
      priorityClassName: '',
      imagePullSecrets: [],
    });
  });

  it('may have one pull secret, as the predecessor', () => {
    expect(toPodSettings({ image_pull_secrets: 'one' })).toEqual({ imagePullSecrets: ['one'] });
  });

  const required = (...terms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  });
  const place = 'p.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const expression = (members: object) => required({ matchExpressions: [{ key: 'a', ...members }] });
  const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector };

  test.each<[object, string]>([
    [
      { node_selector: { gpu: true } },
      'p.node_selector.gpu must be a text of at most 63 letters, digits, "-", "_" and ".", quoted where it looks like a number or a boolean (is true)',
    ],
    [
      { node_selector: { 'a b': 'x' } },
      'p.node_selector["a b"] must be the name of a label, such as example.org/zone: its name (is "x")',
    ],
    [{ node_selector: ['a'] }, 'p.node_selector must be a mapping (is a list)'],
    [
      { affinity: { nodeAfinity: {} } },
      'p.affinity.nodeAfinity is no known field; known are nodeAffinity, podAffinity, podAntiAffinity (is a mapping)',
    ],
    [required(), `${place} must have at least 1 entry (is a list)`],
    [
      expression({ operator: 'in', values: ['b'] }),
      `${place}[0].matchExpressions[0].operator must be one of In, NotIn, Exists, DoesNotExist, Gt, Lt (is "in")`,
    ],
    [expression({ operator: 'In' }), `${place}[0].matchExpressions[0].values must be set (is not set)`],
    [
      expression({ operator: 'Exists', values: ['b'] }),
      `${place}[0].matchExpressions[0].values must be left out where operator is Exists or DoesNotExist (is a list)`,
    ],
    [
      expression({ operator: 'Gt', values: ['b'] }),
      `${place}[0].matchExpressions[0].values[0] must be an integer in quotes where operator is Gt or Lt (is "b")`,
    ],
    [
      expression({ operator: 'In', values: [1] }),
      `${place}[0].matchExpressions[0].values[0] must be a text, quoted where it looks like a number or a boolean (is 1)`,
    ],
    [
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [] }] }),
      `${place}[0].matchFields[0].values must be a list of one name of a node (is a list)`,
    ],
    [
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } },
      'p.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey must be set (is not set)',
    ],
    [
      {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: podTerm }],
          },
        },
      },
      'p.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight must be an integer from 1 to 100 (is 101)',
    ],
    [{ tolerations: [{}] }, 'p.tolerations[0].operator must be set (is not set)'],
    [
      { tolerations: [{ operator: 'Equal', value: 'x' }] },
      'p.tolerations[0].operator must be Exists where there is no key (is "Equal")',
    ],
    [
      { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] },
      'p.tolerations[0].value must be left out where operator is Exists (is "x")',
    ],
    [
      { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 }] },
      'p.tolerations[0].effect must be NoExecute where seconds are set (is "NoSchedule")',
    ],
    [{ tolerations: { key: 'a' } }, 'p.tolerations must be a list (is a mapping)'],
    [
      { topology_spread_constraints: [{ ...constraint, labelSelector: undefined }] },
      'p.topology_spread_constraints[0].labelSelector must be set (is not set)',
    ],
    [
      { topology_spread_constraints: [{ ...constraint, maxSkew: 0 }] },
      'p.topology_spread_constraints[0].maxSkew must be at least 1 (is 0)',
    ],
    [
      { topology_spread_constraints: [{ ...constraint, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }] },
      'p.topology_spread_constraints[0].minDomains must be left out where whenUnsatisfiable is ScheduleAnyway (is 2)',
    ],
    [
      { topology_spread_constraints: [constraint, constraint] },
      'p.topology_spread_constraints[1] must differ from the constraints before it in topologyKey or whenUnsatisfiable (is a mapping)',
    ],
    [{ priority_class_name: 'High' }, 'p.priority_class_name must be the name of a Kubernetes object (is "High")'],
    [{ service_account_name: 5 }, 'p.service_account_name must be the name of a Kubernetes object (is 5)'],
    [
      { image_pull_policy: 'Sometimes' },
      'p.image_pull_policy must be one of Always, IfNotPresent, Never (is "Sometimes")',
    ],
    [
      { image_pull_secrets: ['a', ''] },
      'p.image_pull_secrets must be the name of a Kubernetes object, or a list of such names',
    ],
    [
      { extended_resources: { gpu: 1 } },
      'p.extended_resources.gpu must be the name of an extended resource, such as nvidia.com/gpu (others stand in resources): its name (is 1)',
    ],
    [
      { extended_resources: { 'kubernetes.io/x': 1 } },
      'p.extended_resources["kubernetes.io/x"] must be the name of an extended resource',
    ],
    [
      { extended_resources: { 'nvidia.com/gpu': 0.5 } },
      'p.extended_resources["nvidia.com/gpu"] must be an integer of at least 1 (is 0.5)',
    ],
    [
      { pod_labels: { 'job-name': 'x' } },
      'p.pod_labels.job-name must be none that the server or the Job controller sets: its name (is "x")',
    ],
    [
      { pod_labels: { 'app.kubernetes.io/managed-by': 'x' } },
      'p.pod_labels["app.kubernetes.io/managed-by"] must be none',
    ],
    [
      { pod_annotations: { 'processes.pygeoapi.io/outcome': 'x' } },
      'p.pod_annotations["processes.pygeoapi.io/outcome"] must be none',
    ],
    [{ pod_annotations: { 'pygeoapi.io/progress': 'x' } }, 'p.pod_annotations["pygeoapi.io/progress"] must be none'],
    [
      { pod_annotations: { a: 5 } },
      'p.pod_annotations.a must be a text, quoted where it looks like a number or a boolean (is 5)',
    ],
  ])('refuses %j', (keys, fault) => {
    expect(check(keys).faults).toEqual([expect.stringContaining(fault)]);
  });

  it('are refused with every fault at once, each at its place', () => {
    const { faults } = check({
      node_selector: { a: 1, b: 2 },
      tolerations: [
        { key: 'a', effect: 'x' },
        { key: 'b', more: 1 },
      ],
      runtime_class_name: ' ',
    });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'p.node_selector.a',
      'p.node_selector.b',
      'p.tolerations[0].effect',
      'p.tolerations[1].more',
      'p.runtime_class_name',
    ]);
  });

  it('show nothing that came from the environment, nor what looks like a secret', () => {
    const selector = { a: 5, my_token: 6 };
    markFromEnvironment(selector, 'a');
    expect(check({ node_selector: selector }).faults).toEqual([
      expect.stringMatching(/^p\.node_selector\.a .*\(the value is not shown\)$/),
      expect.stringMatching(/^p\.node_selector\.my_token .*\(the value is not shown\)$/),
    ]);
  });
});
