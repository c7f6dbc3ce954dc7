import { describe, expect, it } from '@jest/globals';
import { checkedPodSpec } from './pod-spec-check.js';

const main = { name: 'main', image: 'busybox' };
const faultOf = (returned: unknown): string => {
  try {
    checkedPodSpec(returned, 'main');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the pod specification of a processor', () => {
  it('is kept as it is, and runs once', () => {
    const podSpec = {
      hostNetwork: true,
      serviceAccountName: 'worker',
      volumes: [{ name: 'data', emptyDir: {} }],
      securityContext: { runAsUser: 5 },
      initContainers: [{ name: 'before', image: 'busybox', restartPolicy: 'Always' }],
      containers: [
        {
          ...main,
          command: ['sh'],
          args: [],
          env: [
            { name: 'A', value: '' },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
    };
    expect(checkedPodSpec(podSpec, 'main')).toEqual({ restartPolicy: 'Never', ...podSpec });
  });

  it('may hold nulls where Kubernetes takes them', () => {
    const containers = [{ ...main, command: null, args: null, env: null, securityContext: null }];
    expect(checkedPodSpec({ initContainers: null, volumes: null, restartPolicy: null, containers }, 'main')).toEqual({
      volumes: null,
      restartPolicy: 'Never',
      containers,
    });
  });

  it('is a copy', () => {
    const podSpec = { containers: [{ ...main }] };
    const checked = checkedPodSpec(podSpec, 'main');
    podSpec.containers.push({ name: 'more', image: 'more' });
    expect(checked.containers).toEqual([main]);
  });

  const invalid = 'returned an invalid pod specification: ';
  it.each([
    [undefined, `${invalid}it must be an object`],
    [null, `${invalid}it must be an object`],
    ['busybox', `${invalid}it must be an object`],
    [[main], `${invalid}it must be an object`],
    [() => main, `${invalid}it must be an object`],
    [{}, `${invalid}/containers is missing; it is required`],
    [{ containers: {} }, `${invalid}/containers must be an array`],
    [{ containers: [] }, `${invalid}/containers must have at least 1 item`],
    [{ containers: [null] }, `${invalid}/containers/0 must be an object`],
    [{ containers: [{ name: 'main' }] }, `${invalid}/containers/0/image is missing; it is required`],
    [
      { containers: [{ name: 'Main', image: 'a' }] },
      `${invalid}/containers/0/name must match the regular expression ^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`,
    ],
    [{ containers: [{ ...main, args: [5] }] }, `${invalid}/containers/0/args/0 must be a string`],
    [{ containers: [{ ...main, env: { A: 'b' } }] }, `${invalid}/containers/0/env must be an array or null`],
    [
      { containers: [{ ...main, env: [{ name: 'A', value: 5 }] }] },
      `${invalid}/containers/0/env/0/value must be a string or null`,
    ],
    [
      { containers: [{ ...main, securityContext: 'off' }] },
      `${invalid}/containers/0/securityContext must be an object or null`,
    ],
    [{ containers: [main], restartPolicy: 'OnFailure' }, `${invalid}/restartPolicy must be one of "Never", null`],
    [{ containers: [main], securityContext: [] }, `${invalid}/securityContext must be an object or null`],
    [{ containers: [main, main] }, `${invalid}more than one container has the name "main"`],
    [{ initContainers: [main], containers: [main] }, `${invalid}more than one container has the name "main"`],
    [
      { containers: [{ name: 'a', image: 'b' }] },
      `${invalid}/containers must hold the main container "main" (holds "a")`,
    ],
    [
      { initContainers: [main], containers: [{ name: 'a', image: 'b' }] },
      `${invalid}/containers must hold the main container "main" (holds "a")`,
    ],
    [
      { metadata: { finalizers: [] }, spec: { containers: [main] } },
      'must return the specification of a pod, not an object that has one in its member spec',
    ],
    [
      { containers: [main], priority: 5n },
      'returned what cannot be written as JSON: Do not know how to serialize a BigInt',
    ],
  ])('%p is refused', (returned, message) => {
    expect(faultOf(returned)).toBe(message);
  });
});
