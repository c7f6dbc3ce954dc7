import { describe, expect, it } from '@jest/globals';
import { makeExecutionJob, type ExecutionJobOptions } from './execution-job.js';
import { at, JOB_ID } from '../testing/records.js';

const options: ExecutionJobOptions = {
  namespace: 'jobs',
  prefix: 'pygeoapi-job-',
  jobId: JOB_ID,
  processId: 'hello',
  mainContainerName: 'main',
  podSpec: {
    restartPolicy: 'Never',
    initContainers: [{ name: 'init', image: 'busybox' }],
    containers: [
      { name: 'main', image: 'busybox', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'busybox' },
    ],
  },
  inputs: { name: 'Zoë', password: 'x' },
  maskedInputs: { name: 'Zoë', password: '*' },
  mimetype: 'text/plain',
  request: { response: 'raw', outputs: ['echo'] },
  collected: true,
  now: at(0),
  settings: {
    startDeadlineSeconds: 30,
    activeDeadlineSeconds: 90,
    ttlSeconds: 60,
    resultsTtlSeconds: 3600,
    automountServiceAccountToken: false,
  },
};
const common = [
  { name: 'PYGEOAPI_JOB_ID', value: JOB_ID },
  { name: 'PYGEOAPI_PROCESS_ID', value: 'hello' },
];
const labels = { 'app.kubernetes.io/managed-by': 'ogc-processes-k8s', 'app.kubernetes.io/component': 'execution' };

