import { describe, expect, it, test } from '@jest/globals';
import { join } from 'node:path';
import { Configuration } from './configuration.js';
import { loadConfiguration } from './load-configuration.js';
import { faultsOf, folders, load, manager } from './testing/loading.js';
import { temporaryFolder } from './testing/temporary-files.js';

describe('an almost empty file', () => {
  it('gives the defaults', () => {
    const { configuration, warnings } = load(manager);
    expect(warnings).toEqual([]);
    expect(configuration).toBeInstanceOf(Configuration);
    expect({ ...configuration, environment: undefined }).toEqual({
      file: 'c.yaml',
      server: {
        bind: { host: '0.0.0.0', port: 5000, isDefault: true },
        maxRequestBytes: 10_485_760,
        maxRequestBytesInFlight: 83_886_080,
        maxUploadBytes: 536_870_912,
        maxUploadBytesInFlight: 1_073_741_824,
        maxOutputBytes: 1_099_511_627_776,
        pathPrefix: '',
        trustProxy: false,
        mimetype: 'application/json',
        encoding: 'utf-8',
        gzip: true,
        languages: ['en-US'],
        cors: false,
        prettyPrint: false,
        citeCompatibility: false,
        kvpExecute: false,
        outputsEmpty: 'all',
        ignoreParameters: [],
        limits: { defaultItems: 10, maxItems: 10_000 },
        manager: {
          name: 'pygeoapi_k8s_manager.KubernetesManager',
          finalizerController: false,
          jobs: {},
          pods: {},
          logging: {},
        },
      },
      logging: { level: 'INFO' },
      metadata: { identification: { title: 'OGC API - Processes', description: '', keywords: [] } },
      processes: [],
      plugins: [],
      access: { sessionHours: 8 },
      usage: { measured: 30 },
      processesApi: true,
    });
  });

  test.each([[''], ['server:\nlogging:\nmetadata:\nresources:\n']])('%j is enough, with a warning', (content) => {
    expect(load(content).warnings).toEqual([
      'c.yaml: server.manager: is not set; pygeoapi_k8s_manager.manager.KubernetesManager is used, finalizer_controller is off',
    ]);
  });
});

describe("a predecessor's file", () => {
  it('is read as it is', () => {
    const { configuration, warnings } = load(`
server:
  bind: {host: 127.0.0.1, port: 80}
  url: http://localhost:30080/pygeoapi/
  mimetype: application/json; charset=UTF-8
  gzip: off
  languages: [en_US, fr-CA]
  cors: "yes"
  limit: 20
  map: {url: 'https://{s}.tile.example.org/{z}/{x}/{y}.png', attribution: y}
  templates: {path: x}
  manager:
    name: pygeoapi_kubernetes_manager.manager.KubernetesManager
    finalizer_controller: true
    sync_max_wait: 60
    logging: {botocore: info, pygeoapi.l10n: ERROR}
  admin: false
logging: {level: debug, logfile: /dev/stdout}
metadata:
  identification:
    title: {en: Title, fr: Titre}
    keywords: {en: [a, 1], fr: [b]}
    keywords_type: theme
    terms_of_service: {fr: conditions, en: terms}
  license: {name: CC-BY}
  contact: {name: Name, postalcode: 48155, fax: }
  anything: else
resources:
  obs: {type: collection, title: Observations}
  hello:
    type: process
    processor: {name: some.Processor, check_auth: False}
`);
    expect(warnings).toEqual(['c.yaml: resources.obs: type "collection" is passed over: only processes are served']);
    expect(configuration.server).toEqual({
      bind: { host: '127.0.0.1', port: 80 },
      url: 'http://localhost:30080/pygeoapi',
      maxRequestBytes: 10_485_760,
      maxRequestBytesInFlight: 83_886_080,
      maxUploadBytes: 536_870_912,
      maxUploadBytesInFlight: 1_073_741_824,
      maxOutputBytes: 1_099_511_627_776,
      pathPrefix: '',
      trustProxy: false,
      mimetype: 'application/json; charset=UTF-8',
      encoding: 'utf-8',
      gzip: false,
      languages: ['en-US', 'fr-CA'],
      cors: true,
      prettyPrint: false,
      citeCompatibility: false,
      kvpExecute: false,
      outputsEmpty: 'all',
      ignoreParameters: [],
      map: { url: 'https://{s}.tile.example.org/{z}/{x}/{y}.png', attribution: 'y', auto: false },
      limits: { defaultItems: 20, maxItems: 10_000 },
      manager: {
        name: 'pygeoapi_kubernetes_manager.manager.KubernetesManager',
        finalizerController: true,
        syncMaxWait: 60,
        jobs: {},
        pods: {},
        logging: { botocore: 'INFO', 'pygeoapi.l10n': 'ERROR' },
      },
    });
    expect(configuration.logging).toEqual({ level: 'DEBUG', logfile: '/dev/stdout' });
    expect(configuration.metadata).toEqual({
      identification: {
        title: { en: 'Title', fr: 'Titre' },
        description: '',
        keywords: { en: ['a', '1'], fr: ['b'] },
        termsOfService: 'terms',
      },
      license: { name: 'CC-BY' },
      contact: { name: 'Name', postalcode: '48155' },
    });
    expect(configuration.processes).toEqual([
      { id: 'hello', path: 'resources.hello.processor', processor: { name: 'some.Processor', check_auth: false } },
    ]);
  });

  it('is frozen whole', () => {
    const { configuration } = load(`${manager}resources: {a: {type: process, processor: {name: p, env: [{name: A}]}}}`);
    const parts = [
      configuration,
      configuration.server.bind,
      configuration.environment.bucket,
      configuration.processes,
      (configuration.processes[0]?.processor['env'] as object[])[0],
    ];
    expect(parts.map(Object.isFrozen)).toEqual([true, true, true, true, true]);
  });

  it('may hold unknown keys, which are named', () => {
    const { warnings } = load(
      'pubsup: 1\nserver: {bnid: 1, manager: {name: pygeoapi_k8s_manager.KubernetesManager, x: 1}}\nresources: {a: {type: process, processors: 1, processor: {name: p, any: 1}}}',
    );
    expect(warnings).toEqual(
      ['pubsup', 'server.bnid', 'server.manager.x', 'resources.a.processors'].map(
        (path) => `c.yaml: ${path}: unknown key, ignored`,
      ),
    );
  });

  it('gives a page no more items by default than at most', () => {
    expect(load(`server: {limits: {max_items: 5}}`).configuration.server.limits).toEqual({
      defaultItems: 5,
      maxItems: 5,
    });
  });
});

