import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { USED_RIGHTS } from './cluster-rights.js';

describe('the Role of k8s-manifests', () => {
  it('grants exactly what the server uses', () => {
    const { rules } = parse(readFileSync('k8s-manifests/base/role.yaml', 'utf8')) as { rules: V1PolicyRule[] };
    const granted = rules.map(({ apiGroups = [], resources = [], verbs }) => [
      [resources.join(), apiGroups.join()].filter(Boolean).join('.'),
      verbs,
    ]);
    expect(Object.fromEntries(granted)).toEqual(USED_RIGHTS);
  });

  it('is what the README asks for', () => {
    const rows = readFileSync('README.md', 'utf8').matchAll(/^\| `([a-z0-9./]+)` +\| ([a-z, ]+?) +\|/gm);
    const asked = [...rows].map(([, resource = '', verbs = '']) => [resource, verbs.split(', ')]);
    expect(Object.fromEntries(asked)).toEqual(USED_RIGHTS);
  });
});
