import { describe, expect, it } from '@jest/globals';
import { chooseMode } from './execution.controller.js';
import { parsePrefer } from './prefer.js';

const both = ['sync-execute', 'async-execute'];

describe('the mode of an execution', () => {
  it.each([
    [both, undefined, { synchronous: true }],
    [both, 'respond-async', { synchronous: false, applied: 'respond-async' }],
    [both, 'wait=5', { synchronous: true, waitSeconds: 5, applied: 'wait=5' }],
    [both, 'respond-async, wait=5', { synchronous: false, applied: 'respond-async' }],
    [['async-execute'], undefined, { synchronous: false }],
    [['async-execute'], 'wait=5', { synchronous: false }],
    [['async-execute', 'dismiss'], 'respond-async', { synchronous: false, applied: 'respond-async' }],
    [['sync-execute'], undefined, { synchronous: true }],
    [['sync-execute'], 'respond-async', { synchronous: true }],
    [['sync-execute'], 'wait=5', { synchronous: true }],
  ])('of a process that offers %j, with Prefer %j, is %j', (options, prefer, expected) => {
    expect(chooseMode(options, parsePrefer(prefer))).toEqual(expected);
  });
});
