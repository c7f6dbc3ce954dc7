import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

const project = join(import.meta.dirname, '..', '..');

/** A linter takes seconds to start: one looks at all. It reads a list of `[FILE, IMPORTED]`, and writes what it has to say of each. */
const LINTER = `
import { ESLint } from 'eslint';
import { json } from 'node:stream/consumers';
const linter = new ESLint();
const said = [];
for (const [filePath, imported] of await json(process.stdin)) {
  const [{ messages }] = await linter.lintText("import '" + imported + "';\\n", { filePath });
  said.push(messages.map(({ message }) => message).join());
}
console.log(JSON.stringify(said));
`;

/** What the linter says of source files that import something. */
async function lint(imports: readonly (readonly [file: string, imported: string])[]): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', LINTER], { cwd: project });
  child.stdin.end(JSON.stringify(imports));
  return json(child.stdout);
}

const REFUSED = [
  ['src/jobs/model/job-status.ts', '../results/job-results.js'],
  ['src/jobs/results/job-results.ts', '../listing/jobs.service.js'],
  ['src/jobs/results/job-results.ts', '../logs/job-logs.js'],
  ['src/jobs/listing/jobs.service.ts', '../execution/execution.service.js'],
  ['src/processes/request/execute-request.ts', '../registry/registered-process.js'],
  ['src/finalizer/job.reconciler.ts', '../jobs/execution/execution.service.js'],
  ['src/k8s/client/api-transport.ts', '../informers/informer.js'],
] as const;

describe('the import rules', () => {
  it('let a room import from what lies beneath it, and from nothing else', async () => {
    const beneath = ['src/jobs/results/job-results.ts', '../model/job-status.js'] as const;
    const refused = REFUSED.map(() => expect.stringContaining('restricted zone'));
    expect(await lint([...REFUSED, beneath])).toEqual([...refused, '']);
  });
});