describe('faults', () => {
  it('are all reported at once, of the file and of the environment', () => {
    const content = `
server:
  bind: {host: "a b", port: eighty}
  url: localhost
  languages: []
  limits: {max_items: 0}
  kvp_execute: perhaps
  outputs_empty: some
  ignore_parameters: [utm_*, '*']
  manager: {name: TinyDB, finalizer_controller: 2, logging: {x: LOUD}}
logging: {level: LOUD}
metadata: {identification: {title: [x]}, contact: name}
resources:
  a: {type: process}
  b: {processor: {name: p}}
  c: text
  d/e: {type: process, processor: {name: p}}
  f: {type: process, processor: {name: 5}}
  g:
    type: process
    processor:
      name: p
      image: \${NOWHERE}
`;
    expect(faultsOf(content, { environment: { PORT: 'x', K8S_CLUSTER: 'foo' } })).toEqual([
      'environment: PORT: must be an integer from 0 to 65535 (is "x")',
      'environment: K8S_CLUSTER: must be one of auto, embedded, kubeconfig, in-cluster (is "foo")',
      'c.yaml: resources.g.processor.image: the environment variable NOWHERE is not set, and no default is given as ${NOWHERE:-default} (line 23)',
      'c.yaml: server.bind.host: must be a host name or an IP address (is "a b")',
      'c.yaml: server.bind.port: must be an integer from 0 to 65535 (is "eighty")',
      'c.yaml: server.url: must be an http:// or https:// address without query and fragment (is "localhost")',
      'c.yaml: server.languages: must hold at least one language tag (is a list)',
      'c.yaml: server.kvp_execute: must be true or false (is "perhaps")',
      'c.yaml: server.outputs_empty: must be one of all, none (is "some")',
      'c.yaml: server.ignore_parameters: each value must be a name of a parameter, or the beginning of one and * (is a list)',
      'c.yaml: server.limits.max_items: must be an integer of at least 1 (is 0)',
      'c.yaml: server.manager.name: must be one of pygeoapi_k8s_manager.KubernetesManager, pygeoapi_k8s_manager.manager.KubernetesManager, pygeoapi_kubernetes_manager.KubernetesManager, pygeoapi_kubernetes_manager.manager.KubernetesManager, pygeoapi_kubernetes_papermill.KubernetesManager, pygeoapi_kubernetes_papermill.kubernetes.KubernetesManager, pygeoapi_kubernetes_papermill.ArgoManager, pygeoapi_kubernetes_papermill.argo.ArgoManager (is "TinyDB")',
      'c.yaml: server.manager.finalizer_controller: must be true or false (is 2)',
      'c.yaml: server.manager.logging: must be a mapping to DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET (is a mapping)',
      'c.yaml: logging.level: must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET (is "LOUD")',
      'c.yaml: metadata.identification.title: must be text, or texts keyed by language (is a list)',
      'c.yaml: metadata.contact: must be a mapping of keys to texts (is "name")',
      'c.yaml: resources.a.processor: must be a mapping (is not set)',
      'c.yaml: resources.b.type: must be one of process (is not set)',
      'c.yaml: resources.c: must be a mapping (is "text")',
      'c.yaml: resources["d/e"]: must have an id that can stand in an address, without spaces and / ? # % (is "d/e")',
      'c.yaml: resources.f.processor.name: must be the name of a processor (is 5)',
    ]);
  });

  it('do not show what came from the environment', () => {
    expect(
      faultsOf(`server: {bind: \n  {port: 1}}\nlogging:\n  level: \${X}`, { environment: { X: 'hidden' } }),
    ).toEqual([
      'c.yaml: logging.level: must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET (the value is not shown)',
    ]);
  });

  test.each([
    ['[]', 'c.yaml: the file: must be a mapping with the keys server, logging, metadata, resources (is a list)'],
    ['server: text', 'c.yaml: server: must be a mapping (is "text")'],
    ['resources: [a]', 'c.yaml: resources: must be a mapping of ids to resources (is a list)'],
  ])('%s', (content, message) => {
    expect(faultsOf(content)).toEqual([message]);
  });
});

