import { readdir } from 'node:fs/promises';
import type { Receiver } from '../support/receiver.js';
import { duplicateLogs } from '../support/store.js';
import type { TestBed } from '../support/test-bed.js';
import type { TestClient } from '../support/test-client.js';
import { eventually } from '../support/wait.js';
import { listed, resultOf, type SoakArchive } from './archived.js';
import { compareLog, sha256, withoutHeadings } from './compared-logs.js';
import { digests as largeOnes, type Expectation } from './load.js';
import type { ShortLogs } from './short-logs.js';

const BOUND = 180_000;
const ENDS = ['successful', 'failed', 'dismissed'];
const PREFIX = 'pygeoapi-job-';
/** A kubelet that is killed while it starts a container fails the pod, and Kubernetes the Job: that is the job's end, and is said. */
const NOT_STARTED = 'not started by its node';

/** What became of the jobs of a soak: whatever must not be, a line for each. */
export interface Account {
  /** How many jobs ended how. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly logs: number;
  /** Results that were read and compared, and subscribers' calls that were waited for. */
  readonly results: number;
  /** Comparisons of logs and results, byte by byte: with what the process prints, what the node has, what is noted on the Job. */
  readonly compared: number;
  readonly deliveries: number;
  /** Jobs that ended otherwise than they had to, or not at all; logs, results and calls that are not there, or not as they have to be. */
  readonly lost: string[];
  /** Jobs of whose logs the node itself has lost the end: log and result are what it has. */
  readonly shortOnNode: readonly string[];
  /** Logs, jobs and calls that are there twice. */
  readonly duplicates: readonly string[];
  /** Pods that are held, files, and uploads that are not ended. */
  readonly leaks: readonly string[];
}

/** Adds the jobs whose execution was not answered: only the servers know them. */
async function addUnanswered(bed: TestBed, client: TestClient, jobs: Map<string, Expectation>): Promise<void> {
  for (const { jobID: id, processID: process, status: known } of (await listed(client)).jobs) {
    if (jobs.has(id)) continue;
    // Nobody was there to dismiss these. One that has no pod yet would leave no log.
    if (process === 'lingering' && !ENDS.includes(known)) {
      await eventually(`a pod of ${id}`, async () => (await podsOf(bed, id)).length > 0, BOUND).catch(() => undefined);
      await client.delete(`/jobs/${id}`);
    }
    const status = process === 'lingering' ? 'dismissed' : process === 'always-failing' ? 'failed' : 'successful';
    jobs.set(id, { process, status, ...(process === 'five-mebibytes' ? { digests: largeOnes } : {}) });
  }
}

const podsOf = async ({ cluster }: TestBed, id: string) =>
  (await cluster.pods()).filter(({ metadata }) => metadata?.name?.startsWith(PREFIX + id));

const wasNotStarted = async (client: TestClient, id: string): Promise<boolean> =>
  (await client.status(id)).cause?.type === 'container-not-created';

/** What the cluster has of a job: for who has to find out what went wrong. */
async function evidence(bed: TestBed, id: string): Promise<string> {
  const { cluster } = bed;
  const about = (name = '') => name.startsWith(PREFIX + id);
  const { items } = await cluster.core.listNamespacedEvent({ namespace: cluster.namespace });
  const job = (await cluster.kubeJobs()).find(({ metadata }) => about(metadata?.name));
  return [
    { conditions: job?.status?.conditions, annotations: job?.metadata?.annotations },
    ...(await podsOf(bed, id)).map(({ metadata, status }) => ({
      name: metadata?.name,
      created: metadata?.creationTimestamp,
      status,
    })),
    ...items
      .filter(({ involvedObject }) => about(involvedObject.name))
      .map(({ firstTimestamp, count, involvedObject: { name }, reason, message }) => ({
        at: firstTimestamp,
        name,
        count,
        reason,
        message,
      })),
  ]
    .map((object) => `\n    ${JSON.stringify(object)}`)
    .join('');
}

const endOf = (client: TestClient, id: string): Promise<string> =>
  eventually(
    `the end of ${id}`,
    async () => {
      const response = await client.get(`/jobs/${id}`);
      if (response.status === 404) return 'gone';
      const { status } = (await response.json()) as { status: string };
      return ENDS.includes(status) && status;
    },
    BOUND,
  ).catch(() => 'without end');

/**
 * Whether log and result are, byte by byte, what the job's node has, or had, which itself lacks the end. containerd's shim waits for
 * two seconds only for what a container that has ended
 * wrote: a machine with too much to do loses the rest (https://github.com/containerd/containerd/pull/12364). Only `bytes` or
 * `sha256` on the start marker notice.
 */
async function isShortOnNode(bed: TestBed, id: string, result: string, wasAsOnNode: boolean): Promise<boolean> {
  const [key = '', ...others] = (await bed.store.logs()).filter((each) => each.includes(id));
  const isAsOnNode = wasAsOnNode || (await compareLog(bed, key, undefined)).isAsOnNode;
  const log = withoutHeadings(await bed.store.read(key));
  return isAsOnNode && others.length === 0 && log === `PYGEOAPI_K8S_MANAGER_RESULT_START\n${result}\n`;
}

