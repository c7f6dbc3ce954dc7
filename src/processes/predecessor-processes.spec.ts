import { describe, expect, it, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Configuration } from '../config/configuration.js';
import { loadConfiguration } from '../config/load-configuration.js';
import { ProcessRegistry } from './registry/process-registry.js';
import { GenericImageProcessor } from './processors/generic-image/generic-image.processor.js';
import { HelloWorldK8sProcessor } from './processors/hello-world/hello-world.processor.js';
import { clusterWith } from './testing/cluster-view.js';

const fixtures = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'predecessor');

/** The processes of a configuration as the server builds them at start, and what it warns of. */
async function build(content: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'predecessor-'));
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  try {
    writeFileSync(join(folder, 'c.yml'), content);
    const { configuration } = loadConfiguration({
      environment: { PYGEOAPI_CONFIG: 'c.yml', ...environment },
      workingDirectory: folder,
    });
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ProcessRegistry,
        GenericImageProcessor,
        HelloWorldK8sProcessor,
        { provide: Configuration, useValue: configuration },
      ],
    }).compile();
    await module.init();
    return { registry: module.get(ProcessRegistry), warnings: warn.mock.calls.map(([message]) => message as string) };
  } finally {
    warn.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
}

const fixture = (name: string): string => readFileSync(join(fixtures, name), 'utf8');
const podOf = (registry: ProcessRegistry, id: string, inputs = {}) =>
  registry.get(id).makePodSpec({ jobId: '99755242-31af-11f0-80bd-0255ac10006c', inputs }, clusterWith());

describe('the processes of a 0.11 configuration', () => {
  it('are built; only a key that never had an effect is warned of', async () => {
    const { registry, warnings } = await build(fixture('v0.11.yaml'));
    expect(
      registry
        .list()
        .map(({ id, requiresToken, mimetype, description }) => [
          id,
          requiresToken,
          mimetype,
          description.jobControlOptions,
        ]),
    ).toEqual([
      ['hello-world-k8s', false, 'application/json', ['async-execute']],
      ['hello-world-k8s-failing', false, 'application/json', ['async-execute']],
      ['show-environment', true, 'application/json', ['async-execute']],
      ['volumes', true, 'application/json', ['async-execute']],
    ]);
    expect(registry.get('show-environment').description.version).toBe('0.1');
    expect(warnings).toEqual([
      'c.yml: resources.hello-world-k8s.processor.image_pull_secret: is not known to this processor and has no effect',
    ]);
  });

  it('make these pods', async () => {
    const { registry } = await build(fixture('v0.11.yaml'));
    expect(await podOf(registry, 'show-environment')).toEqual({
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      enableServiceLinks: false,
      containers: [
        {
          name: 'generic-image-processor',
          image: 'busybox:latest',
          command: ['sh', '-c', 'date; env | sort'],
          env: [
            { name: 'SIMPLE_ENV_BOOLEAN_AS_STRING', value: 'False' },
            { name: 'SIMPLE_ENV_BOOLEAN_AS_BOOLEAN', value: 'False' },
            { name: 'SIMPLE_ENV_STRING', value: 'simple-env-string' },
            { name: 'SIMPLE_ENV_INTEGER', value: '1024' },
          ],
          resources: { requests: { memory: '16M', cpu: '10m' }, limits: { memory: '256M', cpu: '100m' } },
        },
      ],
    });
    expect(await podOf(registry, 'volumes')).toEqual({
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      enableServiceLinks: false,
      imagePullSecrets: [{ name: 'default-secret' }],
      tolerations: [{ key: 'toleration-key', value: 'toleration-value', operator: 'Equal', effect: 'NoSchedule' }],
      volumes: [
        { name: 'test-storage', persistentVolumeClaim: { claimName: 'test-storage-pvc-name' } },
        { name: 'test-empty-dir-storage', emptyDir: {} },
        { name: 'test-empty-dir-storage-with-config', emptyDir: { sizeLimit: '500Mi', medium: 'Memory' } },
      ],
      containers: [
        {
          name: 'generic-image-processor',
          image: 'registry.example.org/hydrology/volumes:1.2',
          command: ['./run.sh'],
          resources: { requests: { memory: '1Gi', cpu: '500m' }, limits: { memory: '2Gi', cpu: '1' } },
          volumeMounts: [
            { name: 'test-storage', mountPath: '/tmp/test-storage' },
            { name: 'test-empty-dir-storage', mountPath: '/tmp/test-empty-dir-storage' },
            { name: 'test-empty-dir-storage-with-config', mountPath: '/tmp/test-empty-dir-storage-with-config' },
          ],
        },
      ],
    });
  });
});

describe('the processes of a 0.17 configuration', () => {
  it('are built, with init containers and secrets as Kubernetes has them', async () => {
    const { registry, warnings } = await build(fixture('v0.17.yaml'));
    expect(warnings).toEqual([]);
    expect(registry.get('ingest').requiresToken).toBe(false);
    const pod = await podOf(registry, 'ingest', { source: 'x' });
    expect(pod.initContainers).toEqual([
      {
        name: 'prepare',
        image: 'busybox:latest',
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c'],
        args: ['echo "preparing $STAGE for job $PYGEOAPI_JOB_ID"'],
        env: [{ name: 'STAGE', value: 'production' }],
        resources: { limits: { memory: '64Mi', cpu: '100m' }, requests: { memory: '16Mi', cpu: '10m' } },
      },
    ]);
    expect(pod.containers[0]?.env).toEqual([
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'ingest-credentials', key: 'password' } } },
      { name: 'RETRIES', value: '3' },
    ]);
  });
});

