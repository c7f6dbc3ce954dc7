import { execFile } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scenario, shell } from './testing/scenarios.js';
import { startCluster, type TestCluster } from './testing/start-cluster.js';

const isInstalled = spawnSync('kubectl', ['version', '--client']).status === 0;

(isInstalled ? describe : describe.skip)(
  'kubectl on the embedded cluster (skipped where kubectl is not installed)',
  () => {
    let test: TestCluster;
    let scenario: Scenario;

    beforeAll(async () => {
      test = await startCluster();
      scenario = new Scenario(test.client, 'default');
    });

    afterAll(() => test.stop());

    async function kubectl(words: string, input?: object): Promise<string> {
      const running = promisify(execFile)('kubectl', [
        '--kubeconfig',
        test.cluster.kubeconfigPath,
        '--cache-dir',
        `${test.dataDir}/cache`,
        ...words.split(' '),
      ]);
      running.child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
      return (await running).stdout;
    }

    const manifest = (name: string, script: string): object => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [shell(script)] } } },
    });

    it('applies, creates, gets, describes and deletes', async () => {
      expect(await kubectl('apply -f -', manifest('applied', 'echo hello'))).toBe('job.batch/applied created\n');
      expect(await kubectl('apply -f -', manifest('applied', 'echo hello'))).toBe('job.batch/applied unchanged\n');
      await scenario.jobEnded('applied');
      const [header, row] = (await kubectl('get jobs')).split('\n');
      expect(header).toMatch(/^NAME +STATUS +COMPLETIONS +DURATION +AGE$/);
      expect(row).toMatch(/^applied +Complete +1\/1 +\d+s +\d+s$/);
      expect(await kubectl('get pods')).toMatch(
        /^NAME +READY +STATUS +RESTARTS +AGE\napplied-\w{5} +0\/1 +Completed +0 +\d+s\n$/,
      );
      expect(await kubectl('get pods -o wide')).toMatch(
        /IP +NODE +NOMINATED NODE +READINESS GATES\n.* 127\.0\.0\.1 +embedded +<none> +<none>\n$/,
      );
      expect(await kubectl('get jobs -o name -A')).toBe('job.batch/applied\n');
      expect(await kubectl('get jobs -o jsonpath={.items[0].status.succeeded}')).toBe('1');
      expect(await kubectl('describe job applied')).toMatch(
        /Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed[^]*SuccessfulCreate[^]*Completed/,
      );
      expect(await kubectl('describe pods')).toMatch(
        /State: +Terminated\n +Reason: +Completed[^]*Scheduled[^]*Started container main/,
      );
      expect(await kubectl('get events')).toMatch(/Normal +Completed +job\/applied +Job completed/);
      expect(await kubectl('delete job applied')).toMatch(/^job.batch "applied" deleted/);
      expect(await kubectl('get jobs -o name')).toBe('');
    });

    it('watches a job and follows its log', async () => {
      await kubectl('create -f -', manifest('followed', 'for i in 1 2 3; do echo line $i; sleep 0.2; done'));
      await scenario.podUntil('followed', ({ status }) => status.phase === 'Running');
      const watched = kubectl('wait --for=condition=complete job/followed --timeout=20s');
      expect(await kubectl('logs -f job/followed')).toBe('line 1\nline 2\nline 3\n');
      expect(await watched).toContain('condition met');
      expect(await kubectl('logs job/followed --timestamps --tail=1')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z line 3\n$/);
    });
  },
);
