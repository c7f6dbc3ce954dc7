import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { readVariables, toEnvironmentSettings, withoutSecrets } from './environment.js';

const settingsOf = (environment: NodeJS.ProcessEnv) => {
  const { variables, faults } = readVariables(environment);
  return { faults, ...toEnvironmentSettings(variables, '/work') };
};

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const bucket = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET';

describe('the environment', () => {
  it('takes signing keys from the variable or from a file, and shows none of them', async () => {
    const name = 'PYGEOAPI_K8S_MANAGER_SIGNING_KEYS';
    const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
    expect(settingsOf({ [name]: `${one} ${two}` })).toMatchObject({ settings: { signingKeys: [one, two] } });
    const folder = await mkdtemp(join(tmpdir(), 'keys-'));
    const file = join(folder, 'keys');
    await writeFile(file, `${two}\n${one}\n`);
    expect(settingsOf({ [`${name}_FILE`]: file })).toMatchObject({ settings: { signingKeys: [two, one] } });
    const faults = (environment: Record<string, string>) =>
      readVariables(environment).faults.map(({ path, message }) => `${path}: ${message}`);
    const keys = 'secrets of at least 16 characters each, with blanks or line ends between them';
    for (const text of ['', `${one}\ntooshort`]) {
      await writeFile(file, text);
      expect(faults({ [`${name}_FILE`]: file })).toEqual([`${name}_FILE: must be the path of a file with ${keys}`]);
    }
    await rm(folder, { recursive: true });
    expect(faults({ [`${name}_FILE`]: file })).toEqual([
      expect.stringContaining(`${name}_FILE: cannot be read: ENOENT`),
    ]);
    expect(faults({ [`${name}_FILE`]: file, [name]: one })).toEqual([
      `${name}_FILE: must not be set together with ${name}`,
    ]);
    expect(faults({ [name]: `${one} tooshort` })).toEqual([`${name}: must be ${keys} (the value is not shown)`]);
    expect(JSON.stringify(withoutSecrets(settingsOf({ [name]: one }).settings))).not.toContain(one);
  });

  it('has defaults', () => {
    expect(settingsOf({})).toEqual({
      faults: [],
      settings: {
        jobNamePrefix: 'pygeoapi-job-',
        jobSecrets: false,
        bucket: { pathPrefix: '' },
        subscribers: { allowedHosts: ['public'], secrets: [] },
        inputHosts: ['public'],
        cluster: 'auto',
        dataDir: '/work/.data',
        metrics: {},
        shutdownDelay: 0,
        build: {},
      },
      warnings: [],
    });
  });

  it('is read whole', () => {
    const { settings, faults, warnings } = settingsOf({
      PYGEOAPI_K8S_MANAGER_API_TOKEN: ' to ken \n',
      PYGEOAPI_K8S_MANAGER_NAMESPACE: 'jobs',
      PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: 'my-jobs-',
      PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT: 'off',
      PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT: '{not json',
      PYGEOAPI_K8S_MANAGER_JOB_SECRETS: 'true',
      [`${bucket}_ENDPOINT`]: 'https://obs.example.org',
      [`${bucket}_KEY`]: 'key\n',
      [`${bucket}_SECRET`]: 'secret\n\n',
      [`${bucket}_NAME`]: 'logs',
      [`${bucket}_PATH_PREFIX`]: 'jobs/logs/',
      SUBSCRIBER_ALLOWED_HOSTS: 'public, *.example.org,10.0.0.0/8,[::1]',
      SUBSCRIBER_SIGNING_SECRET: `${secret} ${secret}\n`,
      INPUT_HREF_ALLOWED_HOSTS: 'data.example.org',
      K8S_CLUSTER: 'in-cluster',
      DATA_DIR: 'data',
      RUN_AS: '1000:1000',
      NOTEBOOK_PYTHON: 'venv/bin/python',
      OBJECT_STORE: 'folder',
      METRICS_PORT: '9090',
      METRICS_TOKEN: 'scraper\n',
      SHUTDOWN_DELAY: '5',
      VERSION: '1.2.3',
      BUILD_DATE: '2026-01-31T00:00:00Z',
      GIT_COMMIT: 'abc',
      GIT_TAG: 'v1.2.3',
      GIT_BRANCH: 'main',
    });
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
    expect(settings).toEqual({
      apiToken: ' to ken ',
      namespace: 'jobs',
      jobNamePrefix: 'my-jobs-',
      jobPodSecurityContext: 'off',
      jobContainerSecurityContext: '{not json',
      jobSecrets: true,
      bucket: {
        endpoint: 'https://obs.example.org',
        key: 'key',
        secret: 'secret\n',
        name: 'logs',
        pathPrefix: 'jobs/logs/',
      },
      subscribers: {
        allowedHosts: ['public', '*.example.org', '10.0.0.0/8', '[::1]'],
        secrets: [secret, secret],
      },
      inputHosts: ['data.example.org'],
      cluster: 'in-cluster',
      dataDir: '/work/data',
      runAs: '1000:1000',
      notebookPython: '/work/venv/bin/python',
      objectStore: 'folder',
      metrics: { port: 9090, token: 'scraper' },
      shutdownDelay: 5,
      build: { version: '1.2.3', date: '2026-01-31T00:00:00Z', commit: 'abc', tag: 'v1.2.3', branch: 'main' },
    });
  });

  it('counts empty variables as unset', () => {
    const { settings, faults } = settingsOf({ PYGEOAPI_K8S_MANAGER_API_TOKEN: '\n', K8S_CLUSTER: '', PORT: '' });
    expect(faults).toEqual([]);
    expect(settings).toMatchObject({ apiToken: undefined, cluster: 'auto' });
  });

  it('adds the slash to the prefix of the bucket, with a warning', () => {
    const { settings, warnings } = settingsOf({ [`${bucket}_PATH_PREFIX`]: 'logs' });
    expect(settings.bucket.pathPrefix).toBe('logs/');
    expect(warnings).toEqual([`environment: ${bucket}_PATH_PREFIX: does not end with "/"; "logs/" is used`]);
  });

  test.each([
    ['K8S_CLUSTER', 'foo', 'must be one of auto, embedded, kubeconfig, in-cluster (is "foo")'],
    ['RUN_AS', 'a b', 'must be the number of a user (and of a group, such as 1000:1000) or the name of one (is "a b")'],
    ['OBJECT_STORE', 'S3', 'must be one of s3, folder (is "S3")'],
    ['PORT', 'eighty', 'must be an integer from 0 to 65535 (is "eighty")'],
    ['PORT', '65536', 'must be an integer from 0 to 65535 (is "65536")'],
    ['PORT', '1e3', 'must be an integer from 0 to 65535 (is "1e3")'],
    ['CONTAINER_PORT', 'eighty', 'must be an integer from 0 to 65535 (is "eighty")'],
    ['CONTAINER_HOST', 'a b', 'must be a host name or an IP address (is "a b")'],
    ['HOST', 'http://x', 'must be a host name or an IP address (is "http://x")'],
    ['METRICS_PORT', '-1', 'must be an integer from 0 to 65535 (is "-1")'],
    ['METRICS_TOKEN', 'to ken', 'must be a text without white space (the value is not shown)'],
    ['SYNC_MAX_WAIT', '0', 'must be an integer from 1 to 86400 (is "0")'],
    ['FOLLOW_MAX_SILENCE', '-1', 'must be an integer from 0 to 3600 (is "-1")'],
    ['KEEP_ALIVE_TIMEOUT', '1m', 'must be an integer from 1 to 86400 (is "1m")'],
    ['PYGEOAPI_K8S_MANAGER_NAMESPACE', 'My_Space', 'must be the name of a Kubernetes namespace (is "My_Space")'],
    [
      `${bucket}_ENDPOINT`,
      'obs.example.org',
      'must be an http:// or https:// address without query and fragment (is "obs.example.org")',
    ],
    ['PYGEOAPI_K8S_MANAGER_API_TOKEN', '  ', 'must be a text that is not only white space (the value is not shown)'],
    [`${bucket}_KEY`, '\t', 'must be an access key (the value is not shown)'],
    [`${bucket}_SECRET`, ' ', 'must be the secret of the access key (the value is not shown)'],
    [
      'SUBSCRIBER_SIGNING_SECRET',
      'whsec_short',
      'must be whsec_ and the base64 of 24 to 64 bytes (several of these, divided by blanks, while one replaces another) (the value is not shown)',
    ],
  ])('refuses %s=%j', (name, value, message) => {
    expect(readVariables({ [name]: value }).faults).toEqual([{ path: name, message }]);
  });

  test.each([
    ['public', true],
    ['*', true],
    ['a, *.b.example.org, 10.0.0.1, fd00::/8', true],
    ['bücher.example', true],
    ['', true],
    ['a,,b', false],
    ['http://example.org', false],
    ['example.org:80', false],
    ['*.*.example.org', false],
    ['a*.example.org', false],
    ['10.0.0.0/33', false],
    ['10.0.0.256', false],
  ])('hosts of subscribers %j: %s', (hosts, isAllowed) => {
    expect(readVariables({ SUBSCRIBER_ALLOWED_HOSTS: hosts }).faults.length === 0).toBe(isAllowed);
  });

  test.each([
    ['a'.repeat(27), true],
    ['a'.repeat(28), false],
    ['0-', true],
    ['-a', false],
    ['Jobs-', false],
    ['jobs.', false],
  ])('job name prefix %s: %s', (prefix, isAllowed) => {
    expect(readVariables({ PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: prefix }).faults.length === 0).toBe(isAllowed);
  });

  it('can be shown without its secrets', () => {
    const { settings } = settingsOf({
      PYGEOAPI_K8S_MANAGER_API_TOKEN: 'hidden-token',
      METRICS_TOKEN: 'hidden-metrics-token',
      [`${bucket}_KEY`]: 'hidden-key',
      [`${bucket}_SECRET`]: 'hidden-secret',
      [`${bucket}_NAME`]: 'logs',
      SUBSCRIBER_SIGNING_SECRET: `whsec_${'hidden'.repeat(6)}`,
    });
    expect(JSON.stringify(withoutSecrets(settings))).toMatch(/^(?!.*hidden).*"name":"logs"/);
  });
});
