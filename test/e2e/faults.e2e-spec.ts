import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { accountOf, nothingLost } from '../support/account.js';
import { ApiProxy } from '../support/api-proxy.js';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { Exposition } from '../support/exposition.js';
import { FaultyS3, type S3Fault } from '../support/faulty-s3.js';
import { SmallDisk } from '../support/small-disk.js';
import { startTestStore } from '../support/store.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const onlyOnRealCluster = onRealCluster ? describe : describe.skip;

/** A sidecar that ends after two seconds again and again, and a job that fills the disk of its container. */
const configuration = (text: string): string => `${text}
  restarting-sidecar:
    type: process
    processor:
      <<: *image
      metadata: *both
      init_containers:
        - { name: side, image: busybox, restartPolicy: Always, command: [sh, -c, 'echo beside; sleep 2; exit 1'] }
      command: [sh, -c, 'sleep 8; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo "result of $PYGEOAPI_JOB_ID"']
  eating-disk:
    type: process
    processor:
      <<: *image
      metadata: *both
      resources: { limits: { ephemeral-storage: 2Mi } }
      command: [sh, -c, 'echo eating; head -c 20000000 /dev/zero > "$(mktemp)"; while true; do sleep 1; done']
`;

const podOf = async (bed: TestBed, id: string) => {
  const pod = (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
  return pod?.metadata?.name ?? '';
};
const jobName = (id: string) => `pygeoapi-job-${id}`;
const logsOf = async (bed: TestBed, id: string) => (await bed.store.logs()).filter((key) => key.includes(id));

/** An endless job, once it has written to its log. */
async function working(bed: TestBed): Promise<string> {
  const id = await bed.submit('lingering');
  await bed.until(id, 'running');
  await eventually('the first line of the log', async () => (await bed.log(id)).includes('working'));
  return id;
}

describe('what people and Kubernetes do to pods and Jobs', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('a pod that is deleted by hand while it runs leaves its log to the last line, and the reason', async () => {
    const id = await working(bed);
    await bed.cluster.core.deleteNamespacedPod({ name: await podOf(bed, id), namespace: bed.cluster.namespace });
    const { status, cause } = await bed.ended(id);
    expect([status, cause?.type]).toEqual(['failed', 'pod-deleted']);
    await bed.cluster.allReleased();
    expect(await logsOf(bed, id)).toHaveLength(1);
    expect(await bed.log(id)).toMatch(/working[^]*asked to end[^]*ended/);
  });

  it('a Job that is deleted by hand while it runs leaves its log', async () => {
    const id = await working(bed);
    const { batch, namespace } = bed.cluster;
    await batch.deleteNamespacedJob({ name: jobName(id), namespace, propagationPolicy: 'Background' });
    await eventually('the stored log', async () => (await logsOf(bed, id)).length === 1);
    await bed.cluster.allReleased();
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${id}`)).status === 404);
  });

  it('a Job whose time to live is over before anything was collected leaves its log', async () => {
    const id = await bed.submit('short');
    await bed.server?.end();
    const { batch, namespace } = bed.cluster;
    await batch.patchNamespacedJob(
      { name: jobName(id), namespace, body: { spec: { ttlSecondsAfterFinished: 0 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await eventually('the Job being deleted by its time to live', async () => {
      const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name === jobName(id));
      return kubeJob?.metadata?.deletionTimestamp !== undefined;
    });
    await bed.startServer();
    await eventually('the stored log', async () => (await logsOf(bed, id)).length === 1);
    await bed.cluster.allReleased();
    await eventually('the Job being gone', async () =>
      (await bed.cluster.kubeJobs()).every(({ metadata }) => metadata?.name !== jobName(id)),
    );
  });

  it('a job that is tried again has the log of each try, and ends once', async () => {
    const id = await bed.submit('always-failing');
    expect(await bed.ended(id)).toMatchObject({ status: 'failed', cause: { type: 'non-zero-exit', exitCode: 3 } });
    await bed.cluster.allReleased();
    expect((await logsOf(bed, id)).sort()).toEqual([
      expect.stringContaining('-logs.duplicate.txt'),
      expect.stringContaining('-logs.txt'),
    ]);
  });

  it('a container that never started leaves the reason as its log', async () => {
    const id = await bed.submit('no-such-image');
    expect(await bed.ended(id)).toMatchObject({ status: 'failed', cause: { type: 'image-pull-failed' } });
    await bed.cluster.allReleased();
    expect(await logsOf(bed, id)).toHaveLength(1);
    expect(await bed.log(id)).toContain('[no log: ');
  });

  (onRealCluster ? it : it.skip)(
    'a pod that Kubernetes takes away, for there is another of its job, does not end the job',
    async () => {
      const { core, namespace } = bed.cluster;
      const id = await bed.submit('short');
      const made = async () =>
        (await bed.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
      const [{ metadata, spec } = {}] = await eventually('its pod', async () => {
        const pods = await made();
        return pods.length > 0 && pods;
      });
      // As where the API server breaks off while it makes a pod: the Job controller makes another, and finds two.
      const { generateName, labels, annotations, ownerReferences, finalizers } = metadata ?? {};
      await core.createNamespacedPod({
        namespace,
        body: {
          metadata: { generateName, labels, annotations, ownerReferences, finalizers },
          spec: spec && { ...spec, nodeName: undefined },
        },
      });
      expect(await accountOf(bed, [id], () => `result of ${id}`)).toEqual(nothingLost(1));
      expect(await bed.log(id)).toContain(`result of ${id}`);
      expect((await bed.cluster.sparePods()).get(jobName(id))).toBe(1);
    },
    120_000,
  );

  it('a job beside whose main container another is restarted has its result, and one log', async () => {
    const id = await bed.submit('restarting-sidecar');
    expect(await accountOf(bed, [id], () => `result of ${id}`)).toEqual(nothingLost(1));
    const pod = (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));
    expect(pod?.status?.initContainerStatuses?.[0]?.restartCount).toBeGreaterThan(0);
    expect(await bed.log(id)).toContain('beside');
  });

  (onRealCluster ? it : it.skip)(
    'a pod that its node evicts, for it fills the disk, leaves its log and the reason',
    async () => {
      const id = await bed.submit('eating-disk');
      const status = await eventually(
        'the eviction',
        async () => {
          const found = await bed.status(id);
          return found.status === 'failed' && found;
        },
        180_000,
      );
      expect(status.cause).toMatchObject({ type: 'evicted', message: expect.stringMatching(/ephemeral/) });
      await bed.cluster.allReleased();
      expect(await logsOf(bed, id)).toHaveLength(1);
      // The kubelet removes the containers of evicted pods: on a busy machine before anybody could read them.
      expect(await bed.log(id)).toMatch(/eating|\[no log: the container has been removed from its node/);
    },
    240_000,
  );

  (onRealCluster ? it : it.skip)(
    'an evicted pod leaves its log to the last line, and the reason',
    async () => {
      const id = await working(bed);
      const { core, namespace } = bed.cluster;
      const name = await podOf(bed, id);
      await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
      expect(await bed.ended(id)).toMatchObject({ status: 'failed', cause: { type: 'evicted' } });
      await bed.cluster.allReleased();
      expect(await logsOf(bed, id)).toHaveLength(1);
      expect(await bed.log(id)).toMatch(/working[^]*asked to end[^]*ended/);
    },
    120_000,
  );
});

describe('two deployments with different prefixes in one namespace', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.startProcess();
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('both lead, and collect their own jobs only', async () => {
    const other = await bed.startReplica({ PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: 'pygeoapi-job-other-' });
    await eventually('both leading', async () => (await bed.leads()) && (await other.leads()));
    const inputs = { text: 'x' };
    const submit = (client: Pick<TestBed, 'submit'>) =>
      Promise.all(Array.from({ length: 5 }, () => client.submit('inputs', inputs)));
    const [mine, others] = await Promise.all([submit(bed), submit(other)]);
    expect(await accountOf(bed, mine, () => '{"text":"x"}')).toEqual(nothingLost(5));
    expect(await accountOf(bed, others, () => '{"text":"x"}', other)).toEqual(nothingLost(5));
    for (const client of [bed, other])
      expect(await (await client.get('/jobs')).json()).toMatchObject({ numberMatched: 5 });
  });
});

describe('an API server whose connections all break', () => {
  it('loses no state of any job', async () => {
    const bed = await TestBed.around(await TestCluster.start());
    const proxy = await ApiProxy.before(bed.cluster.kubeconfig, `${bed.cluster.folder}/through-proxy`);
    try {
      const server = await bed.startReplica({ KUBECONFIG: proxy.kubeconfig });
      const ids: string[] = [];
      for (let round = 0; round < 5; round += 1) {
        const submitted = Promise.all([server.submit('short'), server.submit('short')]);
        proxy.break();
        ids.push(...(await submitted));
        proxy.break();
      }
      expect(await accountOf(bed, ids, (id) => `result of ${id}`, server)).toEqual(nothingLost(10));
      expect(await (await server.get('/jobs')).json()).toMatchObject({ numberMatched: 10 });
    } finally {
      proxy.close();
      await bed.stop();
    }
  });
});

onlyOnRealCluster('a bucket that fails', () => {
  let bed: TestBed;
  let s3: FaultyS3;
  beforeAll(async () => {
    const store = await startTestStore();
    s3 = await FaultyS3.before(store.environment['PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT'] ?? '');
    bed = await TestBed.startProcess({ PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT: s3.endpoint }, { store });
  });
  afterAll(async () => {
    s3?.close();
    await (bed as TestBed | undefined)?.stop();
  });

  const passing: [string, S3Fault][] = [
    ['is down', 'down'],
    ['answers with errors of its own', 'internal-error'],
    ['is slow', 'slow'],
    ['takes all and answers nothing', 'silent'],
  ];
  it.each(passing)('and %s delays what it stores, and nothing else', async (_name, fault) => {
    s3.become(fault);
    const large = await bed.submit('five-mebibytes');
    // More than may wait for the store at a time.
    const small = await Promise.all(Array.from({ length: 20 }, () => bed.submit('inputs', { text: fault })));
    for (const id of small) expect((await bed.ended(id)).status).toBe('successful');
    await eventually('the fault', () => s3.met > 2);
    s3.become('none');
    const expected = (id: string) => (id === large ? 'The quick brown fox' : fault);
    expect(await accountOf(bed, [large, ...small], expected)).toEqual(nothingLost(21));
  });

  const forPeople: [string, S3Fault, RegExp][] = [
    ['refuses the credentials', 'refused-credentials', /refuses the credentials/],
    ['is missing', 'missing-bucket', /no such bucket/],
    ['is full', 'full', /is full/],
  ];
  it.each(forPeople)(
    'and %s is told in the status, as an event, in readiness and metrics, and all is stored once it is repaired',
    async (_name, fault, message) => {
      const failures = async () =>
        Object.values((await Exposition.of(bed)).all('collection_failures_total')).reduce(
          (sum, count) => sum + count,
          0,
        );
      const problems = async () => (await Exposition.of(bed)).value('jobs_collection_problem');
      await eventually('no problem', async () => (await problems()) === 0);
      const failuresBefore = await failures();
      s3.become(fault);
      const small = await bed.submit('inputs', { text: fault });
      const large = await bed.submit('five-mebibytes');
      expect((await bed.ended(small)).status).toBe('successful');
      await eventually('the reason in the status', async () => message.test((await bed.status(large)).message));
      const { core, namespace } = bed.cluster;
      await eventually('the event', async () =>
        (await core.listNamespacedEvent({ namespace })).items.some(
          (event) => event.involvedObject.name === jobName(large) && message.test(event.message ?? ''),
        ),
      );
      const readiness = await bed.readiness();
      expect([readiness.code, readiness.status, readiness.checks['finalizer']?.detail]).toEqual([
        200,
        'degraded',
        expect.stringMatching(message),
      ]);
      await eventually('both jobs in the metrics', async () => (await problems()) === 2);
      expect(await failures()).toBeGreaterThan(failuresBefore);
      s3.become('none');
      const expected = (id: string) => (id === small ? fault : 'The quick brown fox');
      expect(await accountOf(bed, [small, large], expected)).toEqual(nothingLost(2));
      await eventually('readiness', async () => (await bed.readiness()).checks['finalizer']?.status === 'ok');
      await eventually('no problem', async () => (await problems()) === 0);
    },
  );
});

(SmallDisk.possible ? describe : describe.skip)('a disk that is full', () => {
  it('holds what cannot be stored, says why, and has it stored once there is room', async () => {
    const disk = await SmallDisk.mount();
    const bed = await TestBed.startProcess({}, { store: disk.store });
    try {
      await disk.fill();
      const large = await bed.submit('five-mebibytes');
      const small = await bed.submit('inputs', { text: 'x' });
      expect((await bed.ended(small)).status).toBe('successful');
      await eventually('the reason', async () => /ENOSPC/.test((await bed.status(large)).message));
      expect(await bed.store.logs()).toEqual([]);
      await disk.empty();
      const expected = (id: string) => (id === small ? '"x"' : 'The quick brown fox');
      expect(await accountOf(bed, [small, large], expected)).toEqual(nothingLost(2));
    } finally {
      await bed.stop();
    }
  });
});
