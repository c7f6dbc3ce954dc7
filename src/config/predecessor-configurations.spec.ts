import { afterAll, describe, expect, it, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfiguration } from './load-configuration.js';
import { managerNames } from './sections/manager.section.js';
import { temporaryFolder } from './testing/temporary-files.js';

const fixtures = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'predecessor');
const folders: { remove: () => void }[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

/** Loads a fixture as the operator's Deployment does: the file stands at a place of its own, named by PYGEOAPI_CONFIG. */
function load(content: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = temporaryFolder({ 'local.config.yml': content });
  folders.push(folder);
  return loadConfiguration({
    environment: { PYGEOAPI_CONFIG: 'local.config.yml', ...environment },
    workingDirectory: folder.path,
  });
}

const fixture = (name: string): string => readFileSync(join(fixtures, name), 'utf8');
const configMap = (): string =>
  (parse(fixture('configmap.yaml')) as { data: Record<string, string> }).data['local.config.yml'] ?? '';

describe('a configuration of the 0.11 generation', () => {
  const { configuration, warnings } = load(fixture('v0.11.yaml'));

  it('loads unchanged, without a warning', () => {
    expect(warnings).toEqual([]);
    expect(configuration.server).toMatchObject({
      bind: { host: '0.0.0.0', port: 80 },
      url: 'http://localhost:80',
      mimetype: 'application/json; charset=UTF-8',
      encoding: 'utf-8',
      gzip: false,
      languages: ['en-US', 'fr-CA'],
      cors: false,
      prettyPrint: true,
      citeCompatibility: false,
      limits: { defaultItems: 50, maxItems: 1000 },
      manager: {
        name: 'pygeoapi_kubernetes_manager.manager.KubernetesManager',
        finalizerController: true,
        jobs: {},
        pods: {},
        logging: { kubernetes: 'INFO' },
      },
    });
    expect(configuration.logging).toEqual({ level: 'DEBUG' });
    expect(configuration.metadata).toMatchObject({
      identification: {
        title: { en: 'Processes of the hydrology group', fr: 'Processus du groupe hydrologie' },
        keywords: { en: ['hydrology', 'containers'], fr: ['hydrologie', 'conteneurs'] },
      },
      contact: { postalcode: '48155', url: 'Contact URL', phone: '+xx-xxx-xxx-xxxx' },
    });
  });

  it('keeps lists that stand at the level of their key', () => {
    const volumes = configuration.processes.find(({ id }) => id === 'volumes')?.processor;
    expect(volumes?.['storage']).toEqual([
      {
        name: 'test-storage',
        mount_path: '/tmp/test-storage',
        persistent_volume_claim_name: 'test-storage-pvc-name',
      },
      { name: 'test-empty-dir-storage', mount_path: '/tmp/test-empty-dir-storage', empty_dir: {} },
      {
        name: 'test-empty-dir-storage-with-config',
        mount_path: '/tmp/test-empty-dir-storage-with-config',
        empty_dir: { size_limit: '500Mi', medium: 'Memory' },
      },
    ]);
    expect(volumes?.['tolerations']).toEqual([
      { key: 'toleration-key', value: 'toleration-value', operator: 'Equal', effect: 'NoSchedule' },
    ]);
  });
});

describe('a configuration of the 0.17 generation', () => {
  const { configuration, warnings } = load(fixture('v0.17.yaml'));

  it('loads unchanged, without a warning', () => {
    expect(warnings).toEqual([]);
    expect(configuration.server.manager).toEqual({
      name: 'pygeoapi_k8s_manager.manager.KubernetesManager',
      finalizerController: true,
      jobs: {},
      pods: {},
      logging: { botocore: 'INFO', kubernetes: 'INFO', 'pygeoapi.l10n': 'ERROR' },
    });
    expect(configuration.logging).toEqual({
      level: 'INFO',
      logfile: '/dev/stdout',
      logformat: '[%(asctime)s | %(name)s::%(module)s.py:%(lineno)d | %(process)d] %(levelname)s - %(message)s',
      dateformat: '%Y-%m-%dT%H:%M:%SZ',
    });
    expect(configuration.processes.map(({ id, processor }) => [id, processor.name, processor['check_auth']])).toEqual([
      ['hello-world-k8s', 'pygeoapi_k8s_manager.process.HelloWorldK8sProcessor', undefined],
      ['ingest', 'pygeoapi_k8s_manager.process.GenericImageProcessor', false],
    ]);
  });
});

describe('a configuration of the 0.27 generation', () => {
  const { configuration, warnings } = load(fixture('v0.27.yaml'));

  it('loads unchanged, without a warning', () => {
    expect(warnings).toEqual([]);
    expect(configuration.server).toMatchObject({
      url: 'http://localhost:80',
      gzip: true,
      languages: ['de-DE', 'en-US'],
      cors: true,
      manager: { name: 'pygeoapi_k8s_manager.KubernetesManager' },
    });
  });

  it('tells a security context that is switched off from one that is not set', () => {
    const contexts = configuration.processes.map(({ id, processor }) => [
      id,
      processor['pod_security_context'],
      processor['container_security_context'],
    ]);
    expect(contexts).toEqual([
      ['hello-world-k8s', undefined, undefined],
      ['baseline', undefined, undefined],
      ['without', null, null],
      [
        'restricted',
        { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      ],
    ]);
  });
});

describe('a ConfigMap with the environment everywhere', () => {
  const required = { CONTAINER_PORT: '80', TITLE_EN: 'Lakes: a study', STAGE: 'production' };

  it('loads with the defaults; collections are passed over with a warning each', () => {
    const { configuration, warnings } = load(configMap(), required);
    expect(warnings).toEqual([
      'local.config.yml: metadata.identification.keywords.en[1]: ${NOT_REPLACED} is in quotes and therefore not replaced from the environment',
      'local.config.yml: resources.observations: type "collection" is passed over: only processes are served',
      'local.config.yml: resources.lakes: type "collection" is passed over: only processes are served',
    ]);
    expect(configuration.server).toMatchObject({
      bind: { host: '0.0.0.0', port: 80 },
      url: 'https://api.example.com',
      mimetype: 'application/json; charset=UTF-8',
      encoding: 'utf-8',
      gzip: false,
      languages: ['en-US', 'fr-CA'],
      cors: true,
      prettyPrint: true,
      citeCompatibility: false,
      limits: { defaultItems: 50, maxItems: 1000 },
      manager: {
        name: 'pygeoapi_k8s_manager.manager.KubernetesManager',
        finalizerController: true,
        jobs: {},
        pods: {},
        logging: { kubernetes: 'INFO' },
      },
    });
    expect(configuration.metadata.identification).toMatchObject({
      title: { en: 'Lakes: a study', fr: 'instance par défaut' },
      description: { en: 'Processes of Lakes: a study', fr: 'Processus de Lakes: a study' },
      keywords: { en: ['geospatial', '${NOT_REPLACED}'], fr: ['géospatiale'] },
    });
    expect(configuration.processes.map(({ id }) => id)).toEqual(['hello-world-k8s', 'configured']);
  });

  it('takes each value from the environment, typed anew', () => {
    const { configuration } = load(configMap(), {
      ...required,
      CONTAINER_HOST: '127.0.0.1',
      PUBLIC_URL: 'http://localhost:30080/pygeoapi/',
      GZIP: 'true',
      LANGUAGE_DEFAULT: 'de_DE',
      CORS: 'off',
      ITEMS: '5',
      MANAGER: 'pygeoapi_kubernetes_papermill.KubernetesManager',
      LEVEL: 'ERROR',
      FINALIZER: 'False',
      CHECK_AUTH: 'False',
      REGISTRY: 'registry.example.org/',
      TAG: '1.36',
      THREADS: '8',
      VERBOSE: 'no',
      CPU: '2',
    });
    expect(configuration.server).toMatchObject({
      bind: { host: '127.0.0.1', port: 80 },
      url: 'http://localhost:30080/pygeoapi',
      gzip: true,
      languages: ['de-DE', 'fr-CA'],
      cors: false,
      limits: { defaultItems: 5 },
      manager: {
        name: 'pygeoapi_kubernetes_papermill.KubernetesManager',
        finalizerController: false,
        jobs: {},
        pods: {},
        logging: { kubernetes: 'ERROR' },
      },
    });
    expect(configuration.processes[1]?.processor).toMatchObject({
      check_auth: false,
      default_image: 'registry.example.org/busybox:1.36',
      env: [
        { name: 'STAGE', value: 'production' },
        { name: 'THREADS', value: 8 },
        { name: 'VERBOSE', value: false },
      ],
      resources: { limits: { memory: '256M', cpu: 2 } },
    });
  });

  it('does not load without a variable that has no default, and names each with its place', () => {
    expect(() => load(configMap())).toThrow(
      'local.config.yml: server.bind.port: the environment variable CONTAINER_PORT is not set, and no default is given as ${CONTAINER_PORT:-default} (line 4)',
    );
  });
});

describe('the manager', () => {
  test.each([...managerNames])('may be named %s', (name) => {
    const { configuration, warnings } = load(`server: {manager: {name: ${name}, finalizer_controller: true}}`);
    expect([configuration.server.manager.name, warnings]).toEqual([name, []]);
  });

  it('has every name of the predecessors', () => {
    expect([...managerNames]).toEqual(
      expect.arrayContaining([
        'pygeoapi_k8s_manager.KubernetesManager',
        'pygeoapi_k8s_manager.manager.KubernetesManager',
        'pygeoapi_kubernetes_manager.manager.KubernetesManager',
        'pygeoapi_kubernetes_papermill.KubernetesManager',
        'pygeoapi_kubernetes_papermill.kubernetes.KubernetesManager',
        'pygeoapi_kubernetes_papermill.ArgoManager',
      ]),
    );
  });

  // The files that the 0.1x generations ship for kind and for debugging have it.
  it('may be named pygeoapi_kubernetes_manager.KubernetesManager', () => {
    expect(() => load('server: {manager: {name: pygeoapi_kubernetes_manager.KubernetesManager}}')).not.toThrow();
  });
});

describe('the prefix of job names', () => {
  const prefixOf = (prefix?: string) =>
    load('', { PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: prefix }).configuration.environment.jobNamePrefix;

  test.each([
    [undefined, 'pygeoapi-job-'],
    ['', 'pygeoapi-job-'],
    ['a', 'a'],
    ['jobs-of-a-27-character-name', 'jobs-of-a-27-character-name'],
  ])('%j is %s', (given, expected) => {
    expect(prefixOf(given)).toBe(expected);
  });

  test.each([['Upper-'], ['-leading'], ['with.dot-'], ['under_score-'], ['a b'], ['jobs-of-a-28-character-name-']])(
    '%j stops the start',
    (prefix) => {
      expect(() => prefixOf(prefix)).toThrow(
        'environment: PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: must be at most 27 lower case letters, digits and hyphens, the first a letter or a digit, such as pygeoapi-job-',
      );
    },
  );
});