describe('the processes of a 0.27 configuration', () => {
  it('are built, with the security contexts of their definitions', async () => {
    const { registry, warnings } = await build(fixture('v0.27.yaml'));
    expect(warnings).toEqual([]);
    expect(registry.list().map(({ id, mimetype, podSecurityContext }) => [id, mimetype, podSecurityContext])).toEqual([
      ['hello-world-k8s', 'application/json', undefined],
      ['baseline', 'text/plain', undefined],
      ['without', 'text/plain', null],
      ['restricted', 'text/plain', { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } }],
    ]);
  });
});

describe('the processes of a ConfigMap', () => {
  it('are built from the environment', async () => {
    const content = (parse(fixture('configmap.yaml')) as { data: Record<string, string> }).data['local.config.yml'];
    const { registry, warnings } = await build(content ?? '', {
      CONTAINER_PORT: '80',
      TITLE_EN: 'Lakes',
      STAGE: '2',
      REGISTRY: 'registry.example.org/',
      PROCESS_VERSION: '2.1',
    });
    expect(warnings).toEqual([]);
    expect(registry.get('configured').description).toMatchObject({ version: '2.1', title: { fr: 'Configuré' } });
    expect(registry.get('configured').mimetype).toBe('text/plain');
    expect((await podOf(registry, 'configured')).containers[0]).toMatchObject({
      image: 'registry.example.org/busybox:latest',
      env: [
        { name: 'STAGE', value: '2' },
        { name: 'THREADS', value: '4' },
        { name: 'VERBOSE', value: 'True' },
      ],
      resources: { limits: { memory: '256M', cpu: '0.5' } },
    });
  });
});

describe('a processor', () => {
  const withProcessor = (processor: string) => build(`resources: {p: {type: process, processor: ${processor}}}`);

  test.each([
    ['pygeoapi_k8s_manager.process.HelloWorldK8sProcessor', 'hello-world-k8s'],
    ['pygeoapi_k8s_manager.process.hello_world.HelloWorldK8sProcessor', 'hello-world-k8s'],
    ['pygeoapi_kubernetes_manager.process.HelloWorldK8sProcessor', 'hello-world-k8s'],
    ['pygeoapi_kubernetes_manager.process.hello_world.HelloWorldK8sProcessor', 'hello-world-k8s'],
    ['pygeoapi_k8s_manager.process.GenericImageProcessor', 'generic-image-processor'],
    ['pygeoapi_k8s_manager.process.generic_image.GenericImageProcessor', 'generic-image-processor'],
    ['pygeoapi_kubernetes_manager.process.GenericImageProcessor', 'generic-image-processor'],
    ['pygeoapi_kubernetes_manager.process.generic_image.GenericImageProcessor', 'generic-image-processor'],
  ])('may be named %s', async (name, container) => {
    const { registry } = await withProcessor(`{name: ${name}, default_image: busybox}`);
    expect(registry.get('p').mainContainerName).toBe(container);
  });

  // The module's file is called so in every generation.
  test.each([
    ['pygeoapi_k8s_manager.process.hello_world_k8s.HelloWorldK8sProcessor'],
    ['pygeoapi_kubernetes_manager.process.hello_world_k8s.HelloWorldK8sProcessor'],
  ])('may be named %s', async (name) => {
    const { registry } = await withProcessor(`{name: ${name}}`);
    expect(registry.get('p').mainContainerName).toBe('hello-world-k8s');
  });

  // The 0.11 generation's k8s-manifests/configmap.yaml has it.
  it('hello-world may have a command that is one text', async () => {
    const { registry } = await withProcessor(
      `{name: pygeoapi_kubernetes_manager.process.HelloWorldK8sProcessor, command: 'echo "hello world from k8s"'}`,
    );
    expect((await podOf(registry, 'p', { name: 'x' })).containers[0]?.command?.[2]).toContain(
      'echo "hello world from k8s"',
    );
  });

  // The predecessor handed tolerations to Python's V1Toleration, whose names have underscores.
  it('may have tolerations with toleration_seconds', async () => {
    const { registry } = await withProcessor(
      `{name: pygeoapi_k8s_manager.process.GenericImageProcessor, default_image: a, tolerations: [{key: k, operator: Exists, effect: NoExecute, toleration_seconds: 300}]}`,
    );
    expect((await podOf(registry, 'p')).tolerations).toEqual([
      { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
  });

  it('needs neither resources, nor mimetype, nor version, nor any metadata', async () => {
    const { registry, warnings } = await withProcessor(
      `{name: pygeoapi_k8s_manager.process.GenericImageProcessor, default_image: busybox}`,
    );
    expect(warnings).toEqual([]);
    expect(registry.get('p')).toMatchObject({ mimetype: 'application/json', requiresToken: true });
    expect(registry.get('p').description).toMatchObject({ id: 'p', version: '1.0.0', inputs: {}, outputs: {} });
    expect((await podOf(registry, 'p')).containers).toEqual([{ name: 'generic-image-processor', image: 'busybox' }]);
  });
});
