import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { projectFolder } from '../support/child.js';
import { chart, describeWithHelm, helm, objectsOf, render, type Rendered } from '../support/helm.js';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
const manifests = join(projectFolder, 'k8s-manifests');
const COMPONENTS = [
  'ingress',
  'jobs-egress',
  'jobs-quota',
  'limits',
  'network-policy',
  'prometheus-rule',
  'restricted-jobs',
  'service-monitor',
];
/** The same as those components. */
const ALL_OF_THEM = {
  image: { tag: 'latest' },
  ingress: { enabled: true },
  networkPolicy: { enabled: true, jobsEgress: { enabled: true } },
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  jobs: { restricted: true, limitRange: { enabled: true }, resourceQuota: { enabled: true } },
};

const isHook = ({ metadata }: Rendered) => metadata.annotations?.['helm.sh/hook'] !== undefined;
const named = (objects: readonly Rendered[], kind: string, name = 'k8s-job-manager') => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found as Rendered & { readonly spec: never; readonly data: never; readonly rules: unknown };
};
/** What the server makes of a whole configuration. */
async function rulesOf(configuration: string): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'chart-access-'));
  await writeFile(join(folder, 'c.yaml'), configuration);
  const environment = { PYGEOAPI_CONFIG: join(folder, 'c.yaml'), OIDC_SECRET: 'of-the-client' };
  const { configuration: read } = loadConfiguration({ environment, workingDirectory: folder });
  await rm(folder, { recursive: true });
  return read.access;
}
type Data = Readonly<Record<string, string>>;
const kindsOf = (objects: readonly Rendered[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort();

/** Without what only one of the two ways can have: Helm's labels, the mark of the configuration that rolls the Deployment, how the configuration is written. */
function comparable(objects: readonly Rendered[]): unknown[] {
  const plain = JSON.stringify(objects, (key, value: unknown) => {
    if (/^(helm\.sh\/|app\.kubernetes\.io\/(instance|version|managed-by)$|checksum\/)/.test(key)) {
      // Jobs' pods are known by this label.
      return value === 'ogc-processes-k8s' ? value : undefined;
    }
    if (key === 'env')
      return [...(value as { name: string }[])].sort((one, other) => one.name.localeCompare(other.name));
    if (key === 'local.config.yml') return parse(value as string) as unknown;
    if (key === 'annotations' && Object.keys(value as object).every((name) => /^(helm\.sh|checksum)\//.test(name)))
      return undefined;
    return typeof value === 'string' ? value.replace(/^(k8s-job-manager-config)-[a-z0-9]{10}$/, '$1') : value;
  });
  // Which objects have labels of their own differs; by which pods are chosen does not.
  const all = (JSON.parse(plain) as Rendered[]).map(({ metadata: { labels: _labels, ...metadata }, ...object }) => ({
    ...object,
    kind: object.kind,
    metadata,
  }));
  const keyOf = ({ kind, metadata }: (typeof all)[number]) => `${kind} ${metadata.name} ${metadata.namespace ?? ''}`;
  return all.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

describeWithHelm('the chart', () => {
  it('passes helm lint, strictly', async () => {
    expect(await helm(['lint', '--strict', chart])).toContain('0 chart(s) failed');
  });

  it('has the CustomResourceDefinition and the rights of the manifests of visualisations', async () => {
    const own = await readFile(join(chart, 'files/datavisualisations.yaml'), 'utf8');
    expect(own).toBe(await readFile(join(manifests, 'visualisations/crd.yaml'), 'utf8'));
    const visualisations = {
      enabled: true,
      domain: 'apps.example.org',
      dataManager: { namespaces: ['dm', 'dm-staging'] },
    };
    const objects = await render({ visualisations });
    const name = 'processes-k8s-job-manager-visualisations';
    const read = async (file: string) => objectsOf(await readFile(join(manifests, 'visualisations', file), 'utf8'));
    expect(named(objects, 'ClusterRole', name).rules).toEqual((await read('cluster-role.yaml'))[0]?.rules);
    const ofDataManager = named(objects, 'Role', 'k8s-job-manager-visualisations-data-manager');
    expect(ofDataManager.rules).toEqual((await read('data-manager-role.yaml'))[0]?.rules);
    expect(
      named(objects, 'CustomResourceDefinition', 'datavisualisations.squonk.it').metadata.annotations,
    ).toMatchObject({
      'helm.sh/resource-policy': 'keep',
      'data-manager.informaticsmatters.com/application-namespaces': 'dm:dm-staging',
      'data-manager.informaticsmatters.com/application': 'yes',
    });
  });

  it('offers the Data Manager what the manifest offers it, and what it is told', async () => {
    const file = await readFile(join(chart, 'files/data-manager-application.yaml'), 'utf8');
    expect(file).toBe(await readFile(join(manifests, 'visualisations/data-manager-application.yaml'), 'utf8'));
    const application = { enabled: true, data: { 'dm-app.config': '[cost]\ncost = 2.00\n' } };
    const dataManager = { namespaces: ['dm', 'dm-staging'], application };
    const objects = await render({ visualisations: { enabled: true, domain: 'apps.example.org', dataManager } });
    const [{ data }] = objectsOf(file) as unknown as [{ data: Record<string, string> }];
    const name = 'datavisualisations.squonk.it';
    const made = objects.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
    expect(made.map(({ kind, metadata, data: own }) => [kind, metadata.namespace, own])).toEqual(
      ['dm', 'dm-staging'].map((namespace) => ['ConfigMap', namespace, { ...data, ...application.data }]),
    );
  });

  it('has an HTTPRoute for host and path of the Ingress, in its place or beside it', async () => {
    const parentRefs = [{ namespace: 'infra', name: 'public', sectionName: 'https' }];
    const filters = [
      { type: 'ExtensionRef', extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'limits' } },
    ];
    const gateway = { enabled: true, parentRefs };
    const routeOf = async (values: object) => named(await render(values), 'HTTPRoute').spec;
    const prefix = { type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['X-Forwarded-Prefix'] } };
    const backendRefs = [{ name: 'k8s-job-manager', port: 80 }];
    expect(
      await routeOf({ gateway: { ...gateway, filters }, ingress: { host: 'a.example.org', path: '/ogc' } }),
    ).toEqual({
      parentRefs,
      hostnames: ['a.example.org'],
      rules: [
        {
          matches: [{ path: { type: 'RegularExpression', value: '/ogc/jobs/[^/]+/(logs|results).*' } }],
          timeouts: { request: '0s' },
          filters: [prefix, ...filters],
          backendRefs,
        },
        {
          matches: [{ path: { type: 'PathPrefix', value: '/ogc' } }],
          timeouts: { request: '75s' },
          filters: [prefix, ...filters],
          backendRefs,
        },
      ],
    });
    expect(await routeOf({ gateway: { ...gateway, timeout: '' } })).toEqual({
      parentRefs,
      hostnames: ['processes.example.org'],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], filters: [prefix], backendRefs }],
    });
    const objects = await render({ gateway, ingress: { path: '/ogc' } });
    const [container] = containersOf(named(objects, 'Deployment'));
    const variables = container?.env as { name: string; value?: string }[];
    const valueOf = (variable: string) => variables.find(({ name }) => name === variable)?.value;
    expect([valueOf('TRUST_PROXY'), valueOf('SCRIPT_NAME')]).toEqual(['uniquelocal', '/ogc']);
    expect(valueOf('SERVER_HOSTS')).toMatch(/,processes\.example\.org$/);
    expect(kindsOf(objects).join()).not.toContain('Ingress ');
    expect(kindsOf(await render({ gateway, ingress: { enabled: true } })).join()).toContain('Ingress ');
  });

  it('tells the operator its Gateway, and how instances are reached', async () => {
    const gateway = { parent: 'infra/public/https', timeout: '75s', filters: ['traefik.io/Middleware/limits'] };
    const visualisations = { enabled: true, domain: 'apps.example.org', gateway, routes: 'httproute' };
    const [container] = containersOf(named(await render({ visualisations }), 'Deployment'));
    expect(container?.env).toEqual(
      expect.arrayContaining([
        { name: 'SVO_GATEWAY', value: 'infra/public/https' },
        { name: 'SVO_GATEWAY_TIMEOUT', value: '75s' },
        { name: 'SVO_GATEWAY_FILTERS', value: 'traefik.io/Middleware/limits' },
        { name: 'SVO_ROUTES', value: 'httproute' },
        { name: 'SVO_ALLOWED_GATEWAYS', value: 'none' },
        { name: 'SVO_ALLOWED_PROJECT_CLAIMS', value: 'project' },
      ]),
    );
  });

  it('limits how many Jobs there are, unless that is not wanted', async () => {
    const hard = (count: string) => ({ spec: { hard: { 'count/jobs.batch': count } } });
    expect(named(await render(), 'ResourceQuota', 'k8s-job-manager-jobs')).toMatchObject(hard('5000'));
    const objects = await render({ jobs: { maxCount: 1_000_000 } });
    expect(named(objects, 'ResourceQuota', 'k8s-job-manager-jobs')).toMatchObject(hard('1000000'));
    expect(kindsOf(await render({ jobs: { maxCount: 0 } })).join()).not.toContain('ResourceQuota');
  });

  it('leaves how many servers run to an autoscaler, where it makes one', async () => {
    expect(named(await render({ replicas: 3 }), 'Deployment').spec).toMatchObject({ replicas: 3 });
    const objects = await render({ replicas: 3, autoscaling: { enabled: true, maxReplicas: 4 } });
    expect(named(objects, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(named(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'k8s-job-manager' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
    });
    expect(kindsOf(await render()).join()).not.toContain('Autoscaler');
  });

  it('has an Ingress that lets large and long requests through, and a server that knows its address and path', async () => {
    const annotations = { 'example.org/of-another-controller': 'yes' };
    const variablesOf = (objects: readonly Rendered[]) => {
      const { template } = named(objects, 'Deployment').spec as {
        template: { spec: { containers: { env: { name: string; value?: string }[] }[] } };
      };
      const env = template.spec.containers[0]?.env ?? [];
      return env.flatMap(({ name, value }) => (/^(TRUST_PROXY|SCRIPT_NAME)$/.test(name) ? [`${name}=${value}`] : []));
    };
    const objects = await render({ ingress: { enabled: true, path: '/ogc', annotations } });
    expect(named(objects, 'Ingress').metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/proxy-body-size': '11m',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '75',
      ...annotations,
    });
    expect(variablesOf(objects)).toEqual(['TRUST_PROXY=uniquelocal', 'SCRIPT_NAME=/ogc']);
    expect(variablesOf(await render({ ingress: { enabled: true } }))).toEqual(['TRUST_PROXY=uniquelocal']);
    expect(variablesOf(await render())).toEqual([]);
    const env = [
      { name: 'TRUST_PROXY', value: '100.64.0.0/10' },
      { name: 'SCRIPT_NAME', value: '/a' },
    ];
    expect(variablesOf(await render({ env, ingress: { enabled: true, path: '/ogc' } }))).toEqual([
      'TRUST_PROXY=100.64.0.0/10',
      'SCRIPT_NAME=/a',
    ]);
  });

  it('answers to the names of Service and Ingress, and to those that it is told', async () => {
    const hostsOf = async (values: object) => {
      const [container] = containersOf(named(await render(values), 'Deployment'));
      const env = container?.env as { name: string; value?: string }[] | undefined;
      return env?.find(({ name }) => name === 'SERVER_HOSTS')?.value;
    };
    const service = ['', '.$(POD_NAMESPACE)', '.$(POD_NAMESPACE).svc', '.$(POD_NAMESPACE).svc.cluster.local'];
    const own = ['loopback', ...service.map((rest) => `k8s-job-manager${rest}`)];
    expect(await hostsOf({})).toBe(own.join());
    const ingress = { enabled: true, host: 'processes.example.net' };
    expect(await hostsOf({ ingress, hosts: ['a.example.org'] })).toBe(
      [...own, 'processes.example.net', 'a.example.org'].join(),
    );
    expect(await hostsOf({ env: [{ name: 'SERVER_HOSTS', value: '*' }] })).toBe('*');
  });

  it('leads from alerts to the runbook of the repository that it is told', async () => {
    const prometheusRule = {
      enabled: true,
      labels: { release: 'prometheus' },
      repositoryUrl: 'https://git.example.org/',
    };
    const rule = named(await render({ prometheusRule }), 'PrometheusRule');
    expect(rule.metadata.labels).toMatchObject({ release: 'prometheus' });
    const addresses = JSON.stringify(rule).match(/"runbook_url":"[^"]*"/g) ?? [];
    expect(addresses.length).toBeGreaterThan(10);
    expect(addresses.filter((address) => !address.includes('"https://git.example.org/docs/operations/'))).toEqual([]);
  });

  it('lets jobs run in another namespace, with their rights, limits and policy there', async () => {
    const objects = await render({ ...ALL_OF_THEM, jobs: { ...ALL_OF_THEM.jobs, namespace: 'jobs' } });
    expect(kindsOf(objects.filter(({ metadata }) => metadata.namespace === 'jobs'))).toEqual(
      expect.arrayContaining([
        'LimitRange jobs/k8s-job-manager',
        'NetworkPolicy jobs/k8s-job-manager-jobs',
        'NetworkPolicy jobs/k8s-job-manager-jobs-egress',
        'ResourceQuota jobs/k8s-job-manager',
        'Role jobs/k8s-job-manager',
        'Role jobs/k8s-job-manager-release-pods',
        'RoleBinding jobs/k8s-job-manager',
        'RoleBinding jobs/k8s-job-manager-release-pods',
      ]),
    );
    const rulesIn = (namespace: string) =>
      objects.find(
        ({ kind, metadata }) =>
          kind === 'Role' && metadata.name === 'k8s-job-manager' && metadata.namespace === namespace,
      )?.['rules'];
    expect(rulesIn('processes')).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
    ]);
    expect(JSON.stringify(rulesIn('jobs'))).not.toContain('leases');
    const variable = { name: 'PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE', value: 'jobs' };
    for (const object of [named(objects, 'Deployment'), named(objects, 'Job', 'k8s-job-manager-release-pods')]) {
      const [container] = containersOf(object);
      expect(container?.env).toContainEqual(variable);
    }
    expect(named(objects, 'RoleBinding')).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'k8s-job-manager', namespace: 'processes' }],
    });
  });

  it('lets jobs call what is told beside what is public, and keeps from them what of that is the cluster’s', async () => {
    const store = {
      to: [
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'minio' } } },
        { ipBlock: { cidr: '10.20.0.5/32' } },
      ],
      ports: [{ protocol: 'TCP', port: 9000 }],
    };
    const jobsEgress = { enabled: true, exceptCIDRs: ['198.51.0.0/17', '2a01:4f8::/32'], egress: [store] };
    interface Rule {
      readonly to: readonly { readonly ipBlock?: { readonly except: readonly string[] } }[];
    }
    const egressOf = async (values: object) => {
      const policy = named(
        await render({ networkPolicy: { jobsEgress: values } }),
        'NetworkPolicy',
        'k8s-job-manager-jobs-egress',
      );
      return (policy.spec as { egress: Rule[] }).egress;
    };
    const [dns, server, internet, ...others] = await egressOf(jobsEgress);
    const [, , plain] = await egressOf({ enabled: true });
    const exceptOf = (rule?: Rule) => rule?.to.map(({ ipBlock }) => ipBlock?.except);
    const [ipv4 = [], ipv6 = []] = exceptOf(plain) ?? [];
    expect(exceptOf(internet)).toEqual([
      [...ipv4, '198.51.0.0/17'],
      [...ipv6, '2a01:4f8::/32'],
    ]);
    expect(others).toEqual([store]);
    expect(server?.to).toEqual([{ podSelector: { matchLabels: { app: 'k8s-job-manager' } } }]);
    expect(dns?.to).toHaveLength(2);
    expect(kindsOf(await render({ networkPolicy: { enabled: true } })).join()).not.toContain('jobs-egress');
  });

  it('adds notebooks to the configuration, and the account as which they tell their progress', async () => {
    const objects = await render({
      papermill: { enabled: true, progress: true, processor: { default_image: 'notebooks:1' } },
    });
    const processor = {
      name: 'pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor',
      default_image: 'notebooks:1',
      output_directory: '/home/jovyan/my-jobs',
      check_auth: true,
      job_service_account: 'k8s-job-manager-notebooks',
      automountServiceAccountToken: true,
    };
    expect(configurationOf(objects).resources).toEqual({
      'execute-notebook': { type: 'process', processor },
      'hello-world-k8s': expect.anything(),
    });
    expect(named(objects, 'Role', 'k8s-job-manager-notebooks').rules).toEqual([
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['patch'] },
    ]);
    const without = await render({ papermill: { enabled: true } });
    expect(kindsOf(without).filter((name) => name.endsWith('-notebooks'))).toEqual([]);
  });

  it('keeps that account from other Jobs, by a policy that is left out, and said to be, below Kubernetes 1.30', async () => {
    const papermill = { enabled: true, progress: true };
    const policies = (objects: readonly Rendered[]) =>
      kindsOf(objects).filter((name) => name.startsWith('ValidatingAdmissionPolicy'));
    const name = 'processes-k8s-job-manager-notebooks';
    const objects = await render({ papermill });
    expect(policies(objects)).toEqual([
      `ValidatingAdmissionPolicy /${name}`,
      `ValidatingAdmissionPolicyBinding /${name}`,
    ]);
    expect(named(objects, 'ValidatingAdmissionPolicyBinding', name).spec).toEqual({
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'processes' } } },
    });
    for (const [version, count] of [
      ['1.30.0-gke.1', 2],
      ['1.29.9', 0],
    ] as const) {
      const args = ['template', 'x', chart, '--kube-version', version, '--values', '-'];
      expect(policies(objectsOf(await helm(args, JSON.stringify({ papermill }))))).toHaveLength(count);
    }
    // Helm shows notes for its own version of Kubernetes alone; what leaves the policy out is the same.
    const notes = (values: object) =>
      helm(['install', 'x', chart, '--dry-run=client', '--values', '-'], JSON.stringify({ papermill: values }));
    const warning = /WARNING: notebooks may change all Jobs of namespace default/;
    expect(await notes({ ...papermill, progressPolicy: false })).toMatch(warning);
    expect(await notes(papermill)).not.toMatch(warning);
    expect(await notes({ enabled: true })).not.toMatch(warning);
  });

  it('gives notebooks the secrets of their users, and the server the right to list them, where both are asked for', async () => {
    const objects = await render({ papermill: { enabled: true, progress: false, autoMountSecrets: true } });
    expect(configurationOf(objects).resources).toMatchObject({
      'execute-notebook': { processor: { auto_mount_secrets: true } },
    });
    expect(kindsOf(objects).filter((name) => name.includes('notebook'))).toEqual([
      'Role processes/k8s-job-manager-notebook-secrets',
      'RoleBinding processes/k8s-job-manager-notebook-secrets',
    ]);
    const kinds = kindsOf(await render({ papermill: { enabled: true } }));
    expect(kinds.filter((name) => name.includes('secrets'))).toEqual([]);
  });

  it('is the operator of visualisations alone where there are to be no processes', async () => {
    const objects = await render({
      visualisations: { enabled: true, processesApi: false, domain: 'apps.example.org', namespaces: ['a', 'b'] },
    });
    expect(configurationOf(objects)).toMatchObject({ operators: ['visualisations'], processes_api: false });
    expect(kindsOf(objects).filter((name) => /Role|Job/.test(name))).toEqual([
      'ClusterRole /processes-k8s-job-manager-visualisations',
      'Role processes/k8s-job-manager-visualisations-lease',
      'RoleBinding a/k8s-job-manager-visualisations',
      'RoleBinding b/k8s-job-manager-visualisations',
      'RoleBinding processes/k8s-job-manager-visualisations-lease',
    ]);
    const [container] = containersOf(named(objects, 'Deployment'));
    expect(container?.env).toContainEqual({ name: 'SVO_NAMESPACES', value: 'a,b' });
    expect(container?.envFrom).toBeUndefined();
  });

  it('lets instances name only what it is told, and not the address of its own Ingress', async () => {
    const variablesOf = async (values: object, visualisations: object = {}) => {
      const objects = await render({
        ...values,
        visualisations: { enabled: true, domain: 'apps.example.org', ...visualisations },
      });
      const [{ env = [] } = {}] = containersOf(named(objects, 'Deployment'));
      const chosen = (env as { name: string; value: string }[]).filter(({ name }) => /_ALLOWED_|_RESERVED_/.test(name));
      return Object.fromEntries(chosen.map(({ name, value }) => [name.replace('SVO_', ''), value]));
    };
    const none = {
      ALLOWED_INGRESS_CLASSES: 'none',
      ALLOWED_INGRESS_DOMAINS: 'none',
      ALLOWED_INGRESS_TLS_SECRETS: 'none',
      ALLOWED_SERVICE_ACCOUNTS: 'none',
      ALLOWED_SERVICE_ACCOUNT_TOKENS: 'none',
      ALLOWED_GATEWAYS: 'none',
      ALLOWED_IMAGE_PULL_SECRETS: 'none',
      ALLOWED_PROJECT_CLAIMS: 'project',
    };
    expect(await variablesOf({})).toEqual(none);
    expect(await variablesOf({ ingress: { enabled: true } })).toEqual({
      ...none,
      RESERVED_ADDRESSES: 'processes.example.org',
    });
    const allowed = { ingressDomains: ['*.viz.example.org', 'viz.example.org'], serviceAccountTokens: ['viewer'] };
    expect(await variablesOf({ ingress: { enabled: true, path: '/ogc/' } }, { allowed })).toEqual({
      ...none,
      ALLOWED_INGRESS_DOMAINS: '*.viz.example.org,viz.example.org',
      ALLOWED_SERVICE_ACCOUNT_TOKENS: 'viewer',
      RESERVED_ADDRESSES: 'processes.example.org/ogc',
    });
    expect(
      await variablesOf({ ingress: { enabled: true } }, { reservedAddresses: ['a.example.org', 'b.example.org/x'] }),
    ).toMatchObject({ RESERVED_ADDRESSES: 'a.example.org,b.example.org/x' });
  });

  it('puts who may do what into the configuration, beside what it says of it, and mounts tokens', async () => {
    const access = {
      ...{ own_jobs: true, anonymous: 'none', audit: 'stdout', links_max_days: 7 },
      tokens: [{ name: 'ops', file: '/run/secrets/access/ops', roles: ['admin'] }],
      roles: { admin: { may: ['admin'] }, user: { may: ['read'], limits: { running: 5 }, queue_name: 'of-users' } },
      limits: { per_caller: { submissions_per_minute: 20 }, per_process: { running: 3 } },
      oidc: {
        ...{ issuer: 'https://id.example.org', audience: ['processes'], terminal_client: 'processes-terminal' },
        client: { id: 'processes', secret: { env: 'OIDC_SECRET' } },
      },
    };
    const create = { ops: 'a-token-of-some-length' };
    const config = { access: { session_hours: 4 }, server: { url: 'https://processes.example.org' } };
    const objects = await render({ access, accessTokens: { create }, config });
    const { 'local.config.yml': file = '' } = named(objects, 'ConfigMap', 'k8s-job-manager-config').data as Data;
    expect(parse(file)).toMatchObject({ access: { ...access, session_hours: 4 } });
    expect(await rulesOf(file)).toMatchObject({
      ...{ linksMaxDays: 7, sessionHours: 4, audit: 'stdout' },
      rules: {
        runningOfProcess: 3,
        limits: { submissionsPerMinute: 20 },
        oidc: { terminalClient: 'processes-terminal' },
      },
    });
    expect(named(objects, 'Secret', 'k8s-job-manager-access')).toMatchObject({ stringData: create });
    const given = await render({ accessTokens: { secretName: 'mine' } });
    const nameIn = (all: Rendered[]) => JSON.stringify(named(all, 'Deployment')).match(/"secretName":"([^"]+)"/)?.[1];
    expect([objects, given, await render()].map(nameIn)).toEqual(['k8s-job-manager-access', 'mine', undefined]);
    expect(given.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('tells the server where jobs are kept that have ended, and lets it get there', async () => {
    const archive = { url: 'postgres://me@db.example.org:6432/jobs', keep_jobs: '1h' };
    const objects = await render({
      archive,
      archivePassword: { secretName: 'of-the-archive' },
      networkPolicy: { enabled: true },
    });
    const { 'local.config.yml': file = '' } = named(objects, 'ConfigMap', 'k8s-job-manager-config').data as Data;
    expect(parse(file)).toMatchObject({ archive });
    expect(JSON.stringify(named(objects, 'Deployment'))).toContain(
      '{"name":"ARCHIVE_PASSWORD","valueFrom":{"secretKeyRef":{"name":"of-the-archive","key":"password"}}}',
    );
    const ports = (all: Rendered[]) => JSON.stringify(named(all, 'NetworkPolicy', 'k8s-job-manager'));
    expect(ports(objects)).toContain('6432');
    const usual = await render({ archive: { url: 'postgresql://db/jobs' }, networkPolicy: { enabled: true } });
    expect(ports(usual)).toContain('5432');
    expect(ports(await render({ networkPolicy: { enabled: true } }))).not.toContain('5432');
  });

  it('gives an archive in its own process a claim, more memory, and nobody beside it', async () => {
    const embedded = { archive: { url: 'embedded' }, replicas: 1 };
    const objects = await render(embedded);
    const { 'local.config.yml': file = '' } = named(objects, 'ConfigMap', 'k8s-job-manager-config').data as Data;
    expect(parse(file)).toMatchObject({ archive: { url: 'embedded', folder: '/data/archive' } });
    expect(named(objects, 'PersistentVolumeClaim', 'k8s-job-manager-archive').metadata).toMatchObject({
      annotations: { 'helm.sh/resource-policy': 'keep' },
    });
    expect(named(objects, 'Deployment').spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(JSON.stringify(named(objects, 'Deployment'))).toMatch(/"limits":\{"memory":"1280Mi"\}/);
    const mine = await render({ ...embedded, archiveEmbedded: { existingClaim: 'mine' } });
    expect(mine.filter(({ kind }) => kind === 'PersistentVolumeClaim')).toEqual([]);
    expect(JSON.stringify(named(mine, 'Deployment'))).toContain('"claimName":"mine"');
    for (const several of [{ replicas: 2 }, { autoscaling: { enabled: true } }])
      await expect(render({ ...embedded, ...several })).rejects.toThrow(/archive\.url: embedded is for one replica/);
    await expect(render({ archive: { url: 'mysql://db/jobs' } })).rejects.toThrow(/archive/);
  });

  it('takes a configuration file whole', async () => {
    const configFile = 'server: { url: "https://example.org" } # as it is\nresources: {}\n';
    const objects = await render({ configFile });
    expect(
      (named(objects, 'ConfigMap', 'k8s-job-manager-config').data as object)['local.config.yml' as never],
    ).toContain('# as it is');
    const before = named(await render(), 'Deployment').spec as { template: { metadata: { annotations: unknown } } };
    const after = named(objects, 'Deployment').spec as typeof before;
    expect(after.template.metadata.annotations).not.toEqual(before.template.metadata.annotations);
  });

  it.each([[true], [false]])('runs the operator beside such a file, processes as well: %j', async (processesApi) => {
    const visualisations = { enabled: true, domain: 'apps.example.org', processesApi };
    const [container] = containersOf(named(await render({ configFile: 'server: {}\n', visualisations }), 'Deployment'));
    expect(container?.env).toEqual(
      expect.arrayContaining([
        { name: 'OPERATORS', value: 'visualisations' },
        { name: 'PROCESSES_API', value: String(processesApi) },
      ]),
    );
    const [merged] = containersOf(named(await render({ visualisations }), 'Deployment'));
    expect(JSON.stringify(merged?.env)).not.toContain('OPERATORS');
  });

  it('names everything after the release, and needs nothing of the cluster but the two Secrets', async () => {
    const objects = await render({}, { release: 'second', namespace: 'elsewhere' });
    expect(kindsOf(objects.filter((object) => !isHook(object)))).toEqual([
      'ConfigMap elsewhere/second-config',
      'Deployment elsewhere/second',
      'PodDisruptionBudget elsewhere/second',
      'ResourceQuota elsewhere/second-jobs',
      'Role elsewhere/second',
      'RoleBinding elsewhere/second',
      'Service elsewhere/second',
      'ServiceAccount elsewhere/second',
    ]);
    expect(objects.some(({ kind }) => kind === 'Secret')).toBe(false);
  });

  it('releases pods before an uninstall, with rights that only the hook has', async () => {
    const hooks = (await render()).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-delete');
    expect(kindsOf(hooks)).toEqual([
      'Job processes/k8s-job-manager-release-pods',
      'Role processes/k8s-job-manager-release-pods',
      'Role processes/k8s-job-manager-release-pods-stop',
      'RoleBinding processes/k8s-job-manager-release-pods',
      'RoleBinding processes/k8s-job-manager-release-pods-stop',
      'ServiceAccount processes/k8s-job-manager-release-pods',
    ]);
    for (const { kind, metadata } of hooks) {
      expect(metadata.annotations).toMatchObject({
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
        ...(kind === 'Job' ? {} : { 'helm.sh/hook-weight': '-1' }),
      });
    }
    expect(kindsOf(await render({ uninstall: { releasePods: false } })).join()).not.toContain('release-pods');
  });

  it.each([
    ['an unknown value', { ingres: { enabled: true } }, "additional properties 'ingres' not allowed"],
    ['a wrong type', { replicas: 'two' }, "at '/replicas': got string, want integer"],
    ['a namespace that is none', { jobs: { namespace: 'No Space' } }, "at '/jobs/namespace'"],
    [
      'a variable that is not the operator’s',
      { visualisations: { env: { PATH: '/' } } },
      "'PATH' does not match pattern '^SVO_",
    ],
    [
      'a list in another place than its own',
      { visualisations: { env: { SVO_ALLOWED_INGRESS_DOMAINS: 'a' } } },
      "invalid propertyName 'SVO_ALLOWED_INGRESS_DOMAINS'",
    ],
    ['too short a time to end', { terminationGracePeriodSeconds: 5 }, "at '/terminationGracePeriodSeconds'"],
    ['an HTTPRoute without a Gateway', { gateway: { enabled: true } }, 'gateway.parentRefs is needed'],
    ['visualisations without a domain', { visualisations: { enabled: true } }, 'visualisations.domain is needed'],
    ['access beside a whole file', { configFile: 'a: 1', access: { own_jobs: true } }, 'with configFile write'],
    ['keys of access that there are not', { access: { own_job: true } }, "invalid propertyName 'own_job'"],
    ['a token that can be guessed', { accessTokens: { create: { ops: 'short' } } }, 'ops'],
    [
      'two Secrets with tokens',
      { accessTokens: { secretName: 'a', create: { ops: 'x'.repeat(16) } } },
      'must be empty',
    ],
    ['notebooks beside a whole file', { configFile: 'a: 1', papermill: { enabled: true } }, 'with configFile write'],
  ])('refuses %s, and says where', async (_, values, message) => {
    await expect(render(values)).rejects.toThrow(message);
  });
});

describe('the chart’s schema of values', () => {
  interface Schema {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Schema>>;
  }
  const readSchema = async () => JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8')) as Schema;

  it('describes every value, and every value has a default', async () => {
    const values = parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as object;
    const missing: string[] = [];
    const look = ({ properties = {} }: Schema, defaults: unknown, path: string) => {
      for (const [name, schema] of Object.entries(properties)) {
        const at = `${path}.${name}`;
        if (!schema.description && !/\.(requests|limits|claims)$/.test(at)) missing.push(`description of ${at}`);
        const isOfKubernetes = /^\.(resources|env|imagePullSecrets|global)\b/.test(at);
        const value = (defaults as Record<string, unknown> | null)?.[name];
        if (value === undefined && !isOfKubernetes) missing.push(`default of ${at}`);
        if (value !== undefined && !isOfKubernetes) look(schema, value, at);
      }
    };
    look(await readSchema(), values, '');
    expect(missing).toEqual([]);
  });
});

describeWithHelm(
  'the chart and the kustomize base with its components',
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'overlay-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    async function kustomize(
      resource: string,
      components: readonly string[],
      namespace = 'processes',
    ): Promise<Rendered[]> {
      const root = relative(folder, manifests);
      const overlay = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        namespace,
        resources: [`${root}/${resource}`],
        components: components.map((name) => `${root}/components/${name}`),
      };
      await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(overlay));
      const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return objectsOf(stdout);
    }
    it('make the same objects', async () => {
      const rendered = (await render(ALL_OF_THEM)).filter((object) => !isHook(object));
      expect(comparable(rendered)).toEqual(comparable(await kustomize('base', COMPONENTS)));
    });

    it('make the same objects where jobs run in another namespace', async () => {
      const namespace = 'processes-jobs';
      const objects = await render({ ...ALL_OF_THEM, jobs: { ...ALL_OF_THEM.jobs, namespace } });
      const ofServer = await kustomize('base', [...COMPONENTS.filter((name) => name !== 'limits'), 'jobs-namespace']);
      const ofJobs = await kustomize('overlays/example-jobs', [], namespace);
      const isForUninstall = ({ metadata }: Rendered) => metadata.name === 'k8s-job-manager-release-pods';
      expect(comparable(objects.filter((object) => !isHook(object)))).toEqual(
        comparable([...ofServer, ...ofJobs.filter((object) => object.kind !== 'Namespace' && !isForUninstall(object))]),
      );
      const uninstall = await kustomize('uninstall', ['jobs-namespace']);
      const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-delete');
      const rights = (all: Rendered[]) => comparable(all.filter(({ kind }) => kind !== 'Job'));
      expect(rights(hooks)).toEqual(rights([...uninstall, ...ofJobs.filter(isForUninstall)]));
      expect(containersOf(named(uninstall, 'Job', 'k8s-job-manager-release-pods'))[0]?.env).toEqual([
        { name: 'PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE', value: namespace },
      ]);
    });

    it('let jobs run in a namespace of their own, as the examples have it', async () => {
      const folderOf = (name: string) => join(manifests, 'overlays', name);
      const [server, jobs, uninstall] = ['example', 'example-jobs', 'example-uninstall'].map((name) => {
        const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folderOf(name)], { encoding: 'utf8' });
        if (status !== 0) throw new Error(stderr);
        return objectsOf(stdout);
      }) as [Rendered[], Rendered[], Rendered[]];
      const namespace = named(jobs, 'Namespace', 'processes-jobs').metadata.name;
      expect(kindsOf(jobs.filter(({ kind }) => kind === 'NetworkPolicy'))).toEqual([
        `NetworkPolicy ${namespace}/k8s-job-manager-jobs`,
        `NetworkPolicy ${namespace}/k8s-job-manager-jobs-egress`,
      ]);
      const deployment = named(server, 'Deployment');
      for (const object of [deployment, named(uninstall, 'Job', 'k8s-job-manager-release-pods')])
        expect(containersOf(object)[0]?.env).toContainEqual({
          name: 'PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE',
          value: namespace,
        });
      const bindings = jobs.filter(({ kind }) => kind === 'RoleBinding');
      expect(bindings).toMatchObject(
        bindings.map(() => ({ subjects: [{ namespace: deployment.metadata.namespace }] })),
      );
      expect(JSON.stringify(named(server, 'Role').rules)).not.toContain('jobs');
    });

    it('let the server list secrets by the same Role', async () => {
      const papermill = { enabled: true, progress: false, autoMountSecrets: true };
      const ofSecrets = (objects: Rendered[]) =>
        comparable(objects.filter(({ metadata }) => metadata.name === 'k8s-job-manager-notebook-secrets'));
      const rendered = ofSecrets(await render({ papermill }));
      expect(rendered).toHaveLength(2);
      expect(rendered).toEqual(ofSecrets(await kustomize('base', ['notebook-secrets'])));
    });

    it('let the server make Secrets of jobs by the same Role, where the Deployment asks for it', async () => {
      const ofSecrets = (objects: Rendered[]) =>
        comparable(
          objects.filter(({ kind, metadata }) => metadata.name.endsWith('-job-secrets') || kind === 'Deployment'),
        );
      const rendered = ofSecrets(await render({ image: { tag: 'latest' }, jobs: { secrets: true } }));
      expect(rendered).toHaveLength(3);
      expect(rendered).toEqual(ofSecrets(await kustomize('base', ['job-secrets'])));
    });

    it('mount the same Secret with tokens', async () => {
      const deployment = (objects: Rendered[]) => comparable(objects.filter(({ kind }) => kind === 'Deployment'));
      const rendered = await render({
        image: { tag: 'latest' },
        accessTokens: { secretName: 'k8s-job-manager-access' },
      });
      const made = deployment(rendered);
      expect(made).toEqual(deployment(await kustomize('base', ['access'])));
      expect(JSON.stringify(made)).toContain('/run/secrets/access');
    });

    it('keep jobs that have ended in the same way', async () => {
      const kept = (objects: Rendered[]) =>
        comparable(objects.filter(({ kind }) => ['Deployment', 'PersistentVolumeClaim'].includes(kind)));
      const image = { tag: 'latest' };
      const away = await render({ image, archivePassword: { secretName: 'k8s-job-manager-archive' } });
      expect(kept(away)).toEqual(kept(await kustomize('base', ['archive'])));
      const here = kept(await render({ image, replicas: 1, archive: { url: 'embedded' } }));
      expect(here).toEqual(kept(await kustomize('base', ['archive-embedded'])));
      expect(here).toHaveLength(2);
    });

    it('let notebooks write their progress by the same Role and the same policy', async () => {
      const ofNotebooks = (objects: Rendered[]) =>
        comparable(
          objects
            .filter(({ metadata }) => metadata.name.endsWith('-notebooks'))
            .filter(({ kind }) => kind !== 'ValidatingAdmissionPolicyBinding')
            // Of kustomize it has one name for all, and a namespace that does not count.
            .map((object) =>
              object.kind.startsWith('Validating') ? { ...object, metadata: { name: 'policy' } } : object,
            ),
        );
      const rendered = ofNotebooks(await render({ papermill: { enabled: true, progress: true } }));
      expect(rendered).toHaveLength(4);
      expect(rendered).toEqual(ofNotebooks(await kustomize('base', ['notebook-progress'])));
    });

    it('give rights to accounts that there are, where jobs have a namespace and components of their own', async () => {
      const example = await readFile(join(manifests, 'overlays/example-jobs/kustomization.yaml'), 'utf8');
      const overlay = parse(example) as { resources: string[]; components: string[] };
      const root = relative(folder, manifests);
      const further = ['job-secrets', 'kueue', 'notebook-progress', 'notebook-secrets'];
      const mine = {
        ...overlay,
        resources: [`${root}/jobs-namespace`],
        components: [
          ...overlay.components.map((path) => path.replace('../..', root)),
          ...further.map((name) => `${root}/components/${name}`),
        ],
      };
      await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(mine));
      const { stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const bindings = objectsOf(stdout).filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind));
      const accounts = bindings.map((binding) => [
        `${binding.kind} ${binding.metadata.name}`,
        ...(binding['subjects'] as { namespace?: string; name: string }[]).map(
          ({ namespace, name }) => `${namespace}/${name}`,
        ),
      ]);
      expect(accounts.sort()).toEqual([
        ['ClusterRoleBinding k8s-job-manager-queues', 'processes/k8s-job-manager'],
        ['RoleBinding k8s-job-manager', 'processes/k8s-job-manager'],
        ['RoleBinding k8s-job-manager-job-secrets', 'processes/k8s-job-manager'],
        ['RoleBinding k8s-job-manager-notebook-secrets', 'processes/k8s-job-manager'],
        ['RoleBinding k8s-job-manager-notebooks', 'processes-jobs/k8s-job-manager-notebooks'],
        ['RoleBinding k8s-job-manager-queues', 'processes/k8s-job-manager'],
        ['RoleBinding k8s-job-manager-release-pods', 'processes/k8s-job-manager-release-pods'],
      ]);
    });

    it('read the queues of Kueue by the same rights', async () => {
      const ofQueues = (objects: Rendered[]) =>
        objects.filter(({ metadata }) => metadata.name.endsWith('k8s-job-manager-queues'));
      const rules = (objects: Rendered[]) => ofQueues(objects).map(({ kind, rules: granted }) => [kind, granted]);
      const rendered = await render({ kueue: { enabled: true } });
      expect(rules(rendered).sort()).toEqual(rules(await kustomize('base', ['kueue'])).sort());
      expect(ofQueues(rendered)).toHaveLength(4);
      expect(ofQueues(await render())).toEqual([]);
    });

    it('release pods by the same Job with the same rights', async () => {
      const hooks = (await render(ALL_OF_THEM)).filter(
        ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-delete',
      );
      const job = named(await kustomize('uninstall', []), 'Job', 'k8s-job-manager-release-pods');
      const [ofHook] = containersOf(named(hooks, 'Job', 'k8s-job-manager-release-pods'));
      const [ofJob] = containersOf(job);
      expect({ ...ofHook, args: [...(ofHook?.args ?? [])].sort() }).toEqual({
        ...ofJob,
        args: [...(ofJob?.args ?? [])].sort(),
      });
      const rights = (objects: Rendered[]) => comparable(objects.filter(({ kind }) => kind !== 'Job'));
      expect(rights(hooks)).toEqual(rights(await kustomize('uninstall', [])));
    });
  },
  hasKubectl,
);

interface Container {
  readonly args?: string[];
  readonly env?: unknown[];
  readonly envFrom?: unknown[];
}
function containersOf(object: Rendered): Container[] {
  return (object['spec'] as { template: { spec: { containers: Container[] } } }).template.spec.containers;
}
function configurationOf(objects: readonly Rendered[]): Record<string, unknown> {
  const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
  return parse(data['local.config.yml'] ?? '', { version: '1.1' }) as Record<string, unknown>;
}
