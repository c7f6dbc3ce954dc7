import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../config/configuration-error.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { aKubeJob, aKubePod, JOB, terminated } from '../finalizer/testing/finalizer-bed.js';
import { at } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
import { parseReleaseArguments, releasePods, UnfinishedJobs } from './release-pods.js';

const ended = aKubePod('Succeeded', { main: terminated(0) }, { name: 'ended', uid: '1' });
const running = aKubePod('Running', { main: { running: {} } }, { name: 'running', uid: '2' });

async function release(options: { dryRun?: boolean; failure?: Error } = {}) {
  const lines: string[] = [];
  const released: string[] = [];
  const client = {
    listPods: async () => [ended, running],
    removePodFinalizer: async (name: string, uid: string, finalizer: string) => {
      if (options.failure && name === 'ended') throw options.failure;
      released.push(`${name} ${uid} ${finalizer}`);
    },
  };
  const code = await releasePods(
    client,
    () => true,
    options.dryRun ?? false,
    (line) => lines.push(line),
  );
  return { code, lines, released };
}

describe('the command release-pods', () => {
  it('releases each held pod and says what that costs', async () => {
    const { code, lines, released } = await release();
    expect(released).toEqual([
      'ended 1 pygeoapi.io/finalizer-log-retrieval',
      'running 2 pygeoapi.io/finalizer-log-retrieval',
    ]);
    expect([code, lines]).toEqual([
      0,
      [
        'pod ended is released; its log was not collected',
        'pod running is released; it has not ended: its log will not be collected',
        '2 of 2 held pods are released. Logs and results of theirs that no server has stored go with them.',
      ],
    ]);
  });

  it('does nothing in a dry run', async () => {
    const { code, lines, released } = await release({ dryRun: true });
    expect([code, released]).toEqual([0, []]);
    expect(lines.at(-1)).toContain('2 of 2 held pods would be released.');
  });

  it('goes on after a failure, and ends with code 1', async () => {
    const { code, lines, released } = await release({ failure: new KubernetesError('forbidden', 'may not', 403) });
    expect([code, released]).toEqual([1, ['running 2 pygeoapi.io/finalizer-log-retrieval']]);
    expect(lines[0]).toBe('pod ended is still held: may not');
    expect(lines.at(-1)).toContain('1 of 2 held pods are released.');
  });

  it('reads its arguments', () => {
    expect(parseReleaseArguments(['--help', '--dry-run'])).toBeUndefined();
    expect(parseReleaseArguments(['--dry-run', '--wait=5', '--node', 'n'])).toEqual({
      dryRun: true,
      wait: 5000,
      dismissJobs: false,
      node: 'n',
    });
    expect(parseReleaseArguments(['--dismiss-jobs', '--stop-deployment=server'])).toEqual({
      dryRun: false,
      wait: 0,
      dismissJobs: true,
      deployment: 'server',
    });
    expect(() => parseReleaseArguments(['--dismiss-jobs', '--node', 'n'])).toThrow('--dismiss-jobs');
    for (const wrong of [['--wait', 'x'], ['--wat'], ['extra'], ['--wait', '999999']])
      expect(() => parseReleaseArguments(wrong)).toThrow(ConfigurationError);
  });
});

describe('the jobs that have not ended', () => {
  const condition = { type: 'Complete', status: 'True' };
  const named = (letter: string) => `pygeoapi-job-0198c5a0-0000-7000-8000-00000000000${letter}`;
  const dismissed = { [ownAnnotation.outcome]: JSON.stringify({ status: 'dismissed', finished: at(1).toISOString() }) };
  const kubeJobs = [
    aKubeJob({}, { metadata: { name: named('1'), uid: 'going', resourceVersion: '7' } }),
    aKubeJob({}, { metadata: { name: named('2'), uid: 'ended' }, status: { conditions: [condition] } }),
    aKubeJob({}, { metadata: { name: named('3'), uid: 'leaving', deletionTimestamp: at(1) } }),
    aKubeJob({}, { metadata: { name: 'another-0198c5a0-0000-7000-8000-000000000001', uid: 'of another' } }),
    aKubeJob({ [ownAnnotation.removed]: at(1).toISOString() }, undefined),
    aKubeJob(dismissed, { metadata: { name: named('5'), uid: 'ended' }, status: { conditions: [condition] } }),
    aKubeJob({}, { metadata: { name: named('6'), uid: 'ending', resourceVersion: '8', annotations: dismissed } }),
  ];

  function setUp({ dryRun = false, failure }: { dryRun?: boolean; failure?: Error } = {}) {
    const calls: unknown[][] = [];
    const lines: string[] = [];
    const client = {
      listJobs: async () => kubeJobs,
      patchJob: async (...call: unknown[]) => {
        calls.push(call);
        if (failure) throw failure;
        return undefined;
      },
      deleteJob: async (...call: unknown[]) => calls.push(call) > 0,
    };
    const jobs = new UnfinishedJobs(client, 'pygeoapi-job-', dryRun, (line) => lines.push(line));
    return { jobs, calls, lines };
  }

  it('are dismissed, each on its version, but for those that are already', async () => {
    const { jobs, calls, lines } = setUp();
    await jobs.dismiss(at(9));
    const annotations = { [ownAnnotation.removed]: at(9).toISOString() };
    expect(calls).toEqual([
      [named('1'), { metadata: { uid: 'going', resourceVersion: '7', annotations } }],
      [named('6'), { metadata: { uid: 'ending', resourceVersion: '8', annotations } }],
    ]);
    expect(lines).toEqual([`job ${named('1')} is dismissed`, `job ${named('6')} is dismissed`]);
  });

  it('are left alone where they change at that moment, and nothing else that fails is passed over', async () => {
    await setUp({ failure: new KubernetesError('conflict', 'changed', 409) }).jobs.dismiss(at(9));
    const forbidden = new KubernetesError('forbidden', 'may not', 403);
    await expect(setUp({ failure: forbidden }).jobs.dismiss(at(9))).rejects.toBe(forbidden);
  });

  it('are deleted, also those that were dismissed', async () => {
    const { jobs, calls } = setUp();
    expect(await jobs.delete()).toBe(3);
    expect(calls).toEqual([
      [named('1'), 'going'],
      [JOB, 'job-uid'],
      [named('6'), 'ending'],
    ]);
  });

  it('stay in a dry run', async () => {
    const { jobs, calls, lines } = setUp({ dryRun: true });
    await jobs.dismiss(at(9));
    expect([await jobs.delete(), calls, lines]).toEqual([
      0,
      [],
      ['1', '6'].map((each) => `job ${named(each)} would be dismissed`),
    ]);
  });
});
