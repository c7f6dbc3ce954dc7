import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './config/configuration-error.js';
import { KubernetesError } from './k8s/kubernetes-error.js';
import { aKubePod, terminated } from './finalizer/testing/finalizer-bed.js';
import { parseReleaseArguments, releasePods } from './release-pods.js';

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
      node: 'n',
    });
    for (const wrong of [['--wait', 'x'], ['--wat'], ['extra'], ['--wait', '999999']])
      expect(() => parseReleaseArguments(wrong)).toThrow(ConfigurationError);
  });
});
