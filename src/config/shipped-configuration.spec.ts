import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import type { ProcessorSection } from './configuration.js';
import { loadConfiguration } from './load-configuration.js';

const workingDirectory = join(import.meta.dirname, '..', '..');
const load = (environment: NodeJS.ProcessEnv = {}) => loadConfiguration({ environment, workingDirectory });
const { configuration, warnings } = load();

function processor(id: string): ProcessorSection & { metadata: Record<string, never> } {
  const found = configuration.processes.find((process) => process.id === id);
  if (!found) throw new Error(`no process ${id}`);
  return found.processor as ProcessorSection & { metadata: Record<string, never> };
}

describe('the configuration that the repository ships', () => {
  it('is read without a warning', () => {
    expect(warnings).toEqual([]);
    expect(configuration.file).toBe('config/pygeoapi-config.yaml');
  });

  it('collects results, and listens where the environment says', () => {
    expect(configuration.server).toMatchObject({
      bind: { host: '0.0.0.0', port: 5000 },
      languages: ['en-US', 'de-DE'],
      keepAliveTimeout: 650,
      manager: {
        name: 'pygeoapi_k8s_manager.manager.KubernetesManager',
        finalizerController: true,
        syncMaxWait: 45,
        followMaxSilence: 30,
        undeclaredInputs: 'refuse',
        jobs: { ttlSeconds: 7 * 24 * 3600, maxInlineInputs: 32_768, maxJobs: 500, startDeadlineSeconds: 600 },
      },
    });
    expect(configuration.server.url).toBeUndefined();
    expect(configuration.server).toMatchObject({ cors: false, hosts: ['loopback'] });
    const sizes = [configuration.server.maxRequestBytes, configuration.server.maxRequestBytesInFlight];
    expect(sizes).toEqual([2 * 1024 ** 2, 4 * 1024 ** 2]);
    expect(load({ SERVER_HOSTS: 'a, *.b.example' }).configuration.server.hosts).toEqual(['a', '*.b.example']);
    const { server } = load({ CONTAINER_PORT: '80', PYGEOAPI_URL: 'https://example.org/api/' }).configuration;
    expect([server.bind.port, server.url]).toEqual([80, 'https://example.org/api']);
  });

  it.each(['k8s-manifests/base/local.config.yml', 'k8s-manifests/chart/values.yaml'])(
    'limits jobs as %s does',
    async (file) => {
      const whole = parse(await readFile(join(workingDirectory, file), 'utf8')) as Record<string, never>;
      const { manager } = ((whole['config'] ?? whole) as unknown as { server: { manager: object } }).server;
      expect(manager).toMatchObject({
        ttl_seconds_after_finished: 604_800,
        max_inline_inputs: 32_768,
        max_jobs: 500,
        start_deadline_seconds: 600,
        undeclared_inputs: 'refuse',
      });
    },
  );

  it.each([
    ['config/pygeoapi-config.yaml', []],
    ['k8s-manifests/base/local.config.yml', []],
    ['k8s-manifests/chart/values.yaml', ['config']],
  ])('keeps statuses and results from whoever may not execute: %s', async (file, path) => {
    const document = parseDocument(await readFile(join(workingDirectory, file), 'utf8'), { version: '1.1' });
    expect(document.getIn([...path, 'server', 'manager', 'results'])).toBe('token');
  });

  it('has the processes', () => {
    const options = configuration.processes.map(({ id, processor: { metadata } }) => [
      id,
      (metadata as { jobControlOptions: string[] }).jobControlOptions,
    ]);
    expect(options).toEqual([
      ['hello-world-k8s', ['sync-execute', 'async-execute']],
      ['hello-world-k8s-sleep', ['async-execute']],
      ['hello-world-k8s-sleep-failing', ['async-execute']],
      ['generic-image-processor-example', ['async-execute']],
      ['geojson-features', ['sync-execute', 'async-execute']],
      ['echo', ['sync-execute', 'async-execute']],
    ]);
  });

  it.each(configuration.processes.map(({ id }) => id))('describes %s whole', (id) => {
    expect(Object.keys(processor(id).metadata).sort()).toEqual([
      'description',
      'example',
      'inputs',
      'jobControlOptions',
      'keywords',
      'links',
      'outputs',
      'title',
      'version',
    ]);
    expect(processor(id).metadata).toMatchObject({
      version: '1.0.0',
      title: { en: expect.any(String), de: expect.any(String) },
      description: { en: expect.any(String), de: expect.any(String) },
    });
  });

  it('gives the sleeping processes their own titles over the shared description', () => {
    const [base, sleep, failing] = ['', '-sleep', '-sleep-failing'].map(
      (end) => processor(`hello-world-k8s${end}`).metadata,
    );
    expect(sleep?.['inputs']).toEqual(base?.['inputs']);
    expect(failing?.['outputs']).toEqual(base?.['outputs']);
    expect(new Set([base, sleep, failing].map((metadata) => JSON.stringify(metadata?.['title']))).size).toBe(3);
  });

  it('keeps the types of the environment of the example, and asks for the token there', () => {
    const example = processor('generic-image-processor-example');
    expect(example['env']).toEqual([
      { name: 'SIMPLE_ENV_BOOLEAN_AS_STRING', value: 'False' },
      { name: 'SIMPLE_ENV_BOOLEAN_AS_BOOLEAN', value: false },
      { name: 'SIMPLE_ENV_STRING', value: 'simple-env-string' },
      { name: 'SIMPLE_ENV_INTEGER', value: 1024 },
    ]);
    expect(example['check_auth']).toBeUndefined();
    expect(example['command']).toEqual([
      'sh',
      '-c',
      `date; env | sort; echo "PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json"; echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf '{"id":"variables","value":%d}\\n' "$(env | wc -l)"`,
    ]);
  });

  it('runs the entry point of the real process, without a token', () => {
    expect(processor('geojson-features')).toMatchObject({
      name: 'pygeoapi_k8s_manager.process.GenericImageProcessor',
      default_image: 'ogc-processes-k8s/geojson-features:latest',
      check_auth: false,
      mimetype: 'application/geo+json',
    });
    expect(processor('geojson-features')['command']).toBeUndefined();
  });
});

describe("the configuration for OGC's compliance suite", () => {
  const cite = load({ PYGEOAPI_CONFIG: 'config/cite.yaml' });

  it('is read with one warning: of the header that is not valid', () => {
    expect(cite.warnings).toEqual([expect.stringMatching(/^config\/cite\.yaml: server\.cite_compatibility: /)]);
    expect([cite.configuration.server.citeCompatibility, configuration.server.citeCompatibility]).toEqual([
      true,
      false,
    ]);
  });

  it('has one process, whose outputs are its inputs', () => {
    expect(cite.configuration.processes.map(({ id }) => id)).toEqual(['cite-echo']);
    const metadata = cite.configuration.processes[0]?.processor['metadata'] as Record<'inputs' | 'outputs', object>;
    expect(Object.keys(metadata.outputs)).toEqual(Object.keys(metadata.inputs));
  });
});
