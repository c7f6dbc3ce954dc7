import type { V1Job } from '@kubernetes/client-node';
import { Readable } from 'node:stream';
import type { Configuration } from '../../config/configuration.js';
import { jobCacheOf } from '../../jobs/testing/job-cache-of.js';
import { at, JOB_ID } from '../../jobs/testing/records.js';
import type { JobRecord } from '../../jobs/model/job-record.js';
import type { JobResults } from '../../jobs/results/job-results.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { ownAnnotation } from '../../k8s/names.js';
import { Observer } from '../../observation/observer.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { Answer } from '../delivery-plan.js';
import { HostGate, SILENT_CALLS } from '../host-gate.js';
import { MessageBody } from '../message-body.js';
import type { Message, SubscriberCaller } from '../subscriber-caller.js';
import { SubscriberReconciler } from '../subscriber.reconciler.js';

export const JOB = `pygeoapi-job-${JOB_ID}`;
const aKubeJob = (annotations: Record<string, string>, rest: Partial<V1Job>): V1Job => ({
  metadata: {
    name: JOB,
    uid: 'job-uid',
    creationTimestamp: at(0),
    annotations: { [ownAnnotation.collection]: 'pending', ...annotations },
  },
  spec: { backoffLimit: 0, template: {} },
  ...rest,
});

const subscription = (events: string[]) => ({
  [ownAnnotation.subscriber]: JSON.stringify({
    base: 'https://api.example',
    uris: Object.fromEntries(events.map((event) => [event, `https://${event}.example/?key=secret`])),
  }),
});
export const successful = { status: 'successful', finished: at(5).toISOString() };
export const failed = {
  status: 'failed',
  finished: at(5).toISOString(),
  cause: { type: 'non-zero-exit', message: 'It ended with 1.' },
  logTail: 'confidential',
};

/** A reconciler of the subscribers of one job, on a cluster in memory. */
export function setUp(
  annotations: Record<string, string> = {},
  results: () => Promise<unknown> = async () => document('{"a":1}'),
  manager: object = {},
) {
  const cluster = new FakeCluster();
  const configuration = {
    environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: '' } },
    server: { manager },
  } as Configuration;
  const cache = jobCacheOf(cluster, configuration);
  const asked: JobRecord[] = [];
  const jobResults = { read: (job: JobRecord) => (asked.push(job), results()) } as unknown as JobResults;
  const registry = { find: () => ({ description: { outputs: { one: {}, two: {} } } }) } as unknown as ProcessRegistry;
  const calls: Message[] = [];
  const answers: Answer[] = [];
  const caller = {
    call: async (message: Message) => {
      calls.push(message);
      return answers.shift() ?? { text: '204', verdict: 'delivered' };
    },
  } as unknown as SubscriberCaller;
  const gate = new HostGate();
  const reconciler = new SubscriberReconciler(
    cache,
    cluster.client,
    new MessageBody(cache, jobResults, registry, configuration),
    caller,
    new Observer(),
    gate,
  );
  const body = (index = 0): unknown => JSON.parse(calls[index]?.body.toString() ?? 'null');
  const deliveries = () => JSON.parse(cluster.annotationsOf(JOB)[ownAnnotation.deliveries] ?? '{}') as object;
  const outcome = (value: object) => ({ [ownAnnotation.outcome]: JSON.stringify(value) });
  const put = (more: Record<string, string>, rest = {}) =>
    cluster.addJob(aKubeJob({ ...annotations, ...subscription(['success', 'failed']), ...more }, rest));
  const reconcile = (seconds = 10) => reconciler.reconcile(JOB, at(seconds), new AbortController().signal);
  return { cluster, calls, answers, asked, body, deliveries, outcome, put, reconcile, gate };
}
/** The host of the successes has not answered, and is left alone from now on. */
export function silence(gate: HostGate, now: Date): void {
  for (let n = 0; n < SILENT_CALLS; n += 1) {
    const turn = gate.enter('https://success.example/', n === 0 ? +now : 0);
    if ('leave' in turn) turn.leave({ text: 'no-answer', verdict: 'retry' }, +now);
  }
}
export const document = (text: string) => ({ size: text.length, body: Readable.from([Buffer.from(text)]) });
