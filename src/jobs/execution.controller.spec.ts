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

  it.each([
    [both, undefined, { synchronous: true, waitSeconds: 20 }],
    [['sync-execute'], 'wait=5', { synchronous: true, waitSeconds: 20 }],
    [both, 'wait=5', { synchronous: true, waitSeconds: 5, applied: 'wait=5' }],
    [both, 'wait=20', { synchronous: true, waitSeconds: 20, applied: 'wait=20' }],
    [both, 'wait=21', { synchronous: true, waitSeconds: 20 }],
    [both, 'respond-async', { synchronous: false, applied: 'respond-async' }],
  ])('of a process that offers %j, with Prefer %j and 20 seconds at the most, is %j', (options, prefer, expected) => {
    expect(chooseMode(options, parsePrefer(prefer), 20)).toEqual(expected);
  });
});
