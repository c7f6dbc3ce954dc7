import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ownAnnotation } from '../../src/k8s/names.js';
import { TestCluster } from '../support/cluster.js';
import { apply, configMap, kubectl } from '../support/kubectl.js';
import { bucketVariables, hasServerImage, podAddress, serverImage, useServerAt } from '../support/server-image.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Less than a pod with an embedded archive is given (`k8s-manifests/components/archive-embedded`): a first start that makes its database takes more. */
const MEMORY = '768Mi';

(hasServerImage ? describe : describe.skip)('the image with an embedded archive', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    const account = `${cluster.namespace}:default`;
    await kubectl(cluster, ['create', 'rolebinding', 'server', '--clusterrole=edit', '--serviceaccount', account]);
    const configuration = await readFile('config/pygeoapi-config.yaml', 'utf8');
    const env = Object.entries({ ...bucketVariables(bed), SERVER_HOSTS: '*' });
    await apply(cluster, [
      configMap('configuration', { 'local.config.yml': `archive:\n  url: embedded\n${configuration}` }),
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'server' },
        spec: {
          restartPolicy: 'Never',
          securityContext: { fsGroup: 1000 },
          containers: [
            {
              name: 'server',
              image: serverImage,
              imagePullPolicy: 'Always',
              env: env.map(([name, value]) => ({ name, value })),
              resources: { limits: { memory: MEMORY } },
              securityContext: { readOnlyRootFilesystem: true },
              volumeMounts: [
                { name: 'configuration', mountPath: '/pygeoapi/local.config.yml', subPath: 'local.config.yml' },
                { name: 'data', mountPath: '/data' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'configuration', configMap: { name: 'configuration' } },
            { name: 'data', emptyDir: {} },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    ]);
    await useServerAt(bed, `http://${await podAddress(cluster, 'server')}:5000`);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('begins with the database that it brings', async () => {
    await kubectl(bed.cluster, ['exec', 'server', '--', 'test', '-s', '/data/archive/data/PG_VERSION']);
    expect(await kubectl(bed.cluster, ['logs', 'server'])).not.toContain('cannot be used');
  });

  it('has a job after its Kubernetes Job is gone', async () => {
    const jobId = await bed.submit('hello-world-k8s', { name: 'World' });
    expect((await bed.ended(jobId)).status).toBe('successful');
    const kubeJob = async () => (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    const { name = '' } = await eventually('its being archived', async () => {
      const { metadata } = (await kubeJob()) ?? {};
      return metadata?.annotations?.[ownAnnotation.archived] === undefined ? undefined : metadata;
    });
    const { namespace } = bed.cluster;
    await bed.cluster.batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Foreground' });
    await eventually('the Job being gone', async () => !(await kubeJob()));
    expect(await (await bed.get(`/jobs/${jobId}`)).json()).toMatchObject({ jobID: jobId, status: 'successful' });
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toContain('Hello World!');
  });
});
