import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestCluster } from '../support/cluster.js';
import { apply, configMap, kubectl, secret } from '../support/kubectl.js';
import { bucketVariables, hasServerImage, serverImage, serviceAddress, useServerAt } from '../support/server-image.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';

/** A folder with the predecessor's own manifests and configuration, as its repository has them; they are no part of this project. */
const upstream = process.env['UPSTREAM_MANIFESTS'];
const BUCKET = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_';
/** Of a processor, as the manifests limit the server. */
const LIMIT = 0.25;
/** The one of k8s-kind's Secret. */
const TOKEN = 'do_not_use_in_production';
/** Has bash, as the example's image; what the test cluster has by its name has none. */
const JOB_IMAGE = 'ogc-processes-k8s/curl:latest';
/** Statuses with what tells why. */
const outcome = ({ status, message }: StatusInfo) =>
  status === 'successful' ? status : `${status}: ${String(message)}`;

if (upstream === undefined || !hasServerImage)
  process.stdout.write(
    'upstream-manifests is skipped: it wants the predecessor’s manifests (UPSTREAM_MANIFESTS), a real cluster and the image\n',
  );

/** All that is changed in the manifests: namespace, images, the store's address and bucket; `bucket` absent: as the manifest is. */
function patched(text: string, { namespace, bucket }: { namespace: string; bucket?: Record<string, string> }): string {
  const name = `\n        - name: ${BUCKET}NAME\n          value: ${bucket?.[`${BUCKET}NAME`]}`;
  return text
    .replaceAll(/(?<=^ *namespace: )(default|dev-i-cisk)$/gm, namespace)
    .replace(/(?<=_NAMESPACE\n +value: )default$/m, namespace)
    .replace('default_image: bash:latest', `default_image: ${JOB_IMAGE}`)
    .replace(/52north\/pygeoapi-k8s-manager:\w+/, serverImage)
    .replace(/(?<=_BUCKET_ENDPOINT\n +value: ).*$/m, bucket?.[`${BUCKET}ENDPOINT`] ?? '$&')
    .replace(/(?<=_BUCKET_(KEY|SECRET)\n +value: )minio_admin$/gm, (_, key) => bucket?.[`${BUCKET}${key}`] ?? '')
    .replace(/(?<=_BUCKET_NAME\n +value: )test-bucket$/m, bucket?.[`${BUCKET}NAME`] ?? '')
    .replace(/(?=\n +- name: \w+_BUCKET_PATH_PREFIX)/, bucket && !text.includes(`${BUCKET}NAME`) ? name : '');
}

/** Applies a folder of the manifests; without the store that the predecessor's example brings, whose images are others'. */
async function deploy(
  bed: TestBed,
  folder: string,
  bucket?: Record<string, string>,
  configuration?: string,
): Promise<void> {
  const { cluster } = bed;
  const copy = await mkdtemp(join(tmpdir(), 'e2e-upstream-'));
  for (const file of await readdir(join(upstream ?? '', folder))) {
    const text = await readFile(join(upstream ?? '', folder, file), 'utf8');
    const changed = patched(text, { namespace: cluster.namespace, ...(bucket ? { bucket } : {}) });
    await writeFile(join(copy, file), changed.replace('  - minio.yaml\n', ''));
  }
  await apply(cluster, [
    secret('k8s-job-manager', { token: TOKEN }),
    secret('k8s-job-manager-log-finalizer-credentials', {
      key: bucket?.[`${BUCKET}KEY`] ?? 'none',
      secret: bucket?.[`${BUCKET}SECRET`] ?? 'none',
    }),
  ]);
  await kubectl(cluster, ['apply', '--kustomize', copy]);
  if (configuration !== undefined) await configure(bed, patched(configuration, { namespace: cluster.namespace }));
  await rm(copy, { recursive: true });
  await useServerAt(bed, await serviceAddress(cluster, 'k8s-job-manager'));
}

/** Has the server start with a configuration of its own in the ConfigMap's place, and makes the claim that it names. */
async function configure({ cluster }: TestBed, configuration: string): Promise<void> {
  const { namespace } = cluster;
  const spec = { accessModes: ['ReadWriteMany'], storageClassName: '' };
  const claim = { namespace, name: 'test-storage-pvc-name' };
  await apply(cluster, [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeOf(cluster) },
      spec: { ...spec, capacity: { storage: '1Mi' }, claimRef: claim, hostPath: { path: '/tmp' } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: claim,
      spec: { ...spec, volumeName: volumeOf(cluster), resources: { requests: { storage: '1Mi' } } },
    },
    configMap('k8s-job-manager-config', { 'local.config.yml': configuration }),
  ]);
  await kubectl(cluster, ['rollout', 'restart', 'deployment/k8s-job-manager']);
  await kubectl(cluster, ['rollout', 'status', 'deployment/k8s-job-manager', '--timeout=180s']);
}

const volumeOf = ({ namespace }: TestCluster) => `${namespace}-storage`;

