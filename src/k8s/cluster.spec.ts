import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { CoreV1Api } from '@kubernetes/client-node/dist/gen/index.js';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { ApiTransport } from './client/api-transport.js';
import { ApiKubernetesClient } from './client/kubernetes-client.adapter.js';
import { LeaderElection } from './leadership/leader-election.js';
import { ApiLeaseStore } from './leadership/leases.js';
import { ListWatchInformer } from './informers/list-watch.informer.js';
import { POD_FINALIZER } from './names.js';
import { PooledKubeConfig } from './connection/pooled-kube-config.js';
import { eventually } from './testing/scripted-api.js';

const kubeconfigFile = process.env.TEST_KUBECONFIG;

function job(name: string, command: string): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { finalizers: [POD_FINALIZER] },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', command] }],
        },
      },
    },
  };
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Runs where `TEST_KUBECONFIG` names a kubeconfig of a real cluster, in a namespace of its own. */
(kubeconfigFile === undefined ? describe.skip : describe)('on a real cluster (TEST_KUBECONFIG)', () => {
  const namespace = `k8s-spec-${randomUUID().slice(0, 8)}`;
  const kubeConfig = new PooledKubeConfig();
  let transport: ApiTransport;
  let client: ApiKubernetesClient;
  let core: CoreV1Api;
  let jobs: ListWatchInformer<V1Job, V1Job>;
  let pods: ListWatchInformer<V1Pod, V1Pod>;
  const podOf = (jobName: string): V1Pod | undefined =>
    [...pods.values()].find(({ metadata }) => metadata?.labels?.['job-name'] === jobName);
  const phaseOf = (jobName: string): string | undefined => podOf(jobName)?.status?.phase;
  const release = (jobName: string): Promise<void> => {
    const { name = '', uid = '' } = podOf(jobName)?.metadata ?? {};
    return client.removePodFinalizer(name, uid, POD_FINALIZER);
  };
  const wait = async (condition: () => boolean, what: string): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      const held = await eventually(condition, what).then(
        () => true,
        () => false,
      );
      if (held) return;
    }
    throw new Error(`not within 20 s: ${what}`);
  };

  beforeAll(async () => {
    kubeConfig.loadFromFile(kubeconfigFile ?? '');
    core = kubeConfig.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    transport = new ApiTransport(kubeConfig);
    client = new ApiKubernetesClient(transport, namespace, 'real');
    const timings = {
      listLimit: 2,
      baseDelay: 50,
      maxDelay: 1_000,
      watchTimeout: 2_000,
      idleTimeout: 60_000,
      shortWatch: 500,
    };
    jobs = new ListWatchInformer(
      transport,
      namespace,
      { resource: 'jobs', transform: (object: V1Job) => object },
      timings,
    );
    pods = new ListWatchInformer(
      transport,
      namespace,
      { resource: 'pods', transform: (object: V1Pod) => object },
      timings,
    );
    jobs.start();
    pods.start();
    await Promise.all([jobs.whenSynced(), pods.whenSynced()]);
  });
  afterAll(async () => {
    for (const { metadata } of [...(pods?.values() ?? [])]) {
      await client.removePodFinalizer(metadata?.name ?? '', metadata?.uid ?? '', POD_FINALIZER);
    }
    await core.deleteNamespace({ name: namespace });
    await jobs?.stop();
    await pods?.stop();
    await kubeConfig.close();
  });

  it('creates, watches, follows, patches, releases and deletes a Job', async () => {
    const created = await client.createJob(job('whole', 'echo one; sleep 1; echo zwölf'));
    jobs.observe(created);
    expect(jobs.get('whole')?.metadata?.uid).toBe(created.metadata?.uid);
    await expect(client.createJob(job('whole', 'true'))).rejects.toMatchObject({ failure: 'already-exists' });
    await expect(client.createJob({ ...job('bad', 'true'), spec: undefined })).rejects.toMatchObject({
      failure: 'invalid',
    });

    await wait(() => phaseOf('whole') === 'Running' || phaseOf('whole') === 'Succeeded', 'the pod runs');
    const pod = podOf('whole')?.metadata?.name ?? '';
    expect(await textOf(await client.readLog(pod, 'main', { follow: true }))).toBe('one\nzwölf\n');
    expect(await textOf(await client.readLog(pod, 'main', { limitBytes: 4 }))).toBe('one\n');
    await expect(client.readLog(pod, 'other')).rejects.toMatchObject({ failure: 'bad-request' });
    await expect(client.readLog('none', 'main')).rejects.toMatchObject({ failure: 'not-found' });

    const uid = created.metadata?.uid;
    const annotations = { 'pygeoapi.io/progress': '50' };
    const patched = await client.patchJob('whole', {
      metadata: { uid, annotations },
      spec: { ttlSecondsAfterFinished: 900 },
    });
    expect(patched?.spec?.ttlSecondsAfterFinished).toBe(900);
    await wait(() => jobs.get('whole')?.metadata?.annotations?.['pygeoapi.io/progress'] === '50', 'the annotation');
    const foreign = randomUUID();
    expect(await client.patchJob('whole', { metadata: { uid: foreign, annotations } })).toBeUndefined();
    expect(await client.patchJob('none', { metadata: { uid, annotations } })).toBeUndefined();
    const stale = client.patchJob('whole', {
      metadata: { uid, resourceVersion: created.metadata?.resourceVersion, annotations },
    });
    await expect(stale).rejects.toMatchObject({ failure: 'conflict' });

    await client.removePodFinalizer(pod, foreign, POD_FINALIZER);
    expect((await client.getPod(pod))?.metadata?.finalizers).toContain(POD_FINALIZER);
    await release('whole');
    await release('whole');
    expect((await client.getPod(pod))?.metadata?.finalizers ?? []).not.toContain(POD_FINALIZER);

    expect(await client.deleteJob('whole', foreign)).toBe(false);
    expect(await client.deleteJob('whole', uid)).toBe(true);
    await wait(() => jobs.get('whole') === undefined, 'the Job is gone');
    jobs.observe(patched ?? {});
    expect(jobs.get('whole')).toBeUndefined();
    expect(await client.deleteJob('whole')).toBe(false);
    expect(await client.getJob('whole')).toBeUndefined();
  });

  it('ends a follow when the caller aborts', async () => {
    await client.createJob(job('long', 'echo begun; sleep 600'));
    await wait(() => phaseOf('long') === 'Running', 'the pod runs');
    const abort = new AbortController();
    const stream = await client.readLog(podOf('long')?.metadata?.name ?? '', 'main', {
      follow: true,
      signal: abort.signal,
    });
    await new Promise((resolve) => stream.once('data', resolve));
    abort.abort();
    await eventually(() => stream.destroyed, 'the end');
    await client.deleteJob('long');
    await release('long');
    await wait(() => podOf('long') === undefined && jobs.get('long') === undefined, 'the pod and the Job are gone');
  });

  it('sees every Job through lists in chunks and watches that end again and again', async () => {
    const names = Array.from({ length: 15 }, (_, index) => `many-${index}`);
    const made = names.map((name) =>
      client.createJob({ ...job(name, 'true'), spec: { ...job(name, 'true').spec!, suspend: true } }),
    );
    await Promise.all(made);
    await wait(() => names.every((name) => jobs.get(name) !== undefined), 'all in the cache');
    const chunked = new ListWatchInformer<V1Job, string>(
      transport,
      namespace,
      { resource: 'jobs', transform: ({ metadata }) => metadata?.name },
      { listLimit: 4, baseDelay: 50, maxDelay: 1_000, watchTimeout: 2_000, idleTimeout: 60_000, shortWatch: 500 },
    );
    try {
      chunked.start();
      await chunked.whenSynced();
      expect(new Set(chunked.values())).toEqual(new Set(names));
      await wait(() => chunked.watches >= 2, 'the watch has ended once');
      await Promise.all(names.map((name) => client.deleteJob(name)));
      await wait(() => chunked.size === 0 && jobs.size === 0, 'none left');
      expect(chunked.lists).toBe(1);
    } finally {
      await chunked.stop();
    }
  });

  it('asks for its rights and writes events', async () => {
    expect(await client.canI('create', 'jobs.batch')).toBe(true);
    expect(await client.canI('get', 'pods', 'log')).toBe(true);
    await client.createEvent({
      metadata: { generateName: 'spec-' },
      involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name: 'whole', namespace },
      reason: 'Spec',
      message: 'an event',
      type: 'Normal',
    });
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector: 'reason=Spec' });
    expect(items.map(({ message }) => message)).toEqual(['an event']);
  });

  it('lists secrets', async () => {
    const labels = { owner: 'spec' };
    await core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: 'listed', labels }, stringData: { key: 'value' } },
    });
    const listed = (await client.listSecrets()).find(({ name }) => name === 'listed');
    expect(listed).toMatchObject({ name: 'listed', labels });
  });

  it('hands the lease over between two electors', async () => {
    const elector = (identity: string) =>
      new LeaderElection(
        new ApiLeaseStore(transport, namespace, 'spec-manager'),
        { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 200 },
        undefined,
        identity,
      );
    const one = elector('one');
    const two = elector('two');
    one.start();
    await eventually(() => one.isLeader, 'the first leads');
    two.start();
    await eventually(() => two.observedHolder === 'one', 'the second sees the first');
    expect(two.isLeader).toBe(false);
    await one.stop();
    await eventually(() => two.isLeader, 'the second leads');
    expect(one.isLeader).toBe(false);
    await two.stop();
    const lease = await new ApiLeaseStore(transport, namespace, 'spec-manager').get(5_000);
    expect(lease?.record).toMatchObject({ holderIdentity: '', leaseTransitions: 1 });
  });
});
