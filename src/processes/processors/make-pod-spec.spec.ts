import { expect, it } from '@jest/globals';
import { makePodSpec } from './make-pod-spec.js';
import type { PodDefinition } from './pod-definition.js';

const main = { name: 'main', image: 'python:3.13', command: ['python', 'run.py'] };

it('makes the smallest pod of a definition without further keys', () => {
  expect(makePodSpec({ name: 'x' }, { name: 'main', image: 'python:3.13' })).toEqual({
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    enableServiceLinks: false,
    containers: [{ name: 'main', image: 'python:3.13' }],
  });
});

it('puts every key of the definition into the pod', () => {
  const definition: PodDefinition = {
    name: 'x',
    env: [
      { name: 'TEXT', value: 'text' },
      { name: 'EMPTY', value: '' },
      { name: 'NUMBER', value: 0.5 },
      { name: 'YES', value: true },
      { name: 'NO', value: false },
      { name: 'PASSWORD', secret_name: 'database', secret_key: 'password' },
    ],
    resources: { requests: { cpu: 1, memory: '512Mi' }, limits: { cpu: '1500m' } },
    storage: [
      { name: 'data', mount_path: '/data', persistent_volume_claim_name: 'shared-data' },
      { name: 'cache', mount_path: '/cache', empty_dir: { size_limit: '1Gi', medium: 'Memory' } },
      { name: 'scratch', mount_path: '/tmp', empty_dir: {} },
    ],
    init_containers: [
      {
        name: 'fetch',
        image: 'busybox',
        imagePullPolicy: 'Always',
        command: ['cp'],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
  };
  expect(makePodSpec(definition, main)).toEqual({
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    enableServiceLinks: false,
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'shared-data' } },
      { name: 'cache', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } },
      { name: 'scratch', emptyDir: {} },
    ],
    initContainers: [
      {
        name: 'fetch',
        image: 'busybox',
        imagePullPolicy: 'Always',
        command: ['cp'],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    containers: [
      {
        name: 'main',
        image: 'python:3.13',
        command: ['python', 'run.py'],
        env: [
          { name: 'TEXT', value: 'text' },
          { name: 'EMPTY', value: '' },
          { name: 'NUMBER', value: '0.5' },
          { name: 'YES', value: 'True' },
          { name: 'NO', value: 'False' },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
        ],
        resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '1500m' } },
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          { name: 'cache', mountPath: '/cache' },
          { name: 'scratch', mountPath: '/tmp' },
        ],
      },
    ],
  });
});

it('shares nothing with the definition', () => {
  const definition: PodDefinition = { name: 'x', init_containers: [{ name: 'fetch', image: 'busybox' }] };
  const pod = makePodSpec(definition, main);
  if (pod.initContainers?.[0]) pod.initContainers[0].image = 'changed';
  pod.containers[0]?.command?.push('changed');
  expect(definition.init_containers).toEqual([{ name: 'fetch', image: 'busybox' }]);
  expect(main.command).toEqual(['python', 'run.py']);
});
