import { describe, expect, it, test } from '@jest/globals';
import { join } from 'node:path';
import { loadConfiguration } from './load-configuration.js';
import { linkedInputSettings } from './linked-input-settings.js';
import { collectionSettings } from './collection-settings.js';
import { followerSettings, listenerSettings, waitSettings, readerSettings } from './reader-settings.js';
import { faultsOf, folders, load, manager } from './testing/loading.js';
import { temporaryFolder } from './testing/temporary-files.js';
import { defaultConfigurationFiles } from './variables.js';

describe('the settings of a deployment', () => {
  test.each<[NodeJS.ProcessEnv, Record<string, string>, { host: string; port: number }]>([
    [{}, {}, { host: 'f', port: 7 }],
    [{ CONTAINER_HOST: '::', CONTAINER_PORT: '80' }, {}, { host: '::', port: 80 }],
    [{ CONTAINER_HOST: '', CONTAINER_PORT: '' }, {}, { host: 'f', port: 7 }],
    [{ CONTAINER_HOST: '::', CONTAINER_PORT: '80', HOST: 'h', PORT: '1' }, {}, { host: 'h', port: 1 }],
    [
      { CONTAINER_PORT: '80', PORT: '1' },
      { PORT: '2', HOST: 'o' },
      { host: 'o', port: 2 },
    ],
  ])('%j with flags %j listen at %j', (environment, overrides, bind) => {
    const content = 'server: {bind: {host: f, port: 7}}';
    expect(load(content, { environment, overrides }).configuration.server.bind).toEqual(bind);
  });

  test.each([
    [undefined, ''],
    ['/', ''],
    ['/pygeoapi', '/pygeoapi'],
    ['/a/b-c/', '/a/b-c'],
  ])('SCRIPT_NAME %s is the path prefix %j', (SCRIPT_NAME, pathPrefix) => {
    expect(load(manager, { environment: { SCRIPT_NAME } }).configuration.server.pathPrefix).toBe(pathPrefix);
  });

  it('say how large a form with files may be, and how much all of them may take', () => {
    const settings = (server: string) => load(`server: {${server}}`).configuration.server;
    expect(settings('max_upload_bytes: 5')).toMatchObject({ maxUploadBytes: 5, maxUploadBytesInFlight: 10 });
    expect(settings('max_upload_bytes: 5, max_upload_bytes_in_flight: 3')).toMatchObject({ maxUploadBytesInFlight: 5 });
    expect(faultsOf('server: {max_upload_bytes: 3221225473, max_upload_bytes_in_flight: 0}')).toEqual([
      expect.stringContaining('server.max_upload_bytes: must be an integer from 1 to 3221225472'),
      expect.stringContaining('server.max_upload_bytes_in_flight: must be an integer of at least 1'),
    ]);
  });

  it('say under which address pods find the server, and how much may be sent', () => {
    const limits = 'max_request_bytes: 1, max_output_bytes: 2, max_job_output_bytes: 5';
    const file = `server: {internal_url: "http://a:80/p/", ${limits}}`;
    const environment = {
      INTERNAL_URL: 'http://b:0/',
      MAX_REQUEST_BYTES: '3',
      MAX_OUTPUT_BYTES: '4',
      MAX_JOB_OUTPUT_BYTES: '6',
      INPUT_HREF_ALLOWED_HOSTS: 'public, data.intern',
    };
    expect(load(file).configuration).toMatchObject({
      server: { internalUrl: 'http://a:80/p', maxRequestBytes: 1, maxOutputBytes: 2, maxJobOutputBytes: 5 },
      environment: { inputHosts: ['public'] },
    });
    expect(load(file, { environment }).configuration).toMatchObject({
      server: { internalUrl: 'http://b:0', maxRequestBytes: 3, maxOutputBytes: 4, maxJobOutputBytes: 6 },
      environment: { inputHosts: ['public', 'data.intern'] },
    });
    expect(faultsOf(manager, { environment: { INTERNAL_URL: 'b', MAX_OUTPUT_BYTES: '1 GiB' } })).toEqual([
      expect.stringContaining('environment: INTERNAL_URL: must be an http:// or https:// address'),
      expect.stringContaining('environment: MAX_OUTPUT_BYTES: must be an integer of at least 1'),
    ]);
  });

  it('say how many jobs run at the same time, and how many wait', () => {
    const file = (limits: string) => `server: {manager: {name: pygeoapi_k8s_manager.KubernetesManager, ${limits}}}`;
    const limits =
      'max_running: 20, max_running_per_caller: 5, max_waiting: 2000, queue_priorities: {urgent: 10, whenever: -1}';
    expect(load(file(limits)).configuration.server.manager).toMatchObject({
      maxRunning: 20,
      maxRunningPerCaller: 5,
      maxWaiting: 2000,
      queuePriorities: { urgent: 10, whenever: -1 },
    });
    expect(load(file('max_running:')).configuration.server.manager.maxRunning).toBeUndefined();
    expect(faultsOf(file('max_running: 0, queue_priorities: {urgent: high}, max_waiting: many'))).toEqual([
      'c.yaml: server.manager.max_running: must be an integer from 1 to 1000000 (is 0)',
      'c.yaml: server.manager.queue_priorities: must be a mapping to integers from -1000000000 to 1000000000 (is a mapping)',
      'c.yaml: server.manager.max_waiting: must be an integer from 1 to 1000000 (is "many")',
    ]);
  });

  it('say for how long requests, followed logs and idle connections may go on', () => {
    const times = 'sync_max_wait: 45, follow_max_silence: 0';
    const file = `server: {keep_alive_timeout: 650, manager: {name: pygeoapi_k8s_manager.KubernetesManager, ${times}}}`;
    const environment = { SYNC_MAX_WAIT: '1', FOLLOW_MAX_SILENCE: '2', KEEP_ALIVE_TIMEOUT: '3' };
    expect(load(file).configuration.server).toMatchObject({
      keepAliveTimeout: 650,
      manager: { syncMaxWait: 45, followMaxSilence: 0 },
    });
    expect(load(file, { environment }).configuration.server).toMatchObject({
      keepAliveTimeout: 3,
      manager: { syncMaxWait: 1, followMaxSilence: 2 },
    });
    expect(faultsOf(file.replace('650', '0').replace('silence: 0', 'silence: 1h'))).toEqual([
      'c.yaml: server.keep_alive_timeout: must be an integer from 1 to 86400 (is 0)',
      'c.yaml: server.manager.follow_max_silence: must be an integer from 0 to 3600 (is "1h")',
    ]);
  });

  it('say how much is read at once, how slowly, what a document holds, and where clients reach the store', () => {
    expect(readerSettings(load(manager).configuration.server)).toEqual({
      atOnce: 200,
      perCaller: 100,
      minimumRate: 1024,
    });
    expect(load(manager).configuration.server.maxInlineResults).toBeUndefined();
    const file = 'server: {readers: {at_once: 20, minimum_rate: 0}, max_inline_results: 5}';
    const name = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PUBLIC_ENDPOINT';
    const { server, environment } = load(file, { environment: { [name]: 'https://store.example.org' } }).configuration;
    // One address never has more than there is for all.
    expect(readerSettings(server)).toEqual({ atOnce: 20, perCaller: 20, minimumRate: 0 });
    expect(server.maxInlineResults).toBe(5);
    expect(environment.bucket.publicEndpoint).toBe('https://store.example.org');
    const wrong = 'server: {readers: {at_once: 0, per_caller: many, minimum_rate: -1}, max_inline_results: 0}';
    expect(faultsOf(wrong, { environment: { [name]: 'store' } })).toEqual([
      expect.stringContaining(`environment: ${name}: must be an http:// or https:// address`),
      expect.stringContaining('server.readers.minimum_rate: must be an integer of at least 0'),
      expect.stringContaining('server.readers.at_once: must be an integer from 1 to 100000'),
      expect.stringContaining('server.readers.per_caller: must be an integer from 1 to 100000'),
      expect.stringContaining('server.max_inline_results: must be an integer of at least 1'),
    ]);
  });

  it('say how much is fetched of inputs given by link, for a request and at a time', () => {
    const settings = (file: string) => linkedInputSettings(load(file).configuration.server);
    const defaults = { perLink: 10_485_760, perRequest: 209_715_200, atOnce: 33_554_432 };
    expect(settings(manager)).toEqual(defaults);
    expect(settings('server: {linked_inputs: {per_request: 5}}')).toEqual({ ...defaults, perRequest: 5 });
    // One link always finds room.
    expect(settings('server: {max_request_bytes: 100, linked_inputs: {at_once: 50}}')).toEqual({
      perLink: 100,
      perRequest: 2_000,
      atOnce: 100,
    });
    expect(faultsOf('server: {linked_inputs: {per_request: 0, at_once: many}}')).toEqual([
      expect.stringContaining('server.linked_inputs.per_request: must be an integer of at least 1'),
      expect.stringContaining('server.linked_inputs.at_once: must be an integer of at least 1'),
    ]);
  });

  it('say who reads results', () => {
    const readers = (file: string) => load(file).configuration.server.manager.jobs.resultReaders;
    expect(readers(manager)).toBeUndefined();
    expect(readers('server: {manager: {results: token}}')).toBe('token');
    expect(readers('server: {manager: {results: public}}')).toBe('public');
    expect(faultsOf('server: {manager: {results: nobody}}')).toEqual([
      expect.stringContaining('server.manager.results: must be one of token, public (is "nobody")'),
    ]);
  });

  it('say how many follow logs', () => {
    const of = (file: string) => followerSettings(load(file).configuration.server);
    expect(of(manager)).toEqual({ atOnce: 200, perCaller: 100 });
    expect(of('server: {followers: {at_once: 20}}')).toEqual({ atOnce: 20, perCaller: 20 });
    expect(of('server: {followers: {per_caller: 2}, readers: {per_caller: 3}}')).toEqual({ atOnce: 200, perCaller: 2 });
    expect(faultsOf('server: {followers: {at_once: 0, minimum_rate: 1}}')).toEqual([
      expect.stringContaining('server.followers.at_once: must be an integer from 1 to 100000'),
    ]);
  });

  it('say how many listen to events of jobs', () => {
    const of = (file: string) => listenerSettings(load(file).configuration.server);
    expect(of(manager)).toEqual({ atOnce: 2000, perCaller: 1000 });
    expect(of('server: {listeners: {at_once: 20}, followers: {at_once: 5}}')).toEqual({ atOnce: 20, perCaller: 20 });
    expect(faultsOf('server: {listeners: {per_caller: many}}')).toEqual([
      expect.stringContaining('server.listeners.per_caller: must be an integer from 1 to 100000'),
    ]);
  });

  it('say how many requests wait for their jobs', () => {
    const of = (file: string) => waitSettings(load(file).configuration.server);
    expect(of(manager)).toEqual({ atOnce: 2000, perCaller: 1000 });
    expect(of('server: {waits: {at_once: 20, per_caller: 3}}')).toEqual({ atOnce: 20, perCaller: 3 });
    expect(faultsOf('server: {waits: {per_caller: 0}}')).toEqual([
      expect.stringContaining('server.waits.per_caller: must be an integer from 1 to 100000'),
    ]);
  });

  it('say how much of logs waits for the store in temporary files', () => {
    const of = (file: string) => collectionSettings(load(file).configuration.server.manager);
    const collected = (text: string) => `server: {manager: {collected_logs: ${text}}}`;
    expect(of(manager)).toEqual({ perPod: 2 ** 30, inAll: 2 ** 32 });
    // One pod alone never takes all.
    expect(of(collected('{in_all: 8388608}'))).toEqual({ perPod: 2_097_152, inAll: 8_388_608 });
    expect(of(collected('{per_pod: 1048576}'))).toEqual({ perPod: 1_048_576, inAll: 2 ** 32 });
    expect(faultsOf(collected('{per_pod: 1, in_all: x}'))).toEqual([
      expect.stringContaining('server.manager.collected_logs.per_pod: must be an integer of at least 1048576'),
      expect.stringContaining('server.manager.collected_logs.in_all: must be an integer of at least 4194304'),
    ]);
  });

  it('say which pages may use the server and which hosts it has, and are warned of what is open', () => {
    const { server } = load('server: {cors: ["https://a.example"], hosts: "a.example, loopback"}').configuration;
    expect([server.cors, server.hosts]).toEqual([['https://a.example'], ['a.example', 'loopback']]);
    const tokens = { PYGEOAPI_K8S_MANAGER_API_TOKEN: 'a-long-enough-token' };
    const open = expect.stringContaining('server.cors: true lets the pages of any site');
    expect(load('server: {cors: true}', { environment: tokens }).warnings).toContainEqual(open);
    expect(load('server: {cors: true}').warnings).not.toContainEqual(open);
    expect(load('server: {cors: [https://a.example]}', { environment: tokens }).warnings).not.toContainEqual(open);
    const secret = `whsec_${Buffer.from('a secret of enough length, that is').toString('base64')}`;
    const signed = { SUBSCRIBER_SIGNING_SECRET: secret };
    const anywhere = expect.stringContaining('server.url, server.hosts: neither is set');
    expect(load(manager, { environment: signed }).warnings).toContainEqual(anywhere);
    expect(load('server: {hosts: [a]}', { environment: signed }).warnings).not.toContainEqual(anywhere);
    expect(load('server: {url: "http://a"}', { environment: signed }).warnings).not.toContainEqual(anywhere);
    expect(faultsOf('server: {cors: [a.example], hosts: [http://a]}')).toEqual([
      expect.stringContaining('server.cors: must be true, false, or a list of origins'),
      expect.stringContaining('server.hosts: must be a list of host names'),
    ]);
  });

  test.each(['pygeoapi', 'http://x/y', '//x', '/a b', '/a?b'])('SCRIPT_NAME %s is no path', (SCRIPT_NAME) => {
    expect(faultsOf(manager, { environment: { SCRIPT_NAME } })).toEqual([
      `environment: SCRIPT_NAME: must be a path such as /pygeoapi (is "${SCRIPT_NAME}")`,
    ]);
  });

  test.each<[string, NodeJS.ProcessEnv, boolean | string[]]>([
    ['', {}, false],
    ['trust_proxy: on', {}, true],
    ['trust_proxy: [10.0.0.0/8, loopback]', {}, ['10.0.0.0/8', 'loopback']],
    ['trust_proxy: 10.1.2.3', {}, ['10.1.2.3']],
    ['trust_proxy: on', { TRUST_PROXY: 'false' }, false],
    ['', { TRUST_PROXY: 'true' }, true],
    ['', { TRUST_PROXY: ' ::1, fd00::/8 ' }, ['::1', 'fd00::/8']],
  ])('{%s} and %j trust %j', (server, environment, trustProxy) => {
    expect(load(`server: {${server}}`, { environment }).configuration.server.trustProxy).toEqual(trustProxy);
  });

  test.each(['10.0.0.0/33', 'nginx', '10.0.0.0/8/8', ',', '1'])('TRUST_PROXY %s is refused', (TRUST_PROXY) => {
    expect(faultsOf(manager, { environment: { TRUST_PROXY } })).toEqual([
      expect.stringContaining(
        'environment: TRUST_PROXY: must be true, false, or a list of IP addresses, networks such as 10.0.0.0/8',
      ),
    ]);
  });

  it("takes the predecessor's place in its image where nothing else is said", () => {
    const folder = temporaryFolder({ 'pygeoapi/local.config.yml': 'server: {bind: {port: 8}}' });
    folders.push(folder);
    const place = join(folder.path, 'pygeoapi/local.config.yml');
    const options = { environment: {}, workingDirectory: folder.path };
    const usualFiles = ['config/pygeoapi-config.yaml', place];
    expect(loadConfiguration({ ...options, usualFiles }).configuration).toMatchObject({
      file: place,
      server: { bind: { port: 8 } },
    });
    expect(defaultConfigurationFiles).toEqual(['config/pygeoapi-config.yaml', '/pygeoapi/local.config.yml']);
  });
});

describe("a predecessor's file", () => {
  it('may ask for what has no effect, which is said', () => {
    const content = `
server: {mimetype: text/html, encoding: latin-1, manager: {name: pygeoapi_k8s_manager.KubernetesManager}}
logging: {logfile: x.log, rotation: {mode: size}}`;
    expect(load(content).warnings).toEqual([
      "c.yaml: server.mimetype: text/html has no effect: the server's own documents are application/json",
      'c.yaml: server.encoding: latin-1 has no effect: what the server sends is UTF-8',
      'c.yaml: logging.rotation: has no effect: the file is appended to, so that logrotate can rotate it with copytruncate',
    ]);
  });

  it('has a log format with something in it', () => {
    expect(load("logging: {logformat: '%(message)s', dateformat: '%Y'}").configuration.logging).toEqual({
      level: 'INFO',
      logformat: '%(message)s',
      dateformat: '%Y',
    });
    expect(faultsOf('logging: {logformat: "{message}"}')).toEqual([
      'c.yaml: logging.logformat: must be a format in Python\'s %-style with at least one attribute, such as [%(asctime)s] %(levelname)s - %(message)s (is "{message}")',
    ]);
  });
});