/**
 * Seconds of processor time that the server has used so far (proc_pid_stat(5), of 100 ticks a second), and seconds since it was started.
 */
async function startOf({ cluster }: TestBed): Promise<{ processor: number; wall: number }> {
  const wall = (Date.now() - (await startedAt(cluster)).getTime()) / 1000;
  const stat = await kubectl(cluster, ['exec', 'deployment/k8s-job-manager', '--', 'cat', '/proc/1/stat']);
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  return { processor: (user + system) / 100, wall };
}
async function startedAt(cluster: TestCluster): Promise<Date> {
  const [pod] = await cluster.serverPods();
  return pod?.status?.containerStatuses?.[0]?.state?.running?.startedAt ?? new Date(NaN);
}

const describeUpstream = upstream === undefined || !hasServerImage ? describe.skip : describe;

describeUpstream.each([
  ['k8s-manifests', undefined],
  ['k8s-kind', undefined],
  ['k8s-manifests', 'pygeoapi-config.yaml'],
])('the predecessor’s %s, with this image and a bucket, and the configuration %s', (folder, file) => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const configuration = file === undefined ? undefined : await readFile(join(upstream ?? '', file), 'utf8');
    await deploy(bed, folder, bucketVariables(bed), configuration);
  });
  afterAll(async () => {
    const started = bed as TestBed | undefined;
    if (started && file !== undefined)
      await kubectl(started.cluster, ['delete', 'persistentvolume', volumeOf(started.cluster), '--wait=false']);
    await started?.stop();
  });

  it('answers within 60 s at a quarter of a processor', async () => {
    const { processor, wall } = await startOf(bed);
    process.stdout.write(
      `${folder}: answered ${wall.toFixed(1)} s after its start, with ${processor.toFixed(1)} s of processor time\n`,
    );
    // How long it takes on a machine that others keep busy says less than what it takes of the processor.
    expect(processor / LIMIT).toBeLessThan(60);
  });

  it('executes each process that is configured, and keeps its log in the bucket', async () => {
    const { processes } = (await (await bed.get('/processes?limit=100')).json()) as { processes: { id: string }[] };
    const ids = processes.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['hello-world-k8s', 'generic-image-processor-example']));
    const jobs = await Promise.all(
      ids.map(async (id) => ({
        id,
        // The generic image asks for the token as an input, as its example has it.
        jobId: await bed.submit(id, id.startsWith('generic') ? { token: TOKEN } : { name: 'John Doe' }),
      })),
    );
    for (const { id, jobId } of jobs) {
      const isFailing = id.endsWith('failing');
      expect([id, outcome(await bed.ended(jobId))]).toEqual([
        id,
        isFailing ? expect.stringMatching(/^failed/) : 'successful',
      ]);
      const results = await bed.get(`/jobs/${jobId}/results`);
      const expected = isFailing ? 500 : id.startsWith('hello') ? 200 : 204;
      expect([id, results.status, await results.text()]).toEqual([
        id,
        expected,
        expected === 200 ? expect.stringContaining('Hello John Doe!') : expect.any(String),
      ]);
      const key = (await bed.store.logs()).find((name) => name.includes(jobId)) ?? '';
      expect(key).toMatch(new RegExp(`^k8s-manager/logs/\\d{4}-\\d\\d-\\d\\d_pygeoapi-job-${jobId}-logs\\.txt$`));
      const said = isFailing
        ? 'oh no, we are failing'
        : id.startsWith('hello')
          ? 'Hello John Doe!'
          : 'SIMPLE_ENV_INTEGER=1024';
      expect(await bed.store.read(key)).toContain(said);
    }
  });
});

describeUpstream('the predecessor’s k8s-manifests as they are, which name no bucket', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    await deploy(bed, 'k8s-manifests');
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  /**
   * The predecessor says in its log which variable is missing, keeps no log, puts the result on the Job and lets the pod go:
   * jobs end, and their results are served.
   */
  it('executes, serves results, and says what is missing; and has the logs, which the predecessor had not', async () => {
    const hello = await bed.submit('hello-world-k8s', { name: 'John Doe', message: 'no bucket' });
    const image = await bed.submit('generic-image-processor-example', { token: TOKEN });
    expect([outcome(await bed.ended(hello)), outcome(await bed.ended(image))]).toEqual(['successful', 'successful']);
    expect(await (await bed.get(`/jobs/${hello}/results`)).text()).toContain('Hello John Doe: no bucket');
    expect((await bed.get(`/jobs/${image}/results`)).status).toBe(204);
    expect(await (await bed.get(`/jobs/${image}/logs`, TOKEN)).text()).toContain('SIMPLE_ENV_INTEGER=1024');
    const log = await kubectl(bed.cluster, ['logs', 'deployment/k8s-job-manager']);
    expect(log).toContain(`${BUCKET}NAME`);
    expect(await bed.store.keys()).toEqual([]);
  });
});
