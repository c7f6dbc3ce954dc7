import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { USED_RIGHTS } from './client/cluster-rights.js';

const rightsOf = (rules: readonly V1PolicyRule[]): Record<string, string[]> =>
  Object.fromEntries(
    rules.map(({ apiGroups = [], resources = [], verbs }) => [
      [resources.join(), apiGroups.join()].filter(Boolean).join('.'),
      verbs,
    ]),
  );

describe('the Role of k8s-manifests', () => {
  it('grants exactly what the server uses', () => {
    const { rules } = parse(readFileSync('k8s-manifests/base/role.yaml', 'utf8')) as { rules: V1PolicyRule[] };
    expect(rightsOf(rules)).toEqual(USED_RIGHTS);
  });

  it('is divided where jobs run in another namespace: there all but the Lease, which stays with the server', () => {
    const [role] = parseAllDocuments(readFileSync('k8s-manifests/jobs-namespace/role.yaml', 'utf8'));
    const { rules: there } = role?.toJS() as { rules: V1PolicyRule[] };
    const [{ value: here }] = parse(readFileSync('k8s-manifests/components/jobs-namespace/role.yaml', 'utf8')) as [
      { value: V1PolicyRule[] },
    ];
    expect(Object.keys(rightsOf(here))).toEqual(['leases.coordination.k8s.io']);
    expect({ ...rightsOf(there), ...rightsOf(here) }).toEqual(USED_RIGHTS);
  });

  it('is what the README asks for', () => {
    const rows = readFileSync('README.md', 'utf8').matchAll(/^\| `([a-z0-9./]+)` +\| ([a-z, ]+?) +\|/gm);
    const asked = [...rows].map(([, resource = '', verbs = '']) => [resource, verbs.split(', ')]);
    expect(Object.fromEntries(asked)).toEqual(USED_RIGHTS);
  });
});
