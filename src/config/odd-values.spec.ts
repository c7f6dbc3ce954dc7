import { afterAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { loadConfiguration } from './load-configuration.js';
import { temporaryFolder } from './testing/temporary-files.js';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const SHA256 = 'ab'.repeat(32);

/** Every section, with every kind of value. */
const whole: { readonly [key: string]: Value } = {
  server: {
    bind: { host: '127.0.0.1', port: 5000 },
    url: 'https://example.org/api',
    languages: ['en', 'de'],
    language: 'en',
    cors: ['https://example.org'],
    hosts: ['example.org'],
    trust_proxy: ['10.0.0.0/8'],
    ignore_parameters: ['utm_*'],
    mimetype: 'application/json',
    limits: { max_items: 5 },
    readers: { at_once: 5 },
    map: { url: 'https://tiles.example.org/{z}/{x}/{y}.png', attribution: 'them' },
    manager: {
      name: 'pygeoapi_k8s_manager.KubernetesManager',
      logging: { kubernetes: 'INFO' },
      collected_logs: { per_pod: 1048576 },
      queue_priorities: { urgent: 1 },
      result_validation: 'warn',
      node_selector: { a: 'b' },
      tolerations: [{ key: 'a', operator: 'Exists', toleration_seconds: 5, effect: 'NoExecute' }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }] } },
      topology_spread_constraints: [
        {
          maxSkew: 1,
          topologyKey: 'a',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { a: 'b' } },
        },
      ],
      image_pull_secrets: ['a'],
      extended_resources: { 'example.org/gpu': 1 },
      pod_labels: { 'example.org/a': 'b' },
      pod_annotations: { 'example.org/a': 'b' },
    },
  },
  logging: { level: 'INFO', logfile: 'log', logformat: '%(message)s', dateformat: '%Y', rotation: { mode: 'size' } },
  metadata: {
    identification: { title: { en: 'a' }, description: 'b', keywords: { en: ['a'] }, url: 'c' },
    license: { name: 'a' },
    contact: { name: 'a' },
  },
  plugins: [],
  operators: [],
  processes_api: true,
  pubsub: { name: 'MQTT', broker: { url: 'mqtt://user:of-the-broker@example.org', channel: 'a', hidden: true } },
  access: {
    key: { file: 'key' },
    anonymous: 'guest',
    audit: 'stdout',
    tokens: [
      { name: 'ann', sha256: SHA256, roles: ['guest'], expires: '2030-01-01' },
      { name: 'bob', env: 'BOB', roles: ['guest'] },
      { name: 'eve', file: 'eve' },
    ],
    roles: {
      guest: {
        may: ['read'],
        processes: ['*'],
        groups: ['a'],
        subjects: ['b'],
        limits: { input_bytes: '10M' },
        queue_name: 'a',
      },
    },
    limits: { per_caller: { running: 1 }, per_process: { running: 1 } },
    oidc: {
      issuer: 'https://id.example.org',
      audience: ['a'],
      algorithms: ['RS256'],
      claims: { subject: 'sub' },
      introspection: { id: 'a', secret: { env: 'BOB' } },
      client: { id: 'a', secret: { file: 'eve' } },
      scopes: ['openid'],
    },
  },
  archive: { url: 'embedded', folder: 'archive', keep_jobs: '1h', keep_records: '2h' },
  usage: { measured: '30s' },
  resources: {
    p: {
      type: 'process',
      processor: {
        name: 'Some',
        metadata: {
          title: 'a',
          keywords: ['a'],
          links: [{ href: 'a', title: 'b' }],
          inputs: {
            a: { title: 'a', keywords: ['a'], schema: { type: 'object', properties: { b: { enum: ['c'] } } } },
          },
          outputs: { a: { schema: { allOf: [{ type: 'string' }] } } },
        },
      },
    },
  },
};

const odd: readonly Value[] = [null, 5, 'odd', [null], { odd: 5 }];

/** The value with one of its parts, or itself, replaced by something else: every such value, and where that is. */
function* variantsOf(value: Value, path = ''): Generator<{ path: string; variant: Value }> {
  for (const other of odd) yield { path: `${path} = ${JSON.stringify(other)}`, variant: other };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const { path: place, variant } of variantsOf(part as Value, `${path}.${key}`))
      yield {
        path: place,
        variant: Array.isArray(value)
          ? (value as Value[]).map((each, at) => (String(at) === key ? variant : each))
          : { ...value, [key]: variant },
      };
}

describe('a configuration in which something is of another kind', () => {
  const key = Buffer.alloc(32, 1).toString('base64');
  const folder = temporaryFolder({ key, eve: 'a-token-of-eve-alone' });
  afterAll(() => folder.remove());

  /** What is thrown but a list of faults; undefined where there is no such thing. */
  function failureOf(content: Value): unknown {
    writeFileSync(join(folder.path, 'c.yaml'), JSON.stringify(content));
    try {
      loadConfiguration({
        environment: { PYGEOAPI_CONFIG: 'c.yaml', BOB: 'a-token-of-bob-alone' },
        workingDirectory: folder.path,
      });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) return error;
      if (/of-the-broker|a-token-of/.test(error.message)) return error.message;
    }
    return undefined;
  }

  it('is whole and right before', () => {
    writeFileSync(join(folder.path, 'c.yaml'), JSON.stringify(whole));
    const options = { environment: { PYGEOAPI_CONFIG: 'c.yaml', BOB: 'b' }, workingDirectory: folder.path };
    expect(() => loadConfiguration(options)).not.toThrow();
  });

  it.each(Object.keys(whole))('loads, or tells its faults: %s', (section) => {
    const failures = [...variantsOf(whole[section] ?? null, section)]
      .map(({ path, variant }) => ({
        path,
        failure: failureOf({ server: { url: 'https://example.org' }, [section]: variant }),
      }))
      .filter(({ failure }) => failure !== undefined)
      .map(
        ({ path, failure }) =>
          `${path}: ${failure instanceof Error ? (failure.stack ?? '').slice(0, 300) : String(failure)}`,
      );
    expect(failures).toEqual([]);
  });
});
