import { describe, expect, it } from '@jest/globals';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { ExplainedCauses } from './explained-causes.js';
import type { JobCause } from './job-outcome.js';
import { aJob } from '../testing/records.js';

const cause: JobCause = {
  type: 'non-zero-exit',
  message: 'Container "main" ended with exit code 1.',
  container: 'main',
  exitCode: 1,
};

describe('the cause of a failure', () => {
  const of = (given: JobCause, lines: string | undefined, explain: (lines: string) => string | undefined) =>
    new ExplainedCauses({ find: () => ({ explainFailure: explain }) } as unknown as ProcessRegistry).of(
      aJob(),
      given,
      lines,
    );

  it('has what the processor says of the last lines behind it', () => {
    expect(of(cause, 'line 3', (lines) => `Read: ${lines}.`)).toEqual({
      ...cause,
      message: 'Container "main" ended with exit code 1. Read: line 3.',
    });
  });

  it('stays as it is where the processor says nothing, there are no lines, or another container failed', () => {
    const explain = () => 'something';
    const ofOther: JobCause = { ...cause, container: 'git' };
    const ofMemory: JobCause = { ...cause, type: 'out-of-memory' };
    expect([
      of(cause, 'x', () => undefined),
      of(cause, undefined, explain),
      of(ofOther, 'x', explain),
      of(ofMemory, 'x', explain),
    ]).toEqual([cause, cause, ofOther, ofMemory]);
  });
});
