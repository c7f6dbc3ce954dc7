import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { logLines } from '../support/log-lines.js';
import { OtlpReceiver, type Span } from '../support/otlp-receiver.js';
import { Receiver } from '../support/receiver.js';
import { type StatusInfo, TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const OWN = 'processes.pygeoapi.io/';

/** A caller's place in a trace of its own. */
function caller(flags = '01') {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

async function submit(
  bed: TestBed,
  process: string,
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const answer = await fetch(`${bed.url}/processes/${process}/execution`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      prefer: 'respond-async',
      authorization: `Bearer ${TOKEN}`,
      ...headers,
    },
    body: JSON.stringify({ inputs: {}, ...body }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as StatusInfo).jobID;
}

/** What the process `environment` prints of the variables that carry a trace. */
async function variablesOf(bed: TestBed, jobId: string): Promise<string[]> {
  expect((await bed.ended(jobId)).status).toBe('successful');
  const text = await (await bed.get(`/jobs/${jobId}/results`)).text();
  return text.split('\n').filter((line) => /^TRACE/.test(line));
}

async function annotationsOf(bed: TestBed, jobId: string): Promise<Record<string, string>> {
  const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
  return kubeJob?.metadata?.annotations ?? {};
}

describe('where OpenTelemetry’s variables name a collector', () => {
  let bed: TestBed;
  let collector: OtlpReceiver;
  let receiver: Receiver;
  beforeAll(async () => {
    collector = await OtlpReceiver.start();
    receiver = await Receiver.start();
    bed = await TestBed.startProcess(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-collector=ours',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        SUBSCRIBER_ALLOWED_HOSTS: '127.0.0.1',
      },
      { configuration: (text) => text.replace('logging: { level: WARNING }', 'logging: { level: INFO }') },
    );
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (receiver as Receiver | undefined)?.down();
    await (collector as OtlpReceiver | undefined)?.stop();
  });

  it('one trace goes from the request through the pod to what is collected and told', async () => {
    const { traceId, spanId, traceparent } = caller();
    const body = { subscriber: { successUri: receiver.url('/told?key=hunter2') } };
    const jobId = await submit(bed, 'environment', { traceparent, tracestate: 'vendor=$(one)' }, body);

    const request = await collector.span(traceId, 'POST /processes/:processId/execution', spanId);
    expect(request).toMatchObject({
      kind: 2,
      attributes: { 'http.response.status_code': 201, 'url.path': '/processes/environment/execution' },
    });
    const execute = await collector.span(traceId, 'execute', request.spanId);
    expect(execute.attributes).toEqual({ 'ogc.process.id': 'environment', 'ogc.job.id': jobId });
    await collector.span(traceId, 'validate', execute.spanId);
    const creation = await collector.span(traceId, 'kubernetes create jobs', execute.spanId);
    expect(creation).toMatchObject({ kind: 3, attributes: { 'http.response.status_code': 201 } });

    const passedOn = `00-${traceId}-${execute.spanId}-01`;
    expect(await variablesOf(bed, jobId)).toEqual([`TRACEPARENT=${passedOn}`, 'TRACESTATE=vendor=$(one)']);
    expect(await annotationsOf(bed, jobId)).toMatchObject({
      [`${OWN}traceparent`]: passedOn,
      [`${OWN}tracestate`]: 'vendor=$(one)',
    });

    const collect = await collector.span(traceId, 'collect', execute.spanId);
    expect(collect.attributes).toMatchObject({ 'ogc.job.id': jobId, 'ogc.process.id': 'environment' });
    await collector.span(traceId, 'object store create', collect.spanId);
    await collector.span(traceId, 'kubernetes patch jobs', collect.spanId);
    const told = await collector.span(traceId, 'tell subscriber', execute.spanId);
    const calls = await eventually('the subscriber being told', async () => {
      const made = receiver.at('/told?key=hunter2');
      return made.length > 0 ? made : undefined;
    });
    expect(calls[0]?.headers).toMatchObject({
      traceparent: `00-${traceId}-${told.spanId}-01`,
      tracestate: 'vendor=$(one)',
    });

    const lines = logLines(bed.server?.output).filter((line) => line.jobId === jobId);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line.traceId).toBe(traceId);
    expect(lines.find(({ logger }) => logger === 'ExecutionService')?.spanId).toBe(execute.spanId);

    expect(JSON.stringify(collector.spans)).not.toMatch(new RegExp(`hunter2|${TOKEN}`));
    expect(collector.headers['x-collector']).toBe('ours');
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'ogc-processes-k8s',
      'deployment.environment.name': 'test',
    });
  });

  it('goes on with the trace of a job that another server made', async () => {
    const { traceId, traceparent } = caller();
    const jobId = await submit(bed, 'short', { traceparent });
    await bed.server?.end();
    const execute = await collector.span(traceId, 'execute');
    await bed.startServer();
    expect((await bed.ended(jobId)).status).toBe('successful');
    await collector.span(traceId, 'collect', execute.spanId);
  });

  it('a request without a trace begins one, a probe does not', async () => {
    expect((await bed.get('/health/live')).status).toBe(200);
    expect((await bed.get('/jobs/x')).status).toBe(404);
    const span = await eventually('the request', async () =>
      collector.spans.find(({ name }) => name === 'GET /jobs/:jobId'),
    );
    expect(span.parentSpanId).toBeUndefined();
    expect(
      collector.spans.filter(({ name, attributes }: Span) => /health/.test(name + attributes['url.path'])),
    ).toEqual([]);
  });

  it('what the caller does not sample is not exported, and passed on as such', async () => {
    const { traceId, traceparent } = caller('00');
    const jobId = await submit(bed, 'environment', { traceparent });
    expect(await variablesOf(bed, jobId)).toEqual([
      expect.stringMatching(new RegExp(`^TRACEPARENT=00-${traceId}-[0-9a-f]{16}-00$`)),
    ]);
    const other = caller();
    await submit(bed, 'environment', { traceparent: other.traceparent });
    await collector.span(other.traceId, 'collect');
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });
});

describe('without a collector', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration: (text) => text.replace('level: WARNING', 'level: INFO') });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('the caller’s trace is passed on into the pod, and stands in the log', async () => {
    const { traceId, traceparent } = caller();
    const jobId = await submit(bed, 'environment', { traceparent, tracestate: 'a=1,b=2' });
    expect(await variablesOf(bed, jobId)).toEqual([`TRACEPARENT=${traceparent}`, 'TRACESTATE=a=1,b=2']);
    const ended = await eventually('the end in the log', async () =>
      logLines(bed.server?.output).find((line) => line.jobId === jobId && line.logger === 'OutcomeRecorder'),
    );
    expect(ended.traceId).toBe(traceId);
  });

  it.each([
    ['none', {}],
    ['one that is none', { traceparent: '00-00000000000000000000000000000000-0000000000000001-01' }],
    ['one that is odd', { traceparent: `${caller().traceparent}-more`, tracestate: 'a=1' }],
  ])('of %s nothing is made up', async (_what, headers) => {
    const jobId = await submit(bed, 'environment', headers);
    expect(await variablesOf(bed, jobId)).toEqual([]);
    expect(Object.keys(await annotationsOf(bed, jobId)).filter((name) => /trace(parent|state)$/.test(name))).toEqual(
      [],
    );
  });
});