describe('the Kubernetes Job of an execution', () => {
  it('is this', () => {
    expect(makeExecutionJob({ ...options, idempotencyDigest: 'digest' })).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `pygeoapi-job-${JOB_ID}`,
        namespace: 'jobs',
        labels,
        annotations: {
          'pygeoapi.io/identifier': JOB_ID,
          'pygeoapi.io/process_id': 'hello',
          'pygeoapi.io/job-name': `pygeoapi-job-${JOB_ID}`,
          'pygeoapi.io/started': '2026-01-01T12:00:00.000Z',
          'pygeoapi.io/updated': '2026-01-01T12:00:00.000Z',
          'pygeoapi.io/mimetype': 'text/plain',
          'pygeoapi.io/parameters': '{"name":"Zoë","password":"*"}',
          'processes.pygeoapi.io/format-version': '1',
          'processes.pygeoapi.io/request': '{"response":"raw","outputs":["echo"]}',
          'processes.pygeoapi.io/idempotency': 'digest',
          'processes.pygeoapi.io/collection': 'pending',
          'processes.pygeoapi.io/main-container': 'main',
          'processes.pygeoapi.io/start-deadline-seconds': '30',
          'processes.pygeoapi.io/ttl-seconds-after-collected': '60',
          'processes.pygeoapi.io/results-ttl-seconds': '3600',
        },
      },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: 8640000,
        template: {
          metadata: { labels, finalizers: ['pygeoapi.io/finalizer-log-retrieval'] },
          spec: {
            restartPolicy: 'Never',
            activeDeadlineSeconds: 90,
            automountServiceAccountToken: false,
            initContainers: [{ name: 'init', image: 'busybox', env: common }],
            containers: [
              {
                name: 'main',
                image: 'busybox',
                env: [
                  ...common,
                  { name: 'PYGEOAPI_K8S_MANAGER_INPUTS', value: '{"name":"Zoë","password":"x"}' },
                  { name: 'A', value: '1' },
                ],
              },
              { name: 'side', image: 'busybox', env: common },
            ],
          },
        },
      },
    });
  });

  it('carries what the processor has to say of it, beneath what the server says', () => {
    const notes = {
      messages: { 'result-link': 'https://x' },
      labels: { runtime: 'fargate', 'app.kubernetes.io/managed-by': 'me' },
    };
    const { metadata, spec } = makeExecutionJob({ ...options, notes });
    expect(metadata?.annotations?.['pygeoapi.io/result-link']).toBe('https://x');
    expect(metadata?.labels).toEqual({ runtime: 'fargate', ...labels });
    expect(spec?.template.metadata?.labels).toEqual({ runtime: 'fargate', ...labels });
  });

  it('carries no finalizer where nobody would take it off', () => {
    const { metadata, spec } = makeExecutionJob({ ...options, collected: false });
    expect(spec?.template.metadata).toEqual({ labels });
    expect(spec?.ttlSecondsAfterFinished).toBe(60);
    expect(Object.keys(metadata?.annotations ?? {})).not.toContain('processes.pygeoapi.io/collection');
  });

  it('leaves to a processor whether its pods have a token', () => {
    const podSpec = { ...options.podSpec, automountServiceAccountToken: true };
    expect(makeExecutionJob({ ...options, podSpec }).spec?.template.spec?.automountServiceAccountToken).toBe(true);
  });

  it('has the labels and annotations of the configuration on its pod, but for names of the server', () => {
    const podMetadata = {
      labels: { team: 'configured', [Object.keys(labels)[0] ?? '']: 'forged' },
      annotations: { note: 'any text' },
    };
    const { metadata, spec } = makeExecutionJob({ ...options, notes: { labels: { team: 'noted' } }, podMetadata });
    expect(metadata?.labels).toEqual({ team: 'noted', ...labels });
    expect(spec?.template.metadata).toEqual({
      labels: { team: 'configured', ...labels },
      annotations: { note: 'any text' },
      finalizers: ['pygeoapi.io/finalizer-log-retrieval'],
    });
  });

  it('is tried again as often as its process says', () => {
    const { spec } = makeExecutionJob({ ...options, settings: { backoffLimit: 3 } });
    expect(spec).toMatchObject({ backoffLimit: 3, podReplacementPolicy: 'Failed' });
    expect(spec).not.toHaveProperty('podFailurePolicy');
  });

  it('is tried again only where the infrastructure failed it, if its process says so', () => {
    const settings = { backoffLimit: 2, retriesInfrastructureOnly: true };
    expect(makeExecutionJob({ ...options, settings }).spec).toMatchObject({
      backoffLimit: 2,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Count', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Count', onPodConditions: [{ type: 'TerminationTarget', status: 'True' }] },
          { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [0] } },
        ],
      },
    });
    const never = { backoffLimit: 0, retriesInfrastructureOnly: true };
    expect(makeExecutionJob({ ...options, settings: never }).spec).not.toHaveProperty('podFailurePolicy');
  });

  it('lets no container of the processor overrule the reserved variables', () => {
    const podSpec = { containers: [{ name: 'main', image: 'x', env: [{ name: 'PYGEOAPI_JOB_ID', value: 'forged' }] }] };
    const [main] = makeExecutionJob({ ...options, podSpec }).spec?.template.spec?.containers ?? [];
    expect(main?.env?.filter((variable) => variable.name === 'PYGEOAPI_JOB_ID')).toEqual([common[0]]);
  });

  it('hands inputs over as they are, for all that Kubernetes would expand', () => {
    const inputs = { text: '$(PYGEOAPI_JOB_ID) $$ $HOME' };
    const [main] = makeExecutionJob({ ...options, inputs }).spec?.template.spec?.containers ?? [];
    expect(main?.env?.find(({ name }) => name === 'PYGEOAPI_K8S_MANAGER_INPUTS')?.value).toBe(
      '{"text":"$$(PYGEOAPI_JOB_ID) $$$$ $$HOME"}',
    );
  });

  it('hands over which outputs are wanted, to the main container', () => {
    const requestedOutputs = {
      map: { format: { mediaType: 'image/$x', schema: {} } },
      report: { transmissionMode: 'value' as const },
    };
    const { spec } = makeExecutionJob({ ...options, requestedOutputs });
    const variables = spec?.template.spec?.containers.map(({ env = [] }) =>
      env.filter(({ name }) => /REQUESTED/.test(name)),
    );
    const value = '{"map":{"mediaType":"image/$$x"},"report":{}}';
    expect(variables).toEqual([[{ name: 'PYGEOAPI_K8S_MANAGER_REQUESTED_OUTPUTS', value }], []]);
  });

  it('does not repeat large inputs in an annotation', () => {
    const inputs = { text: 'x'.repeat(40_000) };
    const { metadata } = makeExecutionJob({ ...options, inputs, maskedInputs: inputs });
    expect(metadata?.annotations).not.toHaveProperty(['pygeoapi.io/parameters']);
  });

  it('is kept until its subscribers were told, also where nobody collects', () => {
    const subscription = { base: 'https://api', uris: { success: 'https://example.org/' } };
    const { metadata, spec } = makeExecutionJob({ ...options, collected: false, subscription });
    expect(spec?.ttlSecondsAfterFinished).toBe(8_640_000);
    expect(metadata?.annotations).toMatchObject({
      'processes.pygeoapi.io/subscriber': JSON.stringify(subscription),
      'processes.pygeoapi.io/ttl-seconds-after-collected': '60',
    });
  });
});