/** Whether a job is gone that was removed, by every server; one that was not answered is removed once more. */
async function isGone(client: TestClient, id: string, removed: 'wanted' | 'answered'): Promise<boolean> {
  if (removed === 'wanted') await client.removeJob(id);
  return eventually(`${id} being gone`, async () => (await client.get(`/jobs/${id}`)).status === 404, BOUND).then(
    () => true,
    () => false,
  );
}

/** The log as it was stored: it is once the job's pods are released. */
async function logOf(bed: TestBed, client: TestClient, id: string): Promise<string> {
  const isHeld = async () => (await bed.cluster.heldPods()).some(({ metadata }) => metadata?.name?.includes(id));
  await eventually(`the log of ${id}`, async () => !(await isHeld()), BOUND).catch(() => undefined);
  return client.log(id);
}

function fits(status: string, expectation: Expectation): boolean {
  const isGone = status === 'gone' || status === 'dismissed';
  return (
    status === expectation.status ||
    status === NOT_STARTED ||
    (expectation.disturbed === 'pod deleted' && status === 'failed') ||
    (expectation.disturbed === 'Job deleted' && isGone)
  );
}

/**
 * Waits until all that the jobs leave behind is there, and tells what is.
 * @param jobs those that were answered; the others are added
 * @param spoolFolder temporary files of the servers
 * @param kubeletKilled whether containers may not have been started for that
 */
export async function accountOf(
  {
    bed,
    client,
    receiver,
    archive,
    short,
  }: { bed: TestBed; client: TestClient; receiver: Receiver; archive: SoakArchive; short: ShortLogs },
  jobs: Map<string, Expectation>,
  spoolFolder: string,
  kubeletKilled: boolean,
): Promise<Account> {
  const statuses: Record<string, number> = {};
  const [lost, duplicates, shortOnNode]: [string[], string[], string[]] = [[], [], []];
  let [results, deliveries, compared] = [0, 0, 0];
  await addUnanswered(bed, client, jobs);
  await short.look(bed);
  for (const [id, expectation] of jobs) {
    const { process, disturbed, result, digests, again, subscriber } = expectation;
    const about = `${id} (${process}, ${disturbed ?? 'undisturbed'})`;
    if (again !== undefined && again !== id) duplicates.push(`${about}: its key gave ${again}, too`);
    if (expectation.removed) {
      if (!(await isGone(client, id, expectation.removed))) lost.push(`${about}: was removed, and is there`);
      statuses['removed'] = (statuses['removed'] ?? 0) + 1;
      continue;
    }
    const ended = await endOf(client, id);
    const status = kubeletKilled && ended === 'failed' && (await wasNotStarted(client, id)) ? NOT_STARTED : ended;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (!fits(status, expectation))
      lost.push(`${about}: ${status}: ${JSON.stringify(await client.status(id))}${await evidence(bed, id)}`);
    if (status !== 'successful') continue;
    if (result !== undefined) {
      results += 1;
      const text = await resultOf(client, id);
      if (!text.includes(result)) lost.push(`${about}: another result: ${text.slice(0, 200)}`);
    }
    if (digests) {
      results += 1;
      compared += 2;
      const [body, log] = [await resultOf(client, id), await logOf(bed, client, id)];
      const isSame = sha256(body) === digests.result && sha256(withoutHeadings(log)) === digests.log;
      if (!isSame && (await isShortOnNode(bed, id, body, short.asOnNode.has(id))))
        shortOnNode.push(`${about}: ${body.length} bytes`);
      else if (!isSame) lost.push(`${about}: another result, of ${body.length} bytes, or log, of ${log.length} bytes`);
    }
    if (subscriber !== undefined) {
      deliveries += 1;
      await eventually('a call', () => receiver.at(subscriber).length > 0, BOUND).catch(() =>
        lost.push(`${about}: its subscriber was not told`),
      );
      const calls = new Set(receiver.at(subscriber).map((call) => call.id));
      if (calls.size > 1) duplicates.push(`${about}: its subscriber was told by ${calls.size} ids`);
    }
  }
  const held = async () => (await bed.cluster.heldPods()).map(({ metadata }) => `pod ${metadata?.name}`);
  await eventually('all pods being released', async () => (await held()).length === 0, BOUND).catch(() => undefined);
  const logs = await bed.store.logs();
  const noted = await archive.notedLogs(bed.cluster);
  for (const [id, { process, disturbed, removed: wanted }] of jobs) {
    if (wanted) continue;
    const own = logs.filter((key) => key.includes(id));
    if (own.length === 0)
      lost.push(`${id} (${process}, ${disturbed ?? 'undisturbed'}): no log${await evidence(bed, id)}`);
    for (const key of own) {
      const found = await compareLog(bed, key, noted.get(key));
      compared += found.compared;
      lost.push(...found.wrong.map((line) => `${id} (${process}, ${disturbed ?? 'undisturbed'}): ${line}`));
    }
    const twice = await duplicateLogs(bed.store, own);
    if (twice.length > 0) duplicates.push(`${own.join(', ')}${await evidence(bed, id)}`);
  }
  const spools = (await readdir(spoolFolder)).filter((name) => name.startsWith('ogc-processes-'));
  const uploads = (await bed.store.names()).filter((name) => name.endsWith(' (upload)'));
  return {
    statuses,
    logs: logs.length,
    results,
    compared,
    deliveries,
    lost,
    shortOnNode,
    duplicates,
    leaks: [...(await held()), ...spools, ...uploads],
  };
}
