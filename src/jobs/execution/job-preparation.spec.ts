import { expect, it } from '@jest/globals';
import type { Configuration } from '../../config/configuration.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { JobPreparation } from './job-preparation.js';

it.each([
  [{}, {}, {}, {}],
  [{ queueName: 'all' }, { queueName: 'role' }, {}, { queueName: 'role' }],
  [{}, { queueName: 'role', queuePriority: 'low' }, { queueName: 'own' }, { queueName: 'own', queuePriority: 'low' }],
  [{}, { queueName: 'role' }, { queueName: '' }, { queueName: '' }],
])(
  'the queue of a job is the process’s, before its caller’s roles’, and that of all: %j %j %j',
  (all, roles, own, is) => {
    const configuration = { server: { manager: { jobs: all } } } as Configuration;
    const nothing = Array<never>(7).fill(undefined as never) as [never, never, never, never, never, never, never];
    const process = { jobSettings: own } as RegisteredProcess;
    const preparation = new JobPreparation(...nothing, configuration);
    expect(preparation.settingsOf(process, { inputs: {} }, roles)).toEqual(is);
    const asked = preparation.settingsOf(process, { inputs: {}, queue: { name: 'asked' } }, roles);
    expect(asked.queueName).toBe('asked');
  },
);
