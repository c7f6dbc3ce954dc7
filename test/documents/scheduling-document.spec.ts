import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { temporaryFolder } from '../../src/config/testing/temporary-files.js';
import { buildProcess, type AnyProcessor } from '../../src/processes/registry/build-process.js';
import { GenericImageProcessor } from '../../src/processes/processors/generic-image/generic-image.processor.js';
import { clusterWith } from '../../src/processes/testing/cluster-view.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scheduling.md'), 'utf8');

it('the example of docs/scheduling.md makes the pod that the page says', async () => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const folder = temporaryFolder({ 'example.yaml': example });
  const { configuration, warnings } = loadConfiguration({
    environment: { PYGEOAPI_CONFIG: 'example.yaml' },
    workingDirectory: folder.path,
  });
  folder.remove();
  expect(warnings).toEqual([]);
  const [resource] = configuration.processes;
  if (!resource) throw new Error('the example has no process');
  const processor = new GenericImageProcessor() as AnyProcessor;
  const { pods } = configuration.server.manager;
  const { process, faults } = buildProcess(processor, resource, 'example', undefined, undefined, pods);
  expect(faults).toEqual([]);
  expect(await process?.makePodSpec({ jobId: 'x', inputs: {} }, clusterWith())).toEqual({
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    enableServiceLinks: false,
    nodeSelector: { 'example.org/pool': 'gpu' },
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    priorityClassName: 'batch-high',
    runtimeClassName: 'nvidia',
    serviceAccountName: 'jobs',
    imagePullSecrets: [{ name: 'registry-credentials' }],
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 50,
            preference: {
              matchExpressions: [
                { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-L4', 'NVIDIA-A10'] },
              ],
            },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 2,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'example.org/process': 'segment-images' } },
      },
    ],
    containers: [
      {
        name: 'generic-image-processor',
        image: 'registry.example.org/segment-images:1.4',
        imagePullPolicy: 'IfNotPresent',
        resources: { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } },
      },
    ],
  });
  expect(process?.podMetadata).toEqual({
    labels: { 'example.org/process': 'segment-images' },
    annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
  });
});

it('docs/scheduling.md names every key for pods', async () => {
  const { PodSettingsDefinition } = await import('../../src/config/sections/pod-settings.js');
  const { getMetadataStorage } = await import('class-validator');
  const keys = getMetadataStorage()
    .getTargetValidationMetadatas(PodSettingsDefinition, '', false, false)
    .map(({ propertyName }) => propertyName);
  expect(keys.length).toBeGreaterThan(0);
  expect([...new Set(keys)].filter((key) => !page.includes(`| \`${key}\``))).toEqual([]);
});
