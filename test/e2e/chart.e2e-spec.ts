import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { POD_FINALIZER, TestCluster } from '../support/cluster.js';
import { chart, describeWithHelm, helm, processOf, render } from '../support/helm.js';
import { apply, kubectl, secret } from '../support/kubectl.js';
import { observedReplicas, type ObservedReplica } from '../support/observed-replicas.js';
import { bucketVariables, hasServerImage, serverImage, serviceAddress, useServerAt } from '../support/server-image.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const NAME = 'k8s-job-manager';
/** Stands for the namespace of the test. */
const OWN = 'own-namespace';
const papermillExample = parse(readFileSync('examples/papermill-chart/values.yaml', 'utf8')) as object;
const [repository = '', tag = ''] = serverImage.split(':');
const VALUES = {
  image: { repository, tag },
  // Requests go to the Service's address.
  hosts: ['*'],
  config: {
    resources: {
      greet: processOf('echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo hello', { mimetype: 'text/plain' }),
      endless: processOf('echo begun; trap exit TERM; while :; do sleep 1; done'),
      retrying: processOf('exit 1', { backoff_limit: 50 }),
    },
  },
};

describeWithHelm(
  'the chart on a cluster',
  () => {
    let bed: TestBed;

    beforeAll(async () => {
      bed = await TestBed.around(await TestCluster.start());
      await apply(bed.cluster, [secret(NAME, { token: TOKEN }), secret(`${NAME}-bucket`, bucketVariables(bed))]);
      await inRelease(['install', NAME, chart, '--values', '-', '--wait', '--timeout', '5m'], VALUES);
      await useServerAt(bed, await serviceAddress(bed.cluster, NAME));
    }, 330_000);
    afterAll(() => (bed as TestBed | undefined)?.stop());

    const inRelease = (args: readonly string[], values?: object) =>
      helm(
        [...args, '--kubeconfig', bed.cluster.kubeconfig, '--namespace', bed.cluster.namespace],
        values && JSON.stringify(values),
      );

    it.each([
      ['defaults', {}],
      ['notebooks', { papermill: { enabled: true, processor: { default_image: 'notebooks:1' } } }],
      [
        'visualisations',
        {
          visualisations: {
            enabled: true,
            domain: 'apps.example.org',
            dataManager: { namespaces: [OWN], application: { enabled: true } },
          },
        },
      ],
      ['the example of what the chart pygeoapi-eoxhub has', papermillExample],
      [
        'everything that needs no definitions of others',
        {
          ingress: { enabled: true },
          networkPolicy: { enabled: true, jobsEgress: { enabled: true } },
          jobs: { restricted: true, limitRange: { enabled: true }, resourceQuota: { enabled: true } },
        },
      ],
    ])('makes objects that the API server takes: %s', async (_, values) => {
      const own = JSON.parse(JSON.stringify(values).replaceAll(OWN, bed.cluster.namespace)) as object;
      const objects = await render(own, { release: 'dry', namespace: bed.cluster.namespace });
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      const answer = await kubectl(bed.cluster, ['apply', '--dry-run=server', '--validate=strict', '-f', '-'], list);
      expect(answer.trim().split('\n')).toHaveLength(objects.length);
    });

    it('runs two replicas that execute through the Service, and passes helm test', async () => {
      const response = await bed.execute('greet');
      expect([response.status, await response.text()]).toEqual([200, 'hello']);
      expect(await inRelease(['test', NAME, '--timeout', '3m'])).toMatch(/Phase:\s+Succeeded/);
      const replicas = await eventually('both replicas knowing the job', async () => {
        const observed = await observedReplicas(bed);
        const known = ({ metrics }: ObservedReplica) =>
          metrics.value('jobs{process="greet",status="successful"}') === 1;
        return observed.every(known) && observed;
      });
      expect(replicas.map(({ restarts, live, ready }) => [restarts, live, ready.code, ready.status])).toEqual([
        [0, 200, 200, 'ok'],
        [0, 200, 200, 'ok'],
      ]);
      const leads = '{lease="pygeoapi-job-manager"}';
      expect(replicas.map(({ metrics }) => metrics.all('leader')[leads]).sort()).toEqual([0, 1]);
    });

    it('answers every request while an upgrade rolls the replicas', async () => {
      let ended = false;
      const upgrading = inRelease(['upgrade', NAME, chart, '--values', '-', '--wait', '--timeout', '5m'], {
        ...VALUES,
        config: { ...VALUES.config, metadata: { identification: { title: 'Upgraded' } } },
      })
        .then(() =>
          eventually('the end of the old replicas', async () => (await bed.cluster.serverPods()).length === 2),
        )
        .finally(() => (ended = true));
      let answered = 0;
      const refused: unknown[] = [];
      const ask = async (headers: Record<string, string>) => {
        while (!ended) {
          const response = await fetch(`${bed.url}/jobs`, { headers }).catch((error: unknown) => error);
          if (response instanceof Response && response.ok && (await response.text())) answered += 1;
          else refused.push(response);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      await Promise.all([upgrading, ask({ connection: 'close' }), ask({})]);
      expect(refused).toEqual([]);
      expect(answered).toBeGreaterThan(20);
      await eventually('the new title', async () => {
        const { title } = (await (await bed.get('/?f=json')).json()) as { title: string };
        return title === 'Upgraded';
      });
    }, 330_000);

    it('leaves nothing hanging when it is uninstalled while jobs run and fail', async () => {
      const running = [await bed.submit('endless'), await bed.submit('retrying'), await bed.submit('endless')];
      await eventually('all pods', async () => (await bed.cluster.heldPods()).length >= 3);
      await inRelease(['uninstall', NAME, '--timeout', '4m']);
      expect(await bed.cluster.heldPods()).toEqual([]);
      const left = (await bed.cluster.kubeJobs()).filter(
        ({ metadata, status }) =>
          running.some((id) => metadata?.name?.endsWith(id)) &&
          !status?.conditions?.length &&
          !metadata?.deletionTimestamp,
      );
      expect(left).toEqual([]);
      const objects = await kubectl(bed.cluster, [
        'get',
        'deployments,services,configmaps,roles,serviceaccounts',
        '-o',
        'name',
      ]);
      expect(objects).not.toContain(NAME);
      // As `kubectl delete namespace` does; nothing has to be patched for it to go.
      await kubectl(bed.cluster, ['delete', 'namespace', bed.cluster.namespace, '--timeout=120s']);
      // For the bed, which deletes it.
      await bed.cluster.core.createNamespace({ body: { metadata: { name: bed.cluster.namespace } } });
    }, 420_000);
  },
  hasServerImage,
);

describeWithHelm(
  'the chart with jobs in another namespace',
  () => {
    let bed: TestBed;
    let jobs: string;

    beforeAll(async () => {
      bed = await TestBed.around(await TestCluster.start());
      jobs = `${bed.cluster.namespace}-jobs`;
      await bed.cluster.core.createNamespace({ body: { metadata: { name: jobs } } });
      await apply(bed.cluster, [secret(NAME, { token: TOKEN }), secret(`${NAME}-bucket`, bucketVariables(bed))]);
      const values = {
        ...VALUES,
        jobs: { namespace: jobs, limitRange: { enabled: true }, resourceQuota: { enabled: true } },
      };
      await inRelease(['install', NAME, chart, '--values', '-', '--wait', '--timeout', '5m'], values);
      await useServerAt(bed, await serviceAddress(bed.cluster, NAME));
    }, 330_000);
    afterAll(async () => {
      const started = bed as TestBed | undefined;
      await started?.cluster.core.deleteNamespace({ name: jobs }).catch(() => undefined);
      await started?.stop();
    });

    const inRelease = (args: readonly string[], values?: object) =>
      helm(
        [...args, '--kubeconfig', bed.cluster.kubeconfig, '--namespace', bed.cluster.namespace],
        values && JSON.stringify(values),
      );
    const jobsIn = async (namespace: string) => (await bed.cluster.batch.listNamespacedJob({ namespace })).items.length;

    it('runs them there, and has one of its replicas lead by a Lease in its own', async () => {
      const response = await bed.execute('greet');
      expect([response.status, await response.text()]).toEqual([200, 'hello']);
      expect([await jobsIn(jobs), await jobsIn(bed.cluster.namespace)]).toEqual([1, 0]);
      const { namespace, coordination } = bed.cluster;
      const holders = (await coordination.listNamespacedLease({ namespace })).items.map(
        ({ spec }) => spec?.holderIdentity,
      );
      expect(holders).toEqual([expect.stringContaining(NAME)]);
      expect((await coordination.listNamespacedLease({ namespace: jobs })).items).toEqual([]);
      const output = await kubectl(bed.cluster, ['logs', '--selector', `app=${NAME}`, '--tail=-1']);
      expect(output).not.toMatch(/cannot \w+ resource|Missing rights|It may not/);
    });

    it('leaves nothing hanging there when it is uninstalled while a job runs', async () => {
      await bed.submit('endless');
      const held = async () =>
        (await bed.cluster.core.listNamespacedPod({ namespace: jobs })).items.filter(({ metadata }) =>
          metadata?.finalizers?.includes(POD_FINALIZER),
        );
      await eventually('its pod', async () => (await held()).length > 0);
      await inRelease(['uninstall', NAME, '--timeout', '4m']);
      expect(await held()).toEqual([]);
      await kubectl(bed.cluster, ['delete', 'namespace', jobs, '--timeout=120s']);
    }, 420_000);
  },
  hasServerImage,
);
