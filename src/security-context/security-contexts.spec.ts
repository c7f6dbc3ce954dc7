import { describe, expect, it, test } from '@jest/globals';
import type { V1PodSpec } from '@kubernetes/client-node';
import {
  baseline,
  definitionFaults,
  hardenPodSpec,
  InvalidSecurityContextError,
  parseSecurityContext,
  resolveSecurityContexts,
} from './security-contexts.js';

const restrictedPod = { runAsNonRoot: true, runAsUser: 1000 };
const restrictedContainer = { readOnlyRootFilesystem: true };

describe('the precedence of security contexts', () => {
  test.each([
    ['nothing is set: the baseline', {}, {}, baseline],
    [
      'the environment replaces the baseline whole',
      {},
      { pod: restrictedPod, container: restrictedContainer },
      { pod: restrictedPod, container: restrictedContainer },
    ],
    [
      'each level is decided on its own',
      {},
      { pod: restrictedPod },
      { pod: restrictedPod, container: baseline.container },
    ],
    [
      'the definition goes before the environment',
      { container: { privileged: true } },
      { pod: restrictedPod, container: restrictedContainer },
      { pod: restrictedPod, container: { privileged: true } },
    ],
    [
      'null in the definition switches off',
      { pod: null },
      { pod: restrictedPod },
      { pod: null, container: baseline.container },
    ],
    ['false (YAML 1.1 off) switches off', { container: false }, {}, { pod: baseline.pod, container: null }],
    ['the texts off and None switch off', { pod: 'off', container: 'None' }, {}, { pod: null, container: null }],
    [
      'the definition sets what the environment switches off',
      { pod: restrictedPod },
      { pod: null, container: null },
      { pod: restrictedPod, container: null },
    ],
    [
      'an empty object is a setting, not off',
      { pod: {} },
      { pod: restrictedPod },
      { pod: {}, container: baseline.container },
    ],
  ])('%s', (_, definition, environment, expected) => {
    expect(resolveSecurityContexts(definition, environment)).toEqual(expected);
  });

  it('refuses a wrong definition instead of falling back', () => {
    expect(() => resolveSecurityContexts({ pod: { runAsUser: 'root' } }, {})).toThrow(
      new InvalidSecurityContextError('pod_security_context', 'runAsUser must be an integer'),
    );
  });
});

describe('a security context in an environment variable', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['  ', undefined],
    ['off', null],
    ['OFF', null],
    ['None', null],
    [' none\n', null],
    ['{"runAsUser": 1000}', { runAsUser: 1000 }],
    ['{}', {}],
  ])('%j is read as %j', (text, expected) => {
    expect(parseSecurityContext('pod', 'VARIABLE', text)).toEqual(expected);
  });

  test.each([
    ['{"runAsUser": 1000', 'VARIABLE: must be a JSON object, or "off" or "none" (it is not valid JSON)'],
    ['disabled', 'VARIABLE: must be a JSON object, or "off" or "none" (it is not valid JSON)'],
    ['null', 'VARIABLE: must be an object'],
    ['[]', 'VARIABLE: must be an object'],
    ['"{}"', 'VARIABLE: must be an object'],
    ['{"runAsUser": "1000", "fsGroup": 1.5}', 'VARIABLE: runAsUser must be an integer; fsGroup must be an integer'],
    ['{"seccompProfile": {}}', 'VARIABLE: seccompProfile.type is missing'],
    ['{"sysctls": [{"name": "a", "value": 1}]}', 'VARIABLE: sysctls.0.value must be a string'],
  ])('%s is an error that names the variable', (text, message) => {
    expect(() => parseSecurityContext('pod', 'VARIABLE', text)).toThrow(message);
  });
});

