import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import { Agent } from 'node:http';
import { parseAllDocuments } from 'yaml';
import { accountOf, nothingLost } from '../support/account.js';
import { sendTo } from '../support/balancer.js';
import { TestCluster } from '../support/cluster.js';
import { Deployment } from '../support/deployment.js';
import { kubectl } from '../support/kubectl.js';
import { bucketVariables, hasServerImage, withSlowTests } from '../support/server-image.js';
import { growth, observedReplicas } from '../support/observed-replicas.js';
import { SteadyLoad } from '../support/steady-load.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const CONFIGURATION = `
server:
  manager: { finalizer_controller: true, automountServiceAccountToken: false }
resources:
  inputs:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox:latest
      check_auth: false
      mimetype: application/json
      metadata:
        title: Gives back what it gets
        jobControlOptions: [sync-execute, async-execute]
        inputs: { text: { schema: { type: string } } }
        outputs: { inputs: { schema: { type: object } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf "%s" "$PYGEOAPI_K8S_MANAGER_INPUTS"']
  greet:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox:latest
      mimetype: text/plain
      metadata:
        title: Greets
        jobControlOptions: [sync-execute, async-execute]
        outputs: { text: { schema: { type: string } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo "hello from $(id -u)"']
  endless:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox:latest
      metadata: { title: Runs until it is dismissed }
      command: [sh, -c, 'echo begun; trap exit TERM; while :; do sleep 1; done']
`;

(hasServerImage ? describe : describe.skip)('k8s-manifests in a namespace of restricted pods', () => {
  let bed: TestBed;
  let deployment: Deployment;

  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    await kubectl(cluster, ['label', 'namespace', cluster.namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    deployment = await Deployment.start(cluster, {
      configuration: CONFIGURATION,
      token: TOKEN,
      bucket: bucketVariables(bed),
      components: ['ingress', 'network-policy', 'jobs-egress', 'restricted-jobs', 'limits'],
    });
    bed.url = deployment.url;
  });
  afterAll(async () => {
    await (deployment as Deployment | undefined)?.stop();
    await (bed as TestBed | undefined)?.stop();
  });

  const replicas = async () => (await bed.cluster.serverPods()).filter(({ metadata }) => !metadata?.deletionTimestamp);

  it('runs two replicas, of which one leads, without a warning of rights', async () => {
    const pods = await replicas();
    expect(pods).toHaveLength(2);
    const logs = await Promise.all(pods.map(({ metadata }) => kubectl(bed.cluster, ['logs', metadata?.name ?? ''])));
    expect(logs.join('')).toContain('service account of the pod');
    expect(logs.join('')).not.toMatch(/WARNING|ERROR|Missing rights|It may not/);
    for (const { status } of pods) {
      const ready = await fetch(`http://${status?.podIP}:8080/health/ready`);
      expect([ready.status, (await ready.json()) as object]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
    }
  });

  it('executes through the Service, and keeps result and log', async () => {
    const response = await bed.execute('greet', {}, { token: TOKEN });
    expect([response.status, await response.text()]).toEqual([200, 'hello from 1000']);
    const jobId = await bed.submit('greet', {}, { token: TOKEN });
    expect((await bed.ended(jobId)).status).toBe('successful');
    await eventually('two logs in the bucket', async () => (await bed.store.logs()).length === 2);
    for (const { status } of await replicas()) {
      const url = `http://${status?.podIP}:8080/jobs/${jobId}`;
      await eventually(
        'the status at each replica',
        async () => ((await (await fetch(url)).json()) as StatusInfo).status === 'successful',
      );
      expect(await (await fetch(`${url}/results`)).text()).toBe('hello from 1000');
    }
  });

  it('dismisses and removes with the shipped Role, and the log is kept', async () => {
    const jobId = await bed.submit('endless', {}, { token: TOKEN });
    await eventually('the first line of the log', async () => (await bed.log(jobId, TOKEN)).includes('begun'));
    const before = (await bed.store.logs()).length;
    expect((await bed.delete(`/jobs/${jobId}`, TOKEN)).status).toBe(200);
    await eventually('the log in the bucket', async () => (await bed.store.logs()).length === before + 1);
    expect((await bed.status(jobId, TOKEN)).status).toBe('dismissed');
    await bed.removeJob(jobId, TOKEN);
    await eventually('the end of the Job', async () =>
      (await bed.cluster.kubeJobs()).every(({ metadata }) => !metadata?.name?.endsWith(jobId)),
    );
  });

  it('tells by probes and metrics, at each replica, how it is and what was executed', async () => {
    const before = await eventually('nothing being under way', async () => {
      const replicas = await observedReplicas(bed);
      return replicas.every(({ metrics }) => metrics.value('uncollected_pods') === 0) && replicas;
    });
    expect((await bed.execute('greet', {}, { token: TOKEN })).status).toBe(200);
    await bed.ended(await bed.submit('greet', {}, { token: TOKEN }));
    const POST = 'method="POST",route="/processes/:processId/execution"';
    const sum = {
      'executions_accepted_total{process="greet"}': 2,
      job_submit_duration_seconds_count: 2,
      'sync_wait_duration_seconds_count{result="ended"}': 1,
      [`http_request_duration_seconds_count{${POST},status="200"}`]: 1,
      [`http_request_duration_seconds_count{${POST},status="201"}`]: 1,
      'kubernetes_requests_total{verb="create",resource="jobs",code="201"}': 2,
    };
    // A log is written again, where it stands, when what was to be noted of it did not meet the Job as it had been read.
    const logs = 'object_store_operations_total{operation="create",result="ok"}';
    const max = {
      'jobs{process="greet",status="successful"}': 2,
      'jobs_ended_total{process="greet",status="successful",cause="none"}': 2,
      'job_queue_duration_seconds_count{process="greet"}': 2,
      'job_run_duration_seconds_count{process="greet"}': 2,
      job_collect_duration_seconds_count: 2,
      uncollected_pods: 0,
    };
    const series = { sum: [...Object.keys(sum), logs], max: Object.keys(max) };
    await eventually('the metrics telling of both jobs', async () => {
      const { [logs]: written = 0, ...grown } = growth(before, await observedReplicas(bed), series);
      if (written >= 2 && JSON.stringify(grown) === JSON.stringify({ ...sum, ...max })) return true;
      throw new Error(JSON.stringify({ written, ...grown }));
    });
    const after = await observedReplicas(bed);
    expect(after.map(({ metrics }) => metrics.all('leader')['{lease="pygeoapi-job-manager"}']).sort()).toEqual([0, 1]);
    for (const { restarts, live, ready, metrics } of after) {
      expect({ restarts, live, ready: ready.code }).toEqual({ restarts: 0, live: 200, ready: 200 });
      const checks = Object.entries(ready.checks).map(([name, { status }]) => [
        `{check="${name}",status="${status}"}`,
        1,
      ]);
      expect(ready.status).toBe('ok');
      expect(metrics.all('health_check_status')).toMatchObject(Object.fromEntries(checks) as object);
      expect([...new Set(Object.values(metrics.all('informer_synced')))]).toEqual([1]);
      expect(metrics.all('workqueue_depth')).toMatchObject({ '{queue="finalizer"}': expect.any(Number) });
      expect(metrics.value('nodejs_eventloop_lag_seconds')).toBeGreaterThan(0);
      expect(metrics.text).not.toContain(TOKEN);
    }
  });

  it('restarts one replica at a time while requests are answered, and loses nothing', async () => {
    const uids = async () => (await replicas()).map(({ metadata }) => metadata?.uid);
    const load = new SteadyLoad();
    const kept = new Agent({ keepAlive: true });
    try {
      // The limits of the namespace leave no room for many jobs side by side.
      const send = sendTo(bed.url, new Agent({ keepAlive: false }));
      load.addClient('sync a', send);
      load.addClient('sync b', send);
      load.addClient('async', send, { prefer: 'respond-async' });
      load.addClient('kept connections', sendTo(bed.url, kept));
      for (const time of withSlowTests ? ['once', 'twice'] : ['once']) {
        await load.goesOn(`before it is restarted ${time}`, 20);
        const before = await uids();
        await deployment.restart();
        await eventually('the end of the old ones', async () => (await bed.cluster.serverPods()).length === 2);
        const after = await uids();
        expect(after).toHaveLength(2);
        expect(after.filter((uid) => before.includes(uid))).toEqual([]);
      }
      await load.goesOn('with the last replicas only', 20);
      await load.stop();
      expect(load.failures).toEqual([]);
      const ids = [...load.texts.keys()];
      expect(ids.length).toBeGreaterThan(10);
      expect(await accountOf(bed, ids, (id) => load.texts.get(id) ?? '')).toEqual(nothingLost(ids.length));
    } finally {
      await load.stop();
      kept.destroy();
    }
  });
});

(hasServerImage ? describe : describe.skip)('the overlay example of k8s-manifests', () => {
  it('holds every kind once, in the namespace of the overlay', async () => {
    const cluster = { kubeconfig: process.env['E2E_KUBECONFIG'], namespace: 'processes' } as TestCluster;
    const text = await kubectl(cluster, ['kustomize', 'k8s-manifests/overlays/example']);
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
    const kinds = objects.map(({ kind }) => kind ?? '');
    expect(kinds.sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'Ingress',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
    ]);
    expect(objects.filter(({ metadata }) => metadata?.namespace !== 'processes')).toEqual([]);
  });
});