describe('the sources', () => {
  it('flags stand over the environment, which stands over the file', () => {
    const options = { environment: { HOST: 'h', PORT: '1' }, overrides: { PORT: '0' } };
    expect(load('server: {bind: {host: f, port: 80}}', options).configuration.server.bind).toEqual({
      host: 'h',
      port: 0,
    });
  });

  it('say whether inputs are kept', () => {
    const jobs = (text: string) => load(`server: {manager: {keep_inputs: ${text}}}`).configuration.server.manager.jobs;
    expect([jobs('yes'), jobs('off')]).toEqual([{ keepInputs: true }, { keepInputs: false }]);
    expect(() => jobs('much')).toThrow('server.manager.keep_inputs: must be true or false (is "much")');
  });

  it('say how long results are kept, a process for itself', () => {
    const content = 'server: {manager: {results_ttl: 60, backoff_limit: 1}}';
    expect(load(content).configuration.server.manager.jobs).toEqual({
      resultsTtlSeconds: 60,
      backoffLimit: 1,
      retriesInfrastructureOnly: false,
    });
    const environment = { PYGEOAPI_K8S_MANAGER_RESULTS_TTL: '3600' };
    expect(load(content, { environment }).configuration.server.manager.jobs).toEqual({
      resultsTtlSeconds: 3600,
      backoffLimit: 1,
      retriesInfrastructureOnly: false,
    });
    expect(() => load(content, { environment: { PYGEOAPI_K8S_MANAGER_RESULTS_TTL: '0' } })).toThrow(
      'environment: PYGEOAPI_K8S_MANAGER_RESULTS_TTL: must be an integer from 1',
    );
  });

  it('finds the usual file in the working directory', () => {
    const folder = temporaryFolder({ 'config/pygeoapi-config.yaml': 'server: {bind: {port: 7}}' });
    folders.push(folder);
    const { configuration } = loadConfiguration({ environment: {}, workingDirectory: folder.path });
    expect([configuration.file, configuration.server.bind.port]).toEqual(['config/pygeoapi-config.yaml', 7]);
    expect(configuration.environment.dataDir).toBe(join(folder.path, '.data'));
  });

  it('says what to do where there is no file', () => {
    const folder = temporaryFolder({});
    folders.push(folder);
    expect(() => loadConfiguration({ environment: {}, workingDirectory: folder.path })).toThrow(
      'environment: PYGEOAPI_CONFIG: must name the configuration file: it is not set, and there is no config/pygeoapi-config.yaml and no /pygeoapi/local.config.yml',
    );
    expect(() =>
      loadConfiguration({
        environment: { PORT: 'x' },
        overrides: { PYGEOAPI_CONFIG: 'no.yaml' },
        workingDirectory: folder.path,
      }),
    ).toThrow(
      'environment: PORT: must be an integer from 0 to 65535 (is "x")\nno.yaml: the file: cannot be read: there is no such file',
    );
  });
});
