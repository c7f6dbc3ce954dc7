import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const project = join(import.meta.dirname, '..', '..');

/** What the linter says of a source file that imports this. */
async function lint(file: string, imported: string): Promise<string> {
  const eslint = join(project, 'node_modules/eslint/bin/eslint.js');
  const child = spawn(process.execPath, [eslint, '--stdin', '--stdin-filename', file], { cwd: project });
  child.stdin.end(`import '${imported}';\n`);
  return text(child.stdout);
}

describe('the import rules', () => {
  it.each([
    ['src/jobs/model/job-status.ts', '../results/job-results.js'],
    ['src/jobs/results/job-results.ts', '../listing/jobs.service.js'],
    ['src/jobs/results/job-results.ts', '../logs/job-logs.js'],
    ['src/jobs/listing/jobs.service.ts', '../execution/execution.service.js'],
    ['src/processes/request/execute-request.ts', '../registry/registered-process.js'],
    ['src/finalizer/job.reconciler.ts', '../jobs/execution/execution.service.js'],
    ['src/k8s/client/api-transport.ts', '../informers/informer.js'],
  ])('let %s not import %s', async (file, imported) => {
    expect(await lint(file, imported)).toContain('restricted zone');
  });

  it('let a room import from what lies beneath it', async () => {
    expect(await lint('src/jobs/results/job-results.ts', '../model/job-status.js')).toBe('');
  });
});
