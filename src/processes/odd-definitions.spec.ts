import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../config/configuration-error.js';
import { Configuration } from '../config/configuration.js';
import { loadConfiguration, UnusableConfigurationError } from '../config/load-configuration.js';
import { temporaryFolder } from '../config/testing/temporary-files.js';
import { ProcessRegistry } from './registry/process-registry.js';
import { GenericImageProcessor } from './processors/generic-image/generic-image.processor.js';
import { HelloWorldK8sProcessor } from './processors/hello-world/hello-world.processor.js';
import { clusterWith } from './testing/cluster-view.js';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const generic: Value = {
  name: 'pygeoapi_k8s_manager.process.GenericImageProcessor',
  default_image: 'busybox',
  command: ['date'],
  env: [
    { name: 'A', value: 1 },
    { name: 'B', secret_name: 'a', secret_key: 'b' },
  ],
  resources: { requests: { cpu: 1 }, limits: { cpu: 1 } },
  storage: [{ name: 'a', mount_path: '/a', empty_dir: { size_limit: '1Mi', medium: 'Memory' } }],
  init_containers: [
    { name: 'a', image: 'b', env: [{ name: 'a', value: 'b' }], volumeMounts: [{ name: 'a', mountPath: '/a' }] },
  ],
  tolerations: [{ key: 'a', operator: 'Exists' }],
  node_selector: { a: 'b' },
  image_pull_secrets: ['a'],
  check_auth: false,
  mimetype: 'text/plain',
  large_inputs: 'refuse',
  start_deadline_seconds: 5,
  queue_name: 'a',
  allowed_queues: ['a'],
  pod_security_context: { runAsUser: 1 },
  container_security_context: { runAsUser: 1 },
  metadata: {
    version: '1',
    title: { en: 'a' },
    description: 'b',
    keywords: ['a'],
    links: [{ href: 'https://example.org', rel: 'about', title: 'b', type: 'text/html', hreflang: 'en' }],
    jobControlOptions: ['async-execute'],
    inputs: {
      a: {
        title: 'a',
        description: 'b',
        keywords: ['a'],
        minOccurs: 0,
        maxOccurs: 2,
        schema: { type: 'object', properties: { b: { type: 'string', enum: ['c'] } }, required: ['b'] },
      },
    },
    outputs: { a: { title: 'a', schema: { type: 'string', contentMediaType: 'text/plain' } } },
    example: { inputs: { a: { b: 'c' } } },
  },
};
const hello: Value = {
  name: 'pygeoapi_k8s_manager.process.HelloWorldK8sProcessor',
  default_image: 'busybox',
  command: ['date'],
  result_shape: 'result',
};

const odd: readonly Value[] = [null, 5, ''];

/** The value with one of its parts, or itself, replaced by something else. */
function variantsOf(value: Value): Value[] {
  if (typeof value !== 'object' || value === null) return [...odd];
  return [
    ...odd,
    ...Object.entries(value).flatMap(([key, part]) =>
      variantsOf(part as Value).map((variant) =>
        Array.isArray(value)
          ? (value as Value[]).map((each, at) => (String(at) === key ? variant : each))
          : { ...value, [key]: variant },
      ),
    ),
  ];
}

describe('definitions in which something is of another kind', () => {
  const folder = temporaryFolder({});
  beforeAll(() => void jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined));
  afterAll(() => {
    jest.restoreAllMocks();
    folder.remove();
  });

  /** The processes as the server builds them at start, but for those that have faults. */
  async function build(processors: ReadonlyMap<string, Value>): Promise<ProcessRegistry> {
    const resources = Object.fromEntries(
      [...processors].map(([id, processor]) => [id, { type: 'process', processor }]),
    );
    writeFileSync(join(folder.path, 'c.yaml'), JSON.stringify({ resources }));
    const module = Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ...[ProcessRegistry, GenericImageProcessor, HelloWorldK8sProcessor],
        { provide: Configuration, useFactory: read },
      ],
    });
    try {
      const compiled = await module.compile();
      await compiled.init();
      return compiled.get(ProcessRegistry);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const wrong = new Set(error.faults.map(({ path }) => /^resources\.(\w+)/.exec(path)?.[1]));
      const others = new Map([...processors].filter(([id]) => !wrong.has(id)));
      if (others.size === processors.size) throw error;
      return build(others);
    }
  }

  function read(): Configuration {
    try {
      const environment = { PYGEOAPI_CONFIG: 'c.yaml' };
      return loadConfiguration({ environment, workingDirectory: folder.path }).configuration;
    } catch (error) {
      // Its faults and the processors' are told by the start together.
      if (error instanceof UnusableConfigurationError) throw new ConfigurationError(error.file, error.faults);
      throw error;
    }
  }

  it.each([
    ['generic image', generic],
    ['hello world', hello],
  ])('stop the start with their places, or make pods: %s', async (_, definition) => {
    const variants = new Map(variantsOf(definition).map((variant, at) => [`p${at}` as string, variant] as const));
    const registry = await build(new Map([...variants, ['whole', definition]]));
    expect(registry.list().map(({ id }) => id)).toContain('whole');
    const failures: string[] = [];
    for (const { id } of registry.list()) {
      const inputs = { name: 'a' };
      await registry
        .get(id)
        .makePodSpec({ jobId: '99755242-31af-11f0-80bd-0255ac10006c', inputs }, clusterWith())
        .catch((error: unknown) => failures.push(`${JSON.stringify(variants.get(id))}: ${String(error)}`));
    }
    expect(failures).toEqual([]);
  });
});
