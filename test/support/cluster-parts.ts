import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './wait.js';

const run = promisify(execFile);

export type Part = 'kube-apiserver' | 'kubelet' | 'containerd' | 'versitygw' | 'kube-controller-manager';

/** Program that brings parts of the cluster back which do not run; without it the cluster cannot be disturbed. */
const UP = process.env['CLUSTER_UP'] ?? '';
/** Where the cluster keeps its certificates, logs and process ids. */
export const CLUSTER_STATE = process.env['CLUSTER_STATE'] ?? join(process.env['TMPDIR'] ?? tmpdir(), 'dev-cluster');
export const canDisturbCluster = UP !== '';

const runs = async (pid: number) =>
  (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1]?.[0] !== 'Z';

/** Kills a part of the cluster, as a crash would. */
export async function kill(part: Part): Promise<void> {
  const pid = Number(await readFile(join(CLUSTER_STATE, 'pids', part), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await eventually(`the end of ${part}`, async () => !(await runs(pid)));
}

/** Resolves when all parts run again. */
export async function bringBack(): Promise<void> {
  await run(UP, [], { env: { ...process.env, KUBECONFIG: undefined } });
}

const etcd = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
  const response = await fetch(`http://127.0.0.1:2379/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd answered ${response.status} to ${path}: ${await response.text()}`);
  return (await response.json()) as { header?: { revision?: string } };
};

/** Writes past all that anybody has seen, and then forgets everything before: no watch can go on from where it was. */
export async function compactEtcd(): Promise<void> {
  const key = Buffer.from('/full-test').toString('base64');
  let revision: string | undefined;
  for (let write = 0; write < 3; write += 1) revision = (await etcd('put', { key, value: '' })).header?.revision;
  await etcd('compaction', { revision, physical: true });
}
