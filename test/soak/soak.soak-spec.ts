import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiProxy } from '../support/api-proxy.js';
import { bringBack, canDisturbCluster, compactEtcd, kill, type Part } from '../support/cluster-parts.js';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { FaultyS3, type S3Fault } from '../support/faulty-s3.js';
import { hasKueue, TestQueues } from '../support/kueue.js';
import { randomNumbers } from '../support/random.js';
import { Receiver } from '../support/receiver.js';
import { startTestStore } from '../support/store.js';
import { TestBed, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';
import { accountOf } from './account.js';
import { resultOf, SoakArchive } from './archived.js';
import { sha256 } from './compared-logs.js';
import { HostileClient } from './hostile.js';
import { kinds, type Expectation } from './load.js';
import { queued } from './queued.js';
import { Removals } from './removals.js';
import { ShortLogs } from './short-logs.js';
import { WatchedLists } from './watched-lists.js';
import { WatchedMemory } from './watched-memory.js';

const minutes = Number(process.env['SOAK_MINUTES'] ?? 2);
const seed = Number(process.env['SOAK_SEED'] ?? 1);
/** Names of the only faults that are injected; empty: all. */
const chosen = (process.env['SOAK_FAULTS'] ?? '').split(',').filter(Boolean);
const withHostileClient = process.env['SOAK_HOSTILE'] !== 'no';
/** Jobs that have not ended; more are not made. */
const MOST_UNDER_WAY = 20;
const BUCKET_ENDPOINT = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT';

const random = randomNumbers(seed);
const between = (low: number, high: number) => low + random() * (high - low);
const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

let bed: TestBed;
let queues: TestQueues | undefined;
let receiver: Receiver;
let s3: FaultyS3 | undefined;
let archive: SoakArchive;
let proxy: ApiProxy;
let spoolFolder: string;
let over = false;
const replicas: TestReplica[] = [];
const jobs = new Map<string, Expectation>();
const faults = new Map<string, number>();
const hostile = new HostileClient();
const memory = new WatchedMemory();
const lists = new WatchedLists(jobs);
const short = new ShortLogs(jobs);
const removals = new Removals(jobs, random);
/** Executions that were refused or broken off by a fault; whether their jobs were made is found out at the end. */
let unanswered = 0;

beforeAll(async () => {
  const store = await startTestStore();
  s3 = onRealCluster ? await FaultyS3.before(store.environment[BUCKET_ENDPOINT] ?? '') : undefined;
  spoolFolder = await mkdtemp(join(tmpdir(), 'soak-'));
  receiver = await Receiver.start();
  const environment = {
    TMPDIR: spoolFolder,
    SUBSCRIBER_ALLOWED_HOSTS: receiver.host,
    ...(s3 ? { [BUCKET_ENDPOINT]: s3.endpoint } : {}),
  };
  const cluster = await TestCluster.start();
  const made = hasKueue ? await TestQueues.create(cluster) : undefined;
  queues = made;
  archive = await SoakArchive.create();
  const configuration = (text: string) => archive.section + withLine(text) + (made ? queued(made) : '');
  bed = await TestBed.startProcess(environment, { store, cluster, configuration });
  await bed.server?.end();
  proxy = await ApiProxy.before(bed.cluster.kubeconfig, `${bed.cluster.folder}/through-proxy`);
  for (let index = 0; index < 2; index += 1) replicas.push(await start(index));
}, 300_000);

afterAll(async () => {
  for (const { process } of replicas) process.process.kill('SIGCONT');
  await queues?.remove();
  await (bed as TestBed | undefined)?.stop();
  await (archive as SoakArchive | undefined)?.remove();
  await receiver?.down();
  proxy?.close();
  s3?.close();
  await rm(spoolFolder, { recursive: true, force: true });
}, 300_000);

/** Jobs but those in queues of Kueue wait for their turn, too; those that may not even wait are refused, and not made. */
const withLine = (text: string) =>
  text.replace('\n  manager:\n', '\n  manager:\n    max_running: 15\n    max_waiting: 10\n');

/** The first replica reaches the API server through a proxy that can be cut. */
const start = (index: number) => bed.startReplica(index === 0 ? { KUBECONFIG: proxy.kubeconfig } : {});

async function restart(index: number, signal: NodeJS.Signals): Promise<void> {
  await replicas[index]?.process.end(signal);
  replicas[index] = await start(index);
}

const toReplica = (work: (index: number) => Promise<void>) => () => work(Math.floor(random() * replicas.length));

const failBucket = async (fault: S3Fault): Promise<void> => {
  s3?.become(fault);
  await seconds(between(2, 10));
  s3?.become('none');
};

/** Bodies that were cut between servers and bucket, or stood still in their middle until their server was killed. */
let cutBodies = 0;
/** SHA-256 of what was read meanwhile of large results, by the ids of their jobs. */
const readWhileCut = new Map<string, string[]>();
const cutBucket = async (...given: readonly S3Fault[]): Promise<void> => {
  for (const fault of given) {
    if (s3) s3.cutAfter = (size) => Math.floor(random() * size);
    await failBucket(fault);
    cutBodies += s3?.lastMet ?? 0;
  }
};

const inject: Readonly<Record<string, () => Promise<void>>> = {
  'server killed': toReplica((index) => restart(index, 'SIGKILL')),
  'server restarted': toReplica((index) => restart(index, 'SIGTERM')),
  'server paused': toReplica(async (index) => {
    const { process } = replicas[index]?.process ?? {};
    process?.kill('SIGSTOP');
    await seconds(between(1, 20));
    process?.kill('SIGCONT');
  }),
  'API connections broken': async () => proxy.break(),
  'cut off from the API server': async () => {
    proxy.cut();
    await seconds(between(2, 20));
    proxy.heal();
  },
  'pod deleted': () => disturb('pod deleted'),
  'Job deleted': () => disturb('Job deleted'),
  'suspended and resumed': suspendAndResume,
  'server killed while it archives': toReplica(async (index) => {
    await archive.whileAway('silent', async () => {
      await seconds(between(1, 5));
      await replicas[index]?.process.end('SIGKILL');
    });
    replicas[index] = await start(index);
  }),
  'archive killed': () => archive.whileAway('killed', () => seconds(between(1, 10))),
  'archive stopped': () => archive.whileAway('stopped', () => seconds(between(5, 20))),
  'archive silent': () => archive.whileAway('silent', () => seconds(between(1, 20))),
  ...(hasKueue ? { 'preempted by Kueue': preempt } : {}),
  ...(onRealCluster
    ? {
        'writes to the bucket cut': () => cutBucket('cut-writes'),
        'reads of the bucket cut': async () => {
          await Promise.all([cutBucket('cut-reads'), ...[1, 2, 3].map(readLarge)]);
        },
        'server killed while it writes': toReplica(async (index) => {
          const [stuck] = await Promise.all([cutBucket('stuck-writes'), restart(index, 'SIGKILL')]);
          return stuck;
        }),
        'bucket down': () => failBucket('down'),
        'bucket slow': () => failBucket('slow'),
        'bucket silent': () => failBucket('silent'),
        'bucket failing': () => failBucket('internal-error'),
        'credentials refused': () => failBucket('refused-credentials'),
        'bucket missing': () => failBucket('missing-bucket'),
        'bucket full': () => failBucket('full'),
      }
    : {}),
  ...(canDisturbCluster
    ? {
        'API server killed': () => killPart('kube-apiserver'),
        'kubelet killed': () => killPart('kubelet'),
        'object store killed': () => killPart('versitygw'),
        'etcd compacted': () => killPart('kube-apiserver', compactEtcd),
      }
    : {}),
};

/** Reads the large result of a job that has ended: whatever breaks, it is never given otherwise than whole. */
async function readLarge(): Promise<void> {
  const ids = [...jobs].filter(([, { digests }]) => digests).map(([id]) => id);
  if (ids.length === 0) return;
  const id = oneOf(ids);
  const response = await oneOf(replicas)
    .get(`/jobs/${id}/results`)
    .catch(() => undefined);
  if (response?.status !== 200) return;
  const body = await response.text().catch(() => undefined);
  if (body !== undefined) readWhileCut.set(id, [...(readWhileCut.get(id) ?? []), sha256(body)]);
}

/** Kills a part of the cluster, and brings it back after a while. */
async function killPart(part: Part, meanwhile = () => seconds(between(1, 10))): Promise<void> {
  await kill(part);
  await meanwhile().finally(bringBack);
}

async function anyRunningPod() {
  const running = (await bed.cluster.pods()).filter(
    ({ status, metadata }) => status?.phase === 'Running' && metadata?.deletionTimestamp === undefined,
  );
  return running.length > 0 ? oneOf(running) : undefined;
}

/** Suspends the Job of a running pod, and resumes it: it has to end as if nothing had been, with its last run's result. */
async function suspendAndResume(): Promise<void> {
  const name = (await anyRunningPod())?.metadata?.labels?.['job-name'];
  if (name === undefined) return;
  const { batch, namespace } = bed.cluster;
  const set = (suspend: boolean) =>
    batch.patchNamespacedJob(
      { name, namespace, body: { spec: { suspend } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  await set(true);
  await seconds(between(1, 8));
  await set(false);
}

/** Has a running job lose its place in its queue to a more urgent one. */
async function preempt(): Promise<void> {
  const submit = async (body: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const id = await oneOf(replicas).submit('queued', {}, { body });
    jobs.set(id, { process: 'queued', status: 'successful', result: `result of ${id}` });
    return id;
  };
  const id = await submit();
  await eventually('its run', async () =>
    (await bed.cluster.pods()).some(
      ({ metadata, status }) => metadata?.labels?.['job-name']?.endsWith(id) && status?.phase === 'Running',
    ),
  );
  await submit({ queue: { priority: queues?.high } });
}

/** Deletes a running pod, or the Job of one. */
async function disturb(kind: 'pod deleted' | 'Job deleted'): Promise<void> {
  const pod = await anyRunningPod();
  const name = pod?.metadata?.labels?.['job-name'] ?? '';
  const job = [...jobs].find(([id]) => name.endsWith(id))?.[1];
  if (!job || job.status === 'dismissed') return;
  job.disturbed = kind;
  const { core, batch, namespace } = bed.cluster;
  if (kind === 'pod deleted') await core.deleteNamespacedPod({ name: pod?.metadata?.name ?? '', namespace });
  else await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' });
}

/** All in any order, again and again: none is left out for long. */
function* shuffled<T>(items: readonly T[]): Generator<T, never> {
  for (;;) {
    const left = [...items];
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1);
  }
}

function chosenFaults(): readonly string[] {
  const known = Object.keys(inject);
  const unknown = chosen.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`no fault is called "${unknown.join('", "')}" here; there are: ${known.join(', ')}`);
  return chosen.length > 0 ? chosen : known;
}

async function injectFaults(): Promise<void> {
  for (const name of shuffled(chosenFaults())) {
    await seconds(between(1, 8));
    if (over) return;
    const begin = performance.now();
    const told = await inject[name]?.().then(
      () => 'healed',
      (error: unknown) => String(error),
    );
    faults.set(name, (faults.get(name) ?? 0) + 1);
    process.stdout.write(`  ${name}: ${told} after ${Math.round((performance.now() - begin) / 1_000)} s\n`);
  }
}

async function execute(): Promise<void> {
  for (let number = 0; !over; number += 1) {
    const underWay = (await bed.cluster.pods().catch(() => [])).filter(
      ({ status }) => status?.phase === 'Pending' || status?.phase === 'Running',
    );
    if (underWay.length >= MOST_UNDER_WAY) {
      await seconds(1);
      continue;
    }
    try {
      const [id, expectation] = await oneOf(kinds)({ anyServer: () => oneOf(replicas), receiver }, number);
      jobs.set(id, jobs.get(id) ?? expectation);
    } catch {
      unanswered += 1;
      await seconds(0.5);
    }
  }
}

async function beHostile(): Promise<void> {
  if (!withHostileClient) return;
  const anyJob = () => (jobs.size > 0 ? oneOf([...jobs.keys()]) : undefined);
  await hostile.runUntil(
    () => over,
    () => oneOf(replicas).url,
    anyJob,
  );
}

it(
  `loses nothing in ${minutes} minutes of faults`,
  async () => {
    process.stdout.write(`soak: ${minutes} minutes, seed ${seed}, ${onRealCluster ? 'real' : 'embedded'} cluster\n`);
    const [isOver, anyServer] = [() => over, () => oneOf(replicas)];
    const work = Promise.all([
      injectFaults(),
      execute(),
      execute(),
      execute(),
      beHostile(),
      memory.runUntil(isOver, () => replicas),
      lists.runUntil(isOver, anyServer),
      removals.runUntil(isOver, anyServer),
      short.runUntil(isOver, bed),
    ]);
    await seconds(minutes * 60);
    over = true;
    await work;
    for (const { process } of replicas) process.process.kill('SIGCONT');
    const [, client] = replicas as [TestReplica, TestReplica];

    const account = await accountOf(
      { bed, client, receiver, archive, short },
      jobs,
      spoolFolder,
      faults.has('kubelet killed'),
    );
    account.lost.push(...lists.lost);
    for (const [id, digests] of readWhileCut) {
      if (jobs.get(id)?.removed) continue;
      const stored = sha256(await resultOf(client, id));
      if (digests.some((digest) => digest !== stored))
        account.lost.push(`${id}: was read otherwise while reads were cut`);
    }
    const kept = await archive.account(bed.cluster, client, jobs);
    account.lost.push(...kept.lost);
    const { early, late } = memory;

    const { statuses, lost, leaks } = account;
    const duplicates = [...account.duplicates, ...kept.duplicates];
    const told = (counts: Iterable<[string, number]>) =>
      [...counts].map(([name, number]) => `${number} ${name}`).join(', ');
    const injected = [...faults.values()].reduce((sum, number) => sum + number, 0);
    process.stdout.write(
      [
        '',
        'account',
        `  jobs        ${jobs.size} (${told(Object.entries(statuses))})`,
        `  refused     ${unanswered} executions, or broken off by a fault`,
        `  faults      ${injected} (${told(faults)})`,
        `  hostile     ${told(hostile.done)}; answered ${told([...hostile.answers].map(([status, count]) => [String(status || 'broken off'), count]))}`,
        `  logs        ${account.logs}`,
        `  cut         ${cutBodies} bodies between servers and bucket`,
        `  results     ${account.results} compared, ${account.compared} times a log or result byte by byte, ${account.deliveries} told to subscribers`,
        `  archive     ${kept.records} records, ${kept.removed} removed; ${kept.matched} matched, ${kept.used} in the sums of use`,
        `  lists       ${lists}`,
        `  lost        ${lost.length}`,
        `  short       ${account.shortOnNode.length} (lost by their node: as it has them, byte by byte)`,
        `  duplicates  ${duplicates.length}`,
        `  leaks       ${leaks.length} (pods held, files, uploads)`,
        `  memory      ${memory}`,
        '',
        ...lost.map((line) => `  LOST ${line}`),
        ...account.shortOnNode.map((line) => `  SHORT ${line}`),
        ...duplicates.map((line) => `  TWICE ${line}`),
        ...leaks.map((line) => `  LEFT ${line}`),
        ...hostile.failures.map((line) => `  FAILED ${line}`),
        '',
      ].join('\n'),
    );
    expect({ lost, duplicates, leaks, failures: hostile.failures }).toEqual({
      lost: [],
      duplicates: [],
      leaks: [],
      failures: [],
    });
    expect(jobs.size).toBeGreaterThan(5 * minutes);
    expect(lists.whole).toBeGreaterThan(minutes);
    if (withHostileClient) expect(hostile.done.get('wrong token')).toBeGreaterThan(0);
    expect(late).toBeLessThan(early + MEMORY_TOLERANCE);
  },
  minutes * 60_000 + 900_000,
);

/** MiB: what a server may have more in the last third of a soak than in the first, which has its start. */
const MEMORY_TOLERANCE = 150;
