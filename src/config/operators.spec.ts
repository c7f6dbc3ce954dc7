import { describe, expect, it, test } from '@jest/globals';
import { faultsOf, load, manager } from './testing/loading.js';
import { visualisationVariables } from './visualisation-variables.js';

const on = `${manager}operators: [visualisations]\n`;
const onAt = (url: string) => on.replace('server: {', `server: { url: "${url}",`);
const INGRESS_DOMAIN = 'apps.example.org';
/** With which nothing is open. */
const closed = {
  SVO_ALLOWED_INGRESS_DOMAINS: 'none',
  SVO_ALLOWED_INGRESS_CLASSES: 'none',
  SVO_ALLOWED_INGRESS_TLS_SECRETS: 'none',
  SVO_ALLOWED_IMAGE_PULL_SECRETS: 'none',
  SVO_ALLOWED_PROJECT_CLAIMS: 'none',
  SVO_ALLOWED_SERVICE_ACCOUNTS: 'none',
  SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS: 'none',
  SVO_RESERVED_ADDRESSES: 'none',
};
const settingsOf = (environment: NodeJS.ProcessEnv, content = on) =>
  load(content, { environment }).configuration.visualisations;

describe('operators', () => {
  it('are off where nobody switches them on, and their variables are nobody’s business then', () => {
    expect(settingsOf({ INGRESS_DOMAIN: 'not a host' }, manager)).toBeUndefined();
    expect(settingsOf({ OPERATORS: 'none', INGRESS_DOMAIN: 'not a host' })).toBeUndefined();
    expect(settingsOf({ INGRESS_DOMAIN: 'not a host' }, `${manager}operators: []`)).toBeUndefined();
  });

  it('are switched on by the file, and by the variable or flag over it', () => {
    expect(settingsOf({ INGRESS_DOMAIN })).toBeDefined();
    expect(settingsOf({ INGRESS_DOMAIN, OPERATORS: 'visualisations, visualisations' }, manager)).toBeDefined();
    const environment = { INGRESS_DOMAIN, ...closed };
    expect(load(manager, { environment, overrides: { OPERATORS: 'visualisations' } }).warnings).toEqual([]);
  });

  test.each([
    [
      'operators: visualisations',
      'c.yaml: operators: must be a list of operators, of which there are: visualisations (is "visualisations")',
    ],
    [
      'operators: [jupyter, 1]',
      'c.yaml: operators[0]: must be one of visualisations (is "jupyter")\nc.yaml: operators[1]: must be one of visualisations (is 1)',
    ],
    ['processes_api: maybe', 'c.yaml: processes_api: must be true or false (is "maybe")'],
    [
      'processes_api: off',
      'c.yaml: processes_api: must be on, or an operator be set under operators, of which there are: visualisations',
    ],
  ])('%s is wrong', (line, message) => {
    expect(faultsOf(manager + line)).toEqual(message.split('\n'));
  });

  test.each([
    [
      { OPERATORS: 'jupyter' },
      'environment: OPERATORS: must be none, or operators divided by commas, of which there are: visualisations (is "jupyter")',
    ],
    [{ PROCESSES_API: 'maybe' }, 'environment: PROCESSES_API: must be true or false (is "maybe")'],
    [
      { PROCESSES_API: 'off' },
      'environment: PROCESSES_API: must be on, or an operator be set under operators, of which there are: visualisations',
    ],
  ])('%j is wrong', (environment, message) => {
    expect(faultsOf(manager, { environment })).toEqual([message]);
  });

  it('may run without the processes API', () => {
    const environment = { INGRESS_DOMAIN };
    expect(load(on, { environment }).configuration.processesApi).toBe(true);
    expect(load(`${on}processes_api: off`, { environment }).configuration.processesApi).toBe(false);
    expect(load(on, { environment: { ...environment, PROCESSES_API: 'off' } }).configuration.processesApi).toBe(false);
  });
});

