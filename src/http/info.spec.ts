import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { infoText } from './info.js';
import { version } from './version.js';

const textOf = (build: Record<string, string>) =>
  infoText({ environment: { build } } as unknown as Configuration).split('\n');

describe('the info page', () => {
  it('has the versions of what runs', () => {
    expect(textOf({})).toEqual([
      'server: ogc-processes-k8s',
      `version: ${version}`,
      `node: ${process.versions.node}`,
      expect.stringMatching(/^kubernetes client: \d+\.\d+\.\d+/),
      'build date: unknown',
      'commit: unknown',
      'tag: unknown',
      'branch: unknown',
      '',
    ]);
  });

  it('has what the image was built of, one line each', () => {
    const build = { version: '1.2.3', date: '2026-01-31', commit: 'abc', tag: 'v1\n.2', branch: 'main' };
    const lines = textOf(build);
    expect([lines[1], ...lines.slice(4)]).toEqual([
      'version: 1.2.3',
      'build date: 2026-01-31',
      'commit: abc',
      'tag: v1 .2',
      'branch: main',
      '',
    ]);
  });
});
