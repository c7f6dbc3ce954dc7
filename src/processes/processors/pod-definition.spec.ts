import { describe, expect, it, test } from '@jest/globals';
import { validateDefinition } from '../../config/validation.js';
import { GenericImageDefinition } from './generic-image/generic-image.processor.js';

function check(keys: object) {
  const plain = { name: 'x', default_image: 'python', ...keys };
  const { faults, unknownKeys } = validateDefinition(GenericImageDefinition, plain, 'config.yaml', 'p');
  return { faults: faults.map(({ path, message }) => `${path} ${message}`), unknownKeys };
}

describe('the definition of a generic image', () => {
  it('takes every key of the predecessor', () => {
    const definition = {
      metadata: { version: '1', inputs: {} },
      command: ['python', 'run.py'],
      image_pull_secrets: 'registry',
      env: [
        { name: 'TEXT', value: 'a' },
        { name: 'NUMBER', value: 1 },
        { name: 'BOOLEAN', value: false },
        { name: 'EMPTY', value: '' },
        { name: 'SECRET', secret_name: 'database', secret_key: 'password' },
      ],
      resources: { requests: { cpu: 1, memory: '512Mi' }, limits: { cpu: '500m', 'nvidia.com/gpu': 1 } },
      storage: [
        { name: 'data', mount_path: '/data', persistent_volume_claim_name: 'shared' },
        { name: 'cache', mount_path: '/cache', empty_dir: { size_limit: '1Gi', medium: 'Memory' } },
        { name: 'scratch', mount_path: '/scratch', empty_dir: {} },
      ],
      init_containers: [
        {
          name: 'fetch',
          image: 'busybox',
          imagePullPolicy: 'Always',
          env: [{ name: 'A', value: 'b' }],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
          securityContext: { runAsUser: 1 },
        },
      ],
      tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 5 }],
      check_auth: false,
      mimetype: 'text/plain; charset=utf-8',
      pod_security_context: null,
      container_security_context: { privileged: true },
    };
    expect(check(definition)).toEqual({ faults: [], unknownKeys: [] });
  });

  test.each<[object, string]>([
    [{ default_image: '' }, 'p.default_image'],
    [{ command: 'python run.py' }, 'p.command'],
    [{ env: [{ name: 'A', value: 1 }, null] }, 'p.env[1] must be a mapping (is empty)'],
    [{ storage: [null] }, 'p.storage[0] must be a mapping (is empty)'],
    [{ env: [{ name: 'A' }] }, 'p.env[0].name must stand beside either value or secret_name with secret_key'],
    [{ env: [{ name: 'A', value: 1, secret_name: 'a', secret_key: 'b' }] }, 'p.env[0].name must stand beside either'],
    [{ env: [{ name: 'A', secret_name: 'a' }] }, 'p.env[0].name must stand beside either'],
    [{ env: [{ name: 'A', value: ['a'] }] }, 'p.env[0].value must be a text, a number or a boolean'],
    [{ env: [{ name: 'A=B', value: 1 }] }, 'p.env[0].name must be the name of an environment variable'],
    [{ env: [{ name: 'PYGEOAPI_PROCESS_ID', value: 1 }] }, 'p.env[0].name must not be one of PYGEOAPI_JOB_ID'],
    [
      {
        env: [
          { name: 'A', value: 1 },
          { name: 'A', value: 2 },
        ],
      },
      'p.env must not have two entries of one name',
    ],
    [{ resources: { limits: { memory: '1 GB' } } }, 'p.resources.limits must map resources to Kubernetes quantities'],
    [{ storage: [{ name: 'A', mount_path: '/a', empty_dir: {} }] }, 'p.storage[0].name must be a DNS label'],
    [
      { storage: [{ name: 'a', mount_path: '/a', empty_dir: { size_limit: 'big' } }] },
      'p.storage[0].empty_dir.size_limit must be a Kubernetes quantity',
    ],
    [
      { storage: [{ name: 'a', mount_path: '/a', empty_dir: {}, persistent_volume_claim_name: 'b' }] },
      'p.storage[0].name must stand beside either',
    ],
    [
      { init_containers: [{ name: 'a' }] },
      'p.init_containers must be a list of Kubernetes containers: entry 0 needs a name and an image',
    ],
    [
      { init_containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'c', mountPath: '/c' }] }] },
      'p.init_containers must hold containers that Kubernetes takes: container a: volumeMounts must name volumes of storage (known: none)',
    ],
    [
      { init_containers: [{ name: 'a', image: 'b', env: [{ name: 'C', value: 1 }] }] },
      'p.init_containers must hold containers that Kubernetes takes: container a: env must hold',
    ],
    [
      { init_containers: [{ name: 'Fetch_Data', image: 'b' }] },
      'p.init_containers must hold containers that Kubernetes takes: container Fetch_Data: name must be a DNS label',
    ],
    [{ init_containers: [{ name: 'a', image: '' }] }, 'container a: image must not be empty'],
    [{ init_containers: [{ name: 'a', image: 'b', env: [{ name: '', value: '1' }] }] }, 'container a: env must hold'],
    [
      {
        storage: [{ name: 'c', mount_path: '/c', empty_dir: {} }],
        init_containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'c', mount_path: '/c' }] }],
      },
      'container a: volumeMounts must have a mountPath each',
    ],
    [{ tolerations: [{ key: 'a', effect: 'Never' }] }, 'p.tolerations[0].effect must be one of'],
    [{ image_pull_secrets: ['a b'] }, 'p.image_pull_secrets must be the name of a Kubernetes object, or a list'],
  ])('refuses %j', (keys, fault) => {
    expect(check(keys).faults).toEqual([expect.stringContaining(fault)]);
  });

  it('refuses a mapping where a list is due', () => {
    expect(check({ env: { A: 1 } }).faults).toContain('p.env must be an array (is a mapping)');
  });

  it('tells unknown keys, nested ones too, but not those of Kubernetes containers', () => {
    const { unknownKeys } = check({
      colour: 'red',
      env: [{ name: 'A', value: 1, note: 'x' }],
      init_containers: [{ name: 'a', image: 'b', tty: true }],
    });
    expect(unknownKeys).toEqual(['p.colour', 'p.env[0].note']);
  });
});