describe('the operator of visualisations', () => {
  it('has the predecessor’s defaults', () => {
    expect(settingsOf({ INGRESS_DOMAIN })).toEqual({
      image: 'ghcr.io/informaticsmatters/squonk2-viz-app',
      ingress: { domain: 'apps.example.org', class: 'nginx', classAs: 'annotation' },
      routes: 'ingress',
      allowed: {},
      reserved: [],
      nodeSelector: { 'informaticsmatters.com/purpose-application': 'yes' },
      retries: 6,
      retrySeconds: 20,
      slowRetrySeconds: 300,
    });
  });

  it('reads every variable', () => {
    const environment = {
      INGRESS_DOMAIN,
      INGRESS_TLS_SECRET: 'tls',
      INGRESS_CERT_ISSUER: 'letsencrypt',
      SVO_IMAGE: 'registry.example.org:5000/team/viz-app',
      SVO_INGRESS_CLASS: 'traefik',
      SVO_INGRESS_CLASS_AS: 'field',
      SVO_GATEWAY: 'infra/public/https',
      SVO_GATEWAY_TIMEOUT: '1m30s',
      SVO_GATEWAY_FILTERS: 'traefik.io/Middleware/limits, example.org/Filter/other',
      SVO_ROUTES: 'httproute',
      SVO_IMAGE_PULL_SECRET: 'pull',
      SVO_POD_NODE_SELECTOR_KEY: 'kubernetes.io/os',
      SVO_POD_NODE_SELECTOR_VALUE: 'linux',
      SVO_APPLY_POD_PRIORITY_CLASS: 'no',
      SVO_DEFAULT_POD_PRIORITY_CLASS: 'high',
      SVO_ALLOWED_INGRESS_DOMAINS: 'viz.example.org, *.teams.example.org',
      SVO_ALLOWED_INGRESS_CLASSES: 'nginx,internal',
      SVO_ALLOWED_INGRESS_TLS_SECRETS: 'wildcard',
      SVO_ALLOWED_GATEWAYS: 'team/own, infra/public/http',
      SVO_ALLOWED_IMAGE_PULL_SECRETS: 'other-pull',
      SVO_ALLOWED_PROJECT_CLAIMS: 'project',
      SVO_ALLOWED_SERVICE_ACCOUNTS: 'viewer',
      SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS: 'none',
      SVO_RESERVED_ADDRESSES: 'api.example.org, apps.example.org/ogc/api/, other.example.org/',
      SVO_NAMESPACES: 'a, b,a,',
      SVO_RETRIES: '0',
      SVO_RETRY_SECONDS: '1',
      SVO_SLOW_RETRY_SECONDS: '60',
    };
    expect(Object.keys(environment).toSorted()).toEqual(visualisationVariables.map(({ name }) => name).toSorted());
    expect(settingsOf(environment)).toEqual({
      namespaces: ['a', 'b'],
      image: 'registry.example.org:5000/team/viz-app',
      imagePullSecret: 'pull',
      ingress: {
        domain: 'apps.example.org',
        tlsSecret: 'tls',
        certIssuer: 'letsencrypt',
        class: 'traefik',
        classAs: 'field',
      },
      gateway: {
        parent: { namespace: 'infra', name: 'public', section: 'https' },
        timeout: '1m30s',
        filters: [
          { group: 'traefik.io', kind: 'Middleware', name: 'limits' },
          { group: 'example.org', kind: 'Filter', name: 'other' },
        ],
      },
      routes: 'httproute',
      allowed: {
        ingressDomains: ['viz.example.org', '*.teams.example.org'],
        ingressClasses: ['nginx', 'internal'],
        ingressTlsSecrets: ['wildcard'],
        gateways: ['team/own', 'infra/public/http'],
        imagePullSecrets: ['other-pull'],
        projectClaims: ['project'],
        serviceAccounts: ['viewer'],
        serviceAccountTokens: [],
      },
      reserved: [
        { host: 'api.example.org' },
        { host: 'apps.example.org', segment: 'ogc' },
        { host: 'other.example.org' },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      priorityClass: 'high',
      retries: 0,
      retrySeconds: 1,
      slowRetrySeconds: 60,
    });
    expect(settingsOf({ INGRESS_DOMAIN, SVO_APPLY_POD_PRIORITY_CLASS: '1' })?.priorityClass).toBe('im-application-low');
    expect(settingsOf({ INGRESS_DOMAIN, SVO_DEFAULT_POD_PRIORITY_CLASS: 'x' })?.priorityClass).toBeUndefined();
  });

  it('names every fault of its variables', () => {
    const environment = {
      INGRESS_TLS_SECRET: 'a/b',
      SVO_IMAGE: 'image:tag',
      SVO_INGRESS_CLASS_AS: 'label',
      SVO_GATEWAY: 'public',
      SVO_GATEWAY_TIMEOUT: '75',
      SVO_GATEWAY_FILTERS: 'limits',
      SVO_ROUTES: 'gateway',
      SVO_POD_NODE_SELECTOR_KEY: 'a b',
      SVO_ALLOWED_INGRESS_DOMAINS: 'a.example.org,*',
      SVO_ALLOWED_SERVICE_ACCOUNTS: 'none,viewer,a b',
      SVO_RESERVED_ADDRESSES: 'https://api.example.org',
      SVO_NAMESPACES: 'a,B',
      SVO_RETRIES: '-1',
    };
    const start = 'environment: ';
    expect(faultsOf(on, { environment })).toEqual([
      `${start}INGRESS_DOMAIN: must be set to a host name: the default host of the instances’ addresses (is not set)`,
      `${start}INGRESS_TLS_SECRET: must be the name of a Secret (the value is not shown)`,
      `${start}SVO_IMAGE: must be an image repository without tag, such as ghcr.io/informaticsmatters/squonk2-viz-app (is "image:tag")`,
      `${start}SVO_INGRESS_CLASS_AS: must be one of annotation, field, both (is "label")`,
      `${start}SVO_GATEWAY: must be a Gateway as NAMESPACE/NAME or NAMESPACE/NAME/SECTION (is "public")`,
      `${start}SVO_GATEWAY_TIMEOUT: must be a duration of the Gateway API, such as 75s or 1m30s (is "75")`,
      `${start}SVO_GATEWAY_FILTERS: each value must be a reference GROUP/KIND/NAME, such as traefik.io/Middleware/limits (is "limits")`,
      `${start}SVO_ROUTES: must be one of ingress, httproute, both (is "gateway")`,
      `${start}SVO_POD_NODE_SELECTOR_KEY: must be the key of a label (the value is not shown)`,
      `${start}SVO_ALLOWED_INGRESS_DOMAINS: each value must be a host name, or a pattern such as *.example.org, or the variable be none (is "a.example.org,*")`,
      `${start}SVO_ALLOWED_SERVICE_ACCOUNTS: each value must be the name of a ServiceAccount, or the variable be none (is "none,viewer,a b")`,
      `${start}SVO_RESERVED_ADDRESSES: each value must be a host name, or one with a path such as example.org/processes, or the variable be none (is "https://api.example.org")`,
      `${start}SVO_NAMESPACES: each value must be the name of a Kubernetes namespace (is "a,B")`,
      `${start}SVO_RETRIES: must be an integer from 0 to 1000 (is "-1")`,
    ]);
  });

  it('makes both with a Gateway, unless it is told otherwise, and none without', () => {
    const SVO_GATEWAY = 'infra/public';
    expect(settingsOf({ INGRESS_DOMAIN, SVO_GATEWAY })).toMatchObject({
      gateway: { parent: { namespace: 'infra', name: 'public' }, filters: [] },
      routes: 'both',
    });
    expect(settingsOf({ INGRESS_DOMAIN, SVO_GATEWAY, SVO_ROUTES: 'ingress' })?.routes).toBe('ingress');
    const environment = {
      INGRESS_DOMAIN,
      SVO_ROUTES: 'both',
      SVO_GATEWAY_TIMEOUT: '75s',
      SVO_GATEWAY_FILTERS: 'traefik.io/Middleware/limits',
    };
    const needs = 'needs SVO_GATEWAY, the Gateway that HTTPRoutes are attached to (is not set)';
    expect(faultsOf(on, { environment })).toEqual([
      `environment: SVO_GATEWAY_TIMEOUT: ${needs}`,
      `environment: SVO_GATEWAY_FILTERS: ${needs}`,
      `environment: SVO_ROUTES: ${needs}`,
    ]);
  });

  it('warns of what no HTTPRoute carries, and of Gateways that resources may choose', () => {
    const environment = {
      INGRESS_DOMAIN,
      ...closed,
      SVO_GATEWAY: 'infra/public',
      INGRESS_TLS_SECRET: 'tls',
      INGRESS_CERT_ISSUER: 'letsencrypt',
    };
    expect(load(on, { environment }).warnings).toEqual([
      'environment: SVO_ALLOWED_GATEWAYS: not set, so a DataVisualisation may name any; list what it may beside the defaults, or none',
      'environment: INGRESS_TLS_SECRET, INGRESS_CERT_ISSUER: only Ingresses have it; of an HTTPRoute the listener of its Gateway has the certificate (docs/visualisations.md)',
    ]);
  });

  it('keeps the API’s address for the API, wherever the configuration says that it is', () => {
    const reservedWith = (url: string, environment: NodeJS.ProcessEnv = {}) =>
      settingsOf({ INGRESS_DOMAIN, ...environment }, onAt(url))?.reserved;
    expect(reservedWith('https://API.example.org:8443')).toEqual([{ host: 'api.example.org' }]);
    expect(reservedWith('https://apps.example.org/ogc/api/')).toEqual([{ host: 'apps.example.org', segment: 'ogc' }]);
    expect(reservedWith('https://api.example.org', { SVO_RESERVED_ADDRESSES: 'none' })).toEqual([]);
  });

  it('warns once of all that resources may choose, and of a host that apps and API share', () => {
    const warningsWith = (environment: NodeJS.ProcessEnv, content = on) =>
      load(content, { environment: { INGRESS_DOMAIN, ...environment } }).warnings;
    const open = Object.keys(closed).join(', ');
    const rest = 'not set, so a DataVisualisation may name any; list what it may beside the defaults, or none';
    expect(warningsWith({})).toEqual([`environment: ${open}: ${rest}`]);
    const { SVO_ALLOWED_INGRESS_CLASSES: _classes, SVO_RESERVED_ADDRESSES: _addresses, ...some } = closed;
    expect(warningsWith(some, onAt('https://api.example.org'))).toEqual([
      `environment: SVO_ALLOWED_INGRESS_CLASSES: ${rest}`,
    ]);
    expect(warningsWith({ ...closed, SVO_RESERVED_ADDRESSES: 'apps.example.org/ogc' })).toEqual([]);
    expect(warningsWith({ ...closed, SVO_RESERVED_ADDRESSES: 'apps.example.org' })).toEqual([
      'environment: INGRESS_DOMAIN: is the host of the API, too (apps.example.org): browsers take apps and API for one; give one of them another host',
    ]);
  });
});
