import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import type { AccessRules } from '../config/sections/access/access-rules.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { AdmissionLine } from './line/admission-line.js';
import { PriorityCheck } from './priority-check.js';

/** What is said of a process with these settings. */
function saidOf(
  manager: object,
  jobSettings: object,
  priorities: readonly string[] = [],
  rules?: Partial<AccessRules>,
): string[] {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const configuration = {
    file: 'c.yaml',
    server: { manager: { jobs: {}, ...manager } },
    access: { rules },
  } as unknown as Configuration;
  const process = { id: 'p', jobSettings, queueChoices: { names: [], priorities } };
  const processes = { find: () => process, list: () => [process] } as unknown as ProcessRegistry;
  new PriorityCheck(configuration, processes, new AdmissionLine(configuration, processes)).onApplicationBootstrap();
  const said = warn.mock.calls.map(([text]) => String(text));
  warn.mockRestore();
  return said;
}

describe('the check of priorities', () => {
  const queuePriorities = { urgent: 10 };

  it('names each that means nothing in the line, once, with its process', () => {
    expect(
      saidOf({ maxRunning: 1, queuePriorities }, { queuePriority: 'urgnet' }, ['urgnet', 'urgent', 'low']),
    ).toEqual(
      ['urgnet', 'low'].map(
        (name) =>
          `c.yaml: process "p" names the priority "${name}", which is not in server.manager.queue_priorities: ` +
          'in the line its jobs have priority 0',
      ),
    );
    expect(saidOf({ maxRunning: 1, jobs: { queuePriority: 'high' } }, {})).toHaveLength(1);
  });

  it('looks at roles, too, and at jobs that wait because of their limits', () => {
    const role = { name: 'crew', may: [], processes: [], groups: [], subjects: [], limits: { running: 1 } };
    const rules = (more: object) => ({ tokens: [], limits: {}, roles: [{ ...role, ...more }] });
    expect(saidOf({ queuePriorities }, {}, [], rules({ queuePriority: 'low' }))).toEqual([
      expect.stringContaining('role "crew" names the priority "low"'),
    ]);
    for (const more of [{ queuePriority: 'urgent' }, { queuePriority: 'low', queueName: 'gpu' }])
      expect(saidOf({ queuePriorities }, {}, [], rules(more))).toEqual([]);
    expect(saidOf({ queuePriorities }, { queuePriority: 'low' }, [], rules({}))).toHaveLength(1);
  });

  it.each([
    ['known', { maxRunning: 1, queuePriorities }, { queuePriority: 'urgent' }],
    ['none', { maxRunning: 1, jobs: { queuePriority: 'high' } }, { queuePriority: '' }],
    ['of Kueue', { maxRunning: 1 }, { queueName: 'q', queuePriority: 'high' }],
    ['without a line', {}, { queuePriority: 'high' }],
  ])('says nothing of one that is %s', (_, manager, jobSettings) => {
    expect(saidOf(manager, jobSettings)).toEqual([]);
  });
});
