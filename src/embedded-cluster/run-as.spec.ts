import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Scenario, shell } from './testing/scenarios.js';
import { startCluster, type TestCluster } from './testing/start-cluster.js';

const USER = 54_321;
const onlyAsRoot = process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;

onlyAsRoot('containers that run as another user (only root can run them so)', () => {
  let dataDir: string;
  let outside: string;
  let test: TestCluster;
  let scenario: Scenario;

  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'embedded-run-as-'));
    outside = path.join(dataDir, 'outside');
    mkdirSync(outside);
    chmodSync(outside, 0o755);
    test = await startCluster({ dataDir, runAs: String(USER) });
    scenario = new Scenario(test.client, 'default');
  });
  afterEach(() => test.stop());

  const volumes = [{ name: 'v', emptyDir: {} }];
  const job = (name: string, first: string, main: string, subPath?: string) =>
    scenario.createJob(name, {
      securityContext: { runAsNonRoot: true, runAsUser: USER, runAsGroup: USER },
      volumes,
      initContainers: [shell(first, { name: 'first', volumeMounts: [{ name: 'v', mountPath: 'data' }] })],
      containers: [shell(main, { volumeMounts: [{ name: 'v', mountPath: 'deep/data', subPath }], workingDir: 'deep' })],
    });

  it('share volumes, may write in their folders and not beside them', async () => {
    await job(
      'sharing',
      'mkdir data/sub; id -u > data/sub/file',
      'cat data/file > copy && touch data/more && ! touch ../../x',
      'sub',
    );
    expect((await scenario.jobEnded('sharing')).status.succeeded).toBe(1);
  });

  it('lead the server nowhere by links that they leave in a volume', async () => {
    await job('leading', `ln -s ${outside} data/way`, 'true', 'way/made');
    const pod = await scenario.podUntil(
      'leading',
      ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerError',
    );
    expect(pod.status.containerStatuses?.[0]?.state?.waiting?.message).toContain('failed to make the folders');
    expect([existsSync(path.join(outside, 'made')), statSync(outside).uid]).toEqual([false, 0]);
  });

  it('have folders that others can pass through and not list, and that are closed again without', async () => {
    const modes = (): string[] =>
      ['', 'pods', 'logs', 'children'].map((name) => (statSync(path.join(dataDir, name)).mode & 0o777).toString(8));
    expect(modes()).toEqual(['711', '711', '700', '700']);
    await test.cluster.stop();
    test.client.close();
    test = await startCluster({ dataDir });
    expect(modes()).toEqual(['700', '700', '700', '700']);
  });
});
