import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestCluster } from './cluster.js';

const run = promisify(execFile);

/** Runs kubectl in the cluster's namespace. @returns its output; rejects, with what it said, where it fails */
export async function kubectl(cluster: TestCluster, args: readonly string[], input = ''): Promise<string> {
  const running = run('kubectl', ['--kubeconfig', cluster.kubeconfig, '--namespace', cluster.namespace, ...args]);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Applies objects, given as YAML or as objects. */
export async function apply(cluster: TestCluster, objects: string | readonly object[]): Promise<void> {
  const input =
    typeof objects === 'string' ? objects : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await kubectl(cluster, ['apply', '--filename', '-'], input);
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

export function configMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
