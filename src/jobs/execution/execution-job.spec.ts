import { describe, expect, it } from '@jest/globals';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { baseline, hardenPodSpec } from '../../security-context/security-contexts.js';
import type { V1PodSpec } from '@kubernetes/client-node';
import type { JobSettings } from '../../config/configuration.js';
import { toJobRecord } from '../model/job-record.js';
import { makeExecutionJob, type ExecutionJobOptions } from './execution-job.js';
import { requestedResponse } from './requested-response.js';
import { subscriptionOf } from './subscriber-check.js';
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
          'processes.pygeoapi.io/shown-request': expect.stringMatching(/^\{"digest":"[\w-]{43}"\}$/),
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

  it('may wait for ever to start where no deadline is configured', () => {
    const { metadata } = makeExecutionJob({ ...options, settings: {} });
    expect(metadata?.annotations).toHaveProperty(['processes.pygeoapi.io/collection'], 'pending');
    expect(metadata?.annotations).not.toHaveProperty(['processes.pygeoapi.io/start-deadline-seconds']);
  });

  it('carries no finalizer where nobody would take it off', () => {
    const { metadata, spec } = makeExecutionJob({ ...options, collected: false });
    expect(spec?.template.metadata).toEqual({ labels });
    expect(spec?.ttlSecondsAfterFinished).toBe(60);
    expect(Object.keys(metadata?.annotations ?? {})).not.toContain('processes.pygeoapi.io/collection');
  });

  it.each<[string, Partial<V1PodSpec>, JobSettings, boolean | undefined]>([
    ['unasked is not mounted', {}, {}, false],
    ['unasked is not mounted of the default account by its name', { serviceAccountName: 'default' }, {}, false],
    ['unasked is not mounted where none is named', { serviceAccountName: '' }, {}, false],
    ['is as an account says that is named', { serviceAccountName: 'notebooks' }, {}, undefined],
    ['is as an account says that is named by the older key', { serviceAccount: 'notebooks' }, {}, undefined],
    ['is mounted as the configuration says', {}, { automountServiceAccountToken: true }, true],
    [
      'of a named account is not mounted where the configuration says so',
      { serviceAccountName: 'notebooks' },
      { automountServiceAccountToken: false },
      false,
    ],
    [
      'is for the processor to say first',
      { automountServiceAccountToken: true },
      { automountServiceAccountToken: false },
      true,
    ],
  ])('has a pod whose token %s', (_what, pod, settings, expected) => {
    const podSpec = { ...options.podSpec, ...pod };
    const { spec } = makeExecutionJob({ ...options, podSpec, settings });
    expect(spec?.template.spec?.automountServiceAccountToken).toBe(expected);
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
    const queued = makeExecutionJob({ ...options, settings: { ...settings, queueName: 'batch' } });
    expect(queued.spec?.podFailurePolicy?.rules.at(-1)?.onExitCodes?.values).toEqual([0, 137, 143]);
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
    const inputs = { text: 'x'.repeat(40_000), number: 1 };
    const { metadata } = makeExecutionJob({ ...options, inputs, maskedInputs: inputs });
    const parameters = metadata?.annotations?.['pygeoapi.io/parameters'] ?? '';
    expect(JSON.parse(parameters)).toEqual({
      text: { omitted: { size: 40_002, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      number: 1,
    });
  });

  it('stays under 32 KB beside its inline inputs, whatever a client sends', () => {
    const long = (text: string, count = 2048) => text.repeat(Math.floor(count / text.length));
    const inputs = { text: long('ä"\\$', 6_000), password: long('x', 22_000) };
    const outputs = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`output-${n}`, {}]));
    const formats = { mediaType: 'application/geo+json' };
    const process = {
      description: { outputs, outputTransmission: ['value', 'reference'] },
    } as unknown as RegisteredProcess;
    const requestedOutputs = Object.fromEntries(
      Object.keys(outputs).map((id) => [id, { transmissionMode: 'reference' as const, format: formats }]),
    );
    const uri = (n: number) => `https://example.org/${n}?${long('a=b&', 2000)}`;
    const subscriber = { successUri: uri(1), inProgressUri: uri(2), failedUri: uri(3) };
    const kubeJob = makeExecutionJob({
      ...options,
      processId: long('process-', 200),
      podSpec: hardenPodSpec(
        {
          ...options.podSpec,
          nodeSelector: { 'example.org/pool': long('batch-', 60) },
          tolerations: Array.from({ length: 5 }, (_, n) => ({ key: `example.org/${n}`, operator: 'Exists' })),
        },
        baseline,
      ),
      podMetadata: {
        labels: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`example.org/${n}`, long('label-', 60)])),
        annotations: { note: long('a note ') },
      },
      notes: { messages: { 'result-link': long('https://example.org/', 1000) } },
      inputs,
      maskedInputs: { ...inputs, password: '*' },
      requestedOutputs,
      request: requestedResponse(process, { outputs: requestedOutputs }),
      subscription: subscriptionOf(subscriber, { subscriber }, new AllowedHosts(['public']), long('https://api/')),
      trace: { traceparent: long('0', 55), tracestate: long('a=1,', 512) },
      idempotencyDigest: long('d', 64),
    });
    const environment = kubeJob.spec?.template.spec?.containers[0]?.env ?? [];
    const inline = environment.find(({ name }) => name === 'PYGEOAPI_K8S_MANAGER_INPUTS');
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
    expect(size(inline)).toBeGreaterThan(28_000);
    expect(size(kubeJob) - size(inline)).toBeLessThan(32_000);
    // All else that was sent is there.
    expect(size(kubeJob) - size(inline)).toBeGreaterThan(16_000);
  });

  it('repeats inputs in an annotation as long as all annotations together stay short', () => {
    const maskedInputs = { text: 'x'.repeat(15_000) };
    const { metadata } = makeExecutionJob({ ...options, maskedInputs });
    expect(metadata?.annotations?.['pygeoapi.io/parameters']).toBe(JSON.stringify(maskedInputs));
    const messages = { 'result-link': 'x'.repeat(8_000) };
    const { metadata: other } = makeExecutionJob({
      ...options,
      notes: { messages },
      maskedInputs,
    });
    expect(other?.annotations?.['pygeoapi.io/parameters']).toContain('{"omitted":{"size":15002,');
    expect(Buffer.byteLength(JSON.stringify(other?.annotations))).toBeLessThanOrEqual(20 * 1024);
  });

  it('is none where it would keep too much of the request beside its inputs', () => {
    const messages = { 'result-link': '"'.repeat(8_000), notebook: '"'.repeat(3_000) };
    const make = () => makeExecutionJob({ ...options, notes: { messages } });
    expect(make).toThrow(InputsTooLargeError);
    expect(make).toThrow(/would keep 2\d{4} bytes of it, and may keep 20480/);
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

  describe('in a queue', () => {
    const settings = { ...options.settings, queueName: 'batch', queuePriority: 'low', queueDeadlineSeconds: 60 };

    it('is suspended from the first, has its labels, and its deadline', () => {
      const { metadata, spec } = makeExecutionJob({ ...options, settings });
      expect(metadata?.labels).toEqual({
        ...labels,
        'kueue.x-k8s.io/queue-name': 'batch',
        'kueue.x-k8s.io/priority-class': 'low',
      });
      expect(metadata?.annotations).toMatchObject({ 'processes.pygeoapi.io/queue-deadline-seconds': '60' });
      expect(spec?.suspend).toBe(true);
      expect(spec?.template.metadata?.labels).toEqual(labels);
    });

    it('is in none where the name is empty', () => {
      const job = makeExecutionJob({ ...options, settings: { ...settings, queueName: '' } });
      expect(job.metadata?.labels).toEqual(labels);
      expect(job.spec).not.toHaveProperty('suspend');
    });
  });

  it('that waits for its turn is suspended, and says whose it is', () => {
    const { metadata, spec } = makeExecutionJob({ ...options, lineCaller: 'hash' });
    expect(metadata?.labels).toEqual({ ...labels, 'processes.pygeoapi.io/caller': 'hash' });
    expect(metadata?.annotations).toMatchObject({ 'processes.pygeoapi.io/admission': 'waiting' });
    expect(metadata?.annotations).not.toHaveProperty('processes.pygeoapi.io/queue-priority');
    expect(spec?.suspend).toBe(true);
    expect(spec?.template.metadata?.labels).toEqual(labels);
    const urgent = makeExecutionJob({
      ...options,
      settings: { ...options.settings, queuePriority: 'urgent' },
      lineCaller: 'hash',
    });
    expect(urgent.metadata?.annotations).toMatchObject({ 'processes.pygeoapi.io/queue-priority': 'urgent' });
    expect(urgent.metadata?.labels).not.toHaveProperty(['kueue.x-k8s.io/priority-class']);
  });

  it.each([
    [5, 5],
    ['none', 'none'],
  ] as const)('says how many jobs of its caller may run at once: %s', (callerRunning, read) => {
    const kubeJob = makeExecutionJob({ ...options, lineCaller: 'hash', callerRunning });
    expect(kubeJob.metadata?.annotations).toMatchObject({ 'processes.pygeoapi.io/caller-running': String(read) });
    expect(toJobRecord(options.prefix, kubeJob)?.admission?.running).toBe(read);
  });
});
