import { describe } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { projectFolder } from './child.js';

const run = promisify(execFile);

/** The program: `HELM`, else `helm` of the PATH. */
const program = process.env['HELM'] || 'helm';
export const hasHelm = spawnSync(program, ['version', '--short']).status === 0;
export const chart = join(projectFolder, 'k8s-manifests/chart');

/** A suite that needs helm; where there is none its name says why it is skipped. */
export function describeWithHelm(name: string, suite: () => void, also = true): void {
  if (hasHelm && also) describe(name, suite);
  else
    describe.skip(hasHelm ? name : `${name} (skipped: no helm in HELM or the PATH; scripts/get-helm gets it)`, suite);
}

/** Runs helm. @param input its standard input @returns its output; rejects, with what it said, where it fails */
export async function helm(args: readonly string[], input = ''): Promise<string> {
  const running = run(program, args, { maxBuffer: 16 * 1024 * 1024 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** The objects of a text of YAML documents. */
export function objectsOf(text: string): Rendered[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** What the chart makes of values, as objects; rejects with what helm says of values that are wrong. */
export async function render(
  values: object = {},
  { release = 'k8s-job-manager', namespace = 'processes' } = {},
): Promise<Rendered[]> {
  const args = ['template', release, chart, '--namespace', namespace, '--values', '-'];
  return objectsOf(await helm(args, JSON.stringify(values)));
}

/** A process of the chart's values. @param command of a shell */
export const processOf = (command: string, more: object = {}) => ({
  type: 'process',
  processor: {
    name: 'pygeoapi_k8s_manager.process.GenericImageProcessor',
    default_image: 'busybox:latest',
    check_auth: false,
    metadata: { title: 'A test', jobControlOptions: ['sync-execute', 'async-execute'] },
    command: ['sh', '-c', command],
    ...more,
  },
});
