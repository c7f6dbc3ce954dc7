import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { chart, describeWithHelm, helm } from '../support/helm.js';
import { kubectl } from '../support/kubectl.js';

const NAME = 'k8s-job-manager';
/** Nothing has to run for what is written. */
const VALUES = { image: { repository: 'nowhere.invalid/none' } };
const autoscaling = { enabled: true, maxReplicas: 9 };

describeWithHelm(
  'a release that was scaled by hand',
  () => {
    let cluster: TestCluster;
    beforeAll(async () => void (cluster = await TestCluster.start()));
    afterAll(() => (cluster as TestCluster | undefined)?.stop());

    const release = (args: readonly string[], values: object = {}) =>
      helm(
        [...args, '--kubeconfig', cluster.kubeconfig, '--namespace', cluster.namespace, '--values', '-'],
        JSON.stringify({ ...VALUES, ...values }),
      );
    const upgrade = (values: object = {}, ...flags: string[]) => release(['upgrade', NAME, chart, ...flags], values);
    const scale = (replicas: number) => kubectl(cluster, ['scale', `deployment/${NAME}`, `--replicas=${replicas}`]);
    const replicas = async () =>
      Number(await kubectl(cluster, ['get', 'deployment', NAME, '-o', 'jsonpath={.spec.replicas}']));

    it('is upgraded by force, or never conflicts where the number is left to an autoscaler', async () => {
      await release(['install', NAME, chart]);
      expect(await replicas()).toBe(2);
      await scale(3);
      if ((await helm(['version', '--short'])).startsWith('v4'))
        await expect(upgrade()).rejects.toThrow(/conflict with "kubectl".*\.spec\.replicas/s);
      await upgrade({}, '--force-conflicts');
      expect(await replicas()).toBe(2);
      await scale(4);
      await upgrade({ autoscaling });
      expect(await replicas()).toBe(4);
      await scale(5);
      await upgrade({ autoscaling, shutdownDelay: 11 });
      expect(await replicas()).toBe(5);
    });
  },
  onRealCluster,
);