describe('faults of a security context', () => {
  it('lists the known fields where one is unknown, such as a field of the other level', () => {
    expect(definitionFaults('pod', { privileged: true })).toEqual([
      {
        path: 'privileged',
        message:
          'is no known field; known are appArmorProfile, runAsGroup, runAsNonRoot, runAsUser, seLinuxOptions, seccompProfile, windowsOptions, fsGroup, fsGroupChangePolicy, seLinuxChangePolicy, supplementalGroups, supplementalGroupsPolicy, sysctls',
      },
    ]);
  });

  it('names the allowed values', () => {
    expect(definitionFaults('container', { seccompProfile: { type: 'runtime/default' } })).toEqual([
      { path: 'seccompProfile.type', message: 'must be one of RuntimeDefault, Localhost, Unconfined' },
    ]);
  });

  test.each([
    [{ privileged: true, allowPrivilegeEscalation: false }, 'must be true or left out where privileged is true'],
    [
      { capabilities: { add: ['SYS_ADMIN'] }, allowPrivilegeEscalation: false },
      'must be true or left out where capabilities.add holds SYS_ADMIN',
    ],
  ])('finds what the API server refuses: %j', (context, message) => {
    expect(definitionFaults('container', context)).toEqual([{ path: 'allowPrivilegeEscalation', message }]);
  });

  test.each([
    [{ runAsUser: 2 ** 31 }, 'runAsUser', 'must be <= 2147483647'],
    [{ supplementalGroups: [0, 2 ** 31] }, 'supplementalGroups.1', 'must be <= 2147483647'],
    [{ fsGroup: -1 }, 'fsGroup', 'must be >= 0'],
    [
      { seccompProfile: { type: 'Localhost' } },
      'seccompProfile.localhostProfile',
      'is missing where type is Localhost',
    ],
    [
      { appArmorProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } },
      'appArmorProfile.localhostProfile',
      'must be left out where type is RuntimeDefault',
    ],
  ])('finds what the API server refuses of a pod: %j', (context, path, message) => {
    expect(definitionFaults('pod', context)).toEqual([{ path, message }]);
  });

  it('takes ids to the last, and a profile of the node', () => {
    const seccompProfile = { type: 'Localhost', localhostProfile: 'profiles/x.json' };
    expect(definitionFaults('pod', { runAsUser: 2 ** 31 - 1, seccompProfile })).toEqual([]);
  });

  test.each([[undefined], [null], [false], ['off'], [baseline.container], [{ privileged: true }]])(
    '%j has none',
    (value) => {
      expect(definitionFaults('container', value)).toEqual([]);
    },
  );
});

describe('hardening a pod', () => {
  const podSpec: V1PodSpec = {
    restartPolicy: 'Never',
    initContainers: [
      { name: 'fetch', image: 'busybox' },
      { name: 's3fs', image: 's3fs', restartPolicy: 'Always', securityContext: { privileged: true } },
      { name: 'sidecar', image: 'proxy', restartPolicy: 'Always' },
    ],
    containers: [
      { name: 'main', image: 'python' },
      { name: 'helper', image: 'python', securityContext: {} },
    ],
  };

  it('puts the contexts on the pod, every container and every init container that has none of its own', () => {
    expect(hardenPodSpec(podSpec, baseline)).toEqual({
      restartPolicy: 'Never',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [
        {
          name: 'fetch',
          image: 'busybox',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
        { name: 's3fs', image: 's3fs', restartPolicy: 'Always', securityContext: { privileged: true } },
        {
          name: 'sidecar',
          image: 'proxy',
          restartPolicy: 'Always',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      containers: [
        {
          name: 'main',
          image: 'python',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
        { name: 'helper', image: 'python', securityContext: {} },
      ],
    });
  });

  it('leaves a pod context that the processor has set', () => {
    const own = { ...podSpec, securityContext: { fsGroup: 100 } };
    expect(hardenPodSpec(own, baseline).securityContext).toEqual({ fsGroup: 100 });
  });

  it('adds nothing where both levels are off', () => {
    expect(hardenPodSpec(podSpec, { pod: null, container: null })).toEqual(podSpec);
  });

  it('changes neither its argument nor the baseline', () => {
    const before = structuredClone(podSpec);
    const hardened = hardenPodSpec(podSpec, baseline);
    hardened.containers[0]?.securityContext?.capabilities?.drop?.push('CHANGED');
    expect(podSpec).toEqual(before);
    expect(baseline.container.capabilities?.drop).toEqual(['ALL']);
  });
});
