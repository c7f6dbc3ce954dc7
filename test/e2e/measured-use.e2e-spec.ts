import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ownAnnotation } from '../../src/k8s/names.js';
import { scalarOf } from '../../src/k8s/quantity.js';
import { HOST_FROM_PODS, TestCluster } from '../support/cluster.js';
import { Exposition } from '../support/exposition.js';
import { describeWithMetricsServer, MetricsServer } from '../support/metrics-server.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Bytes that `busy` keeps in memory. */
const KEPT = 32 * 1024 ** 2;
/** Milliseconds: two looks at a pod, and two of the server, each after the intervals of both, and after failures. */
const PATIENCE = 240_000;

/** `busy` reckons until it is let go. @param gate where it asks for that */
const configurationWith = (folder: string, gate: string) => (text: string) =>
  `archive: { url: embedded, folder: '${folder}' }
usage: { measured: 15s }
${text.replace('level: WARNING', 'level: INFO')}
  busy:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata:
        jobControlOptions: [async-execute, dismiss]
        outputs: { bytes: { schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          kept=$(head -c ${KEPT} /dev/zero | tr '\\0' x)
          until wget -q -O /dev/null ${gate}/$HOSTNAME; do
            i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done
          done
          echo PYGEOAPI_K8S_MANAGER_RESULT_START
          echo \${#kept}
`;

interface Used {
  readonly processorSeconds: number;
  readonly memoryByteSeconds: number;
  readonly memoryPeakBytes: number;
  readonly samples: number;
}
interface Row {
  readonly key: string;
  readonly jobs: number;
  readonly usedProcessorHours?: number;
  readonly usedMemoryGiBHours?: number;
}

describeWithMetricsServer('what jobs use, as the real metrics-server tells it', () => {
  let cluster: TestCluster;
  let metrics: MetricsServer;
  let bed: TestBed;
  let gate: Server;
  /** Ids of the jobs that may end. */
  const free = new Set<string>();

  beforeAll(async () => {
    gate = createServer(({ url = '' }, response) =>
      response.writeHead([...free].some((id) => url.includes(id)) ? 200 : 503).end(),
    );
    await once(gate.listen(0, HOST_FROM_PODS), 'listening');
    cluster = await TestCluster.start();
    metrics = await MetricsServer.start(cluster);
    const at = `http://${HOST_FROM_PODS}:${(gate.address() as AddressInfo).port}`;
    bed = await TestBed.startProcess(
      {},
      { cluster, configuration: configurationWith(join(cluster.folder, 'archive'), at) },
    );
  });
  afterAll(async () => {
    try {
      await (metrics as MetricsServer | undefined)?.stop();
    } finally {
      await ((bed as TestBed | undefined) ?? (cluster as TestCluster | undefined))?.stop();
      gate.close();
    }
  });

  const usedBy = async (id: string): Promise<Used | undefined> => {
    const { activity } = (await (await bed.get(`/jobs/${id}/prov`, TOKEN)).json()) as {
      activity: Record<string, Record<string, { readonly $: string }>>;
    };
    const of = (name: string) => Number(activity[`job:${id}`]?.[`usage:${name}`]?.$);
    if (Number.isNaN(of('samples'))) return undefined;
    return {
      processorSeconds: of('processorSeconds'),
      memoryByteSeconds: of('memoryByteSeconds'),
      memoryPeakBytes: of('memoryPeakBytes'),
      samples: of('samples'),
    };
  };
  /** How often the server was told what pods use. */
  const told = async () =>
    (await Exposition.of(bed)).value(
      'kubernetes_requests_total{verb="list",resource="pods.metrics.k8s.io",code="200"}',
    );
  /** Waits until the server must have been told of the job: by a request that it began once there was something to tell. */
  const sampled = async (id: string) => {
    const isKnown = async () => (await metrics.pods()).some(({ metadata }) => metadata.name.includes(id));
    await eventually(`metrics of job ${id}`, isKnown, PATIENCE);
    const before = await told();
    await eventually(`a sample of job ${id}`, async () => (await told()) >= before + 2, PATIENCE);
  };
  /** Lets jobs end, and waits until all is noted of them. */
  const end = async (...ids: readonly string[]) => {
    for (const id of ids) free.add(id);
    for (const id of ids) {
      await bed.until(id, 'successful');
      expect(await bed.result(id)).toBe(String(KEPT));
    }
    await cluster.allReleased();
  };
  const kubeJobOf = async (id: string) =>
    (await cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
  const sums = async () => {
    const { rows } = (await (await bed.get('/usage?by=process')).json()) as { readonly rows: readonly Row[] };
    return rows.find(({ key }) => key === 'busy');
  };

  it('is plausible, and stands in the provenance, the archive and the sums', async () => {
    const id = await bed.submit('busy');
    await sampled(id);
    await end(id);
    const { started = '', finished = '' } = await bed.status(id);
    const seconds = (Date.parse(finished) - Date.parse(started)) / 1000;
    const [node] = (await cluster.core.listNode()).items;
    const [processors, bytes] = (['cpu', 'memory'] as const).map((name) =>
      scalarOf(node?.status?.capacity?.[name]),
    ) as [number, number];
    const used = (await usedBy(id))!;
    expect(used.samples).toBeGreaterThan(0);
    expect(used.processorSeconds).toBeGreaterThan(0);
    expect(used.processorSeconds).toBeLessThanOrEqual(processors * seconds);
    expect(used.memoryPeakBytes).toBeGreaterThanOrEqual(KEPT);
    expect(used.memoryPeakBytes).toBeLessThanOrEqual(bytes);
    expect(used.memoryByteSeconds).toBeGreaterThan(0);
    expect(used.memoryByteSeconds).toBeLessThanOrEqual(used.memoryPeakBytes * seconds + 1);

    const row = await eventually('the sums', sums);
    expect([row.jobs, row.usedProcessorHours, row.usedMemoryGiBHours]).toEqual([
      1,
      expect.closeTo(used.processorSeconds / 3600, 5),
      expect.closeTo(used.memoryByteSeconds / 1024 ** 3 / 3600, 5),
    ]);

    const isArchived = async () => (await kubeJobOf(id))?.metadata?.annotations?.[ownAnnotation.archived];
    await eventually(`${id} being archived`, isArchived);
    const name = (await kubeJobOf(id))?.metadata?.name ?? '';
    const of = { name, namespace: cluster.namespace, propagationPolicy: 'Foreground' };
    await cluster.batch.deleteNamespacedJob(of);
    await eventually(`the Job of ${id} being gone`, async () => !(await kubeJobOf(id)));
    expect(await usedBy(id)).toEqual(used);
  });

  it('is what was told before metrics-server was killed, which keeps no job from its end', async () => {
    const measured = await bed.submit('busy');
    await sampled(measured);
    await metrics.kill();
    const later = await bed.submit('busy');
    await eventually(
      'the server noticing',
      async () => (await bed.output()).includes('What jobs use is not measured: '),
      PATIENCE,
    );
    await bed.until(later, 'running');
    await end(measured, later);
    expect(await usedBy(measured)).toMatchObject({ samples: expect.any(Number) });
    expect(await usedBy(later)).toBeUndefined();

    await metrics.run();
    const again = await bed.submit('busy');
    await sampled(again);
    await end(again);
    expect(await usedBy(again)).toMatchObject({ samples: expect.any(Number) });
  });
});
