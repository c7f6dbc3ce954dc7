import { describe, expect, it } from '@jest/globals';
import { appliedPreferences, chooseMode, longestWait, parsePrefer, type Answered } from './prefer.js';

const both = ['sync-execute', 'async-execute'];

describe('the Prefer header', () => {
  it.each([
    [undefined, { respondAsync: false }],
    ['', { respondAsync: false }],
    ['respond-async', { respondAsync: true }],
    ['Respond-Async', { respondAsync: true }],
    ['respond-async, wait=10', { respondAsync: true, wait: 10 }],
    [['respond-async', 'wait=10'], { respondAsync: true, wait: 10 }],
    ['wait = "7" ; x=y , return=minimal', { respondAsync: false, wait: 7, return: 'minimal' }],
    [',, respond-async,, handling="strict",', { respondAsync: true, handling: 'strict' }],
    ['wait=1, wait=2', { respondAsync: false, wait: 1 }],
    ['wait=soon, return=everything, handling=careful', { respondAsync: false }],
    ['wait=-1', { respondAsync: false }],
    ['wait', { respondAsync: false, waits: true }],
    ['foo="a, respond-async"', { respondAsync: false }],
    ['foo="a\\", respond-async"', { respondAsync: false }],
    ['foo=bar; baz="a, respond-async"; x, wait=3', { respondAsync: false, wait: 3 }],
    ['respond-async; a; b="c", return = representation', { respondAsync: true, return: 'representation' }],
  ])('%j says %j', (header, expected) => {
    expect(parsePrefer(header)).toEqual(expected);
  });

  it('is read in no time, whatever it is', () => {
    const long = `foo=bar;${'"a" '.repeat(20_000)}\\`;
    expect(parsePrefer(`${long}, respond-async`)).toEqual({ respondAsync: true });
  });
});

describe('the mode of an execution', () => {
  it.each([
    [both, undefined, { synchronous: true }],
    [both, 'respond-async', { synchronous: false }],
    [both, 'wait=5', { synchronous: true, waitSeconds: 5, waitsAsPreferred: true }],
    [both, 'respond-async, wait=5', { synchronous: true, waitSeconds: 5, waitsAsPreferred: true }],
    [both, 'respond-async, wait=0', { synchronous: false }],
    [['async-execute'], undefined, { synchronous: false }],
    [['async-execute'], 'wait=5', { synchronous: false }],
    [['async-execute', 'dismiss'], 'respond-async, wait=5', { synchronous: false }],
    [['sync-execute'], undefined, { synchronous: true }],
    [['sync-execute'], 'respond-async', { synchronous: true }],
    [['sync-execute'], 'wait=5', { synchronous: true }],
  ])('of a process that offers %j, with Prefer %j, is %j', (options, prefer, expected) => {
    expect(chooseMode(options, parsePrefer(prefer))).toEqual(expected);
  });

  it.each([
    [both, undefined, { synchronous: true, waitSeconds: 20 }],
    [['sync-execute'], 'wait=5', { synchronous: true, waitSeconds: 20 }],
    [both, 'wait=5', { synchronous: true, waitSeconds: 5, waitsAsPreferred: true }],
    [both, 'wait=20', { synchronous: true, waitSeconds: 20, waitsAsPreferred: true }],
    [both, 'wait=21', { synchronous: true, waitSeconds: 20 }],
    [both, 'respond-async', { synchronous: false }],
  ])('of a process that offers %j, with Prefer %j and 20 seconds at the most, is %j', (options, prefer, expected) => {
    expect(chooseMode(options, parsePrefer(prefer), 20)).toEqual(expected);
  });
});

describe('a process that is waited for where the client prefers that', () => {
  const asynchronous = ['async-execute', 'dismiss'];
  const job = { synchronous: false };

  it.each([
    [undefined, false, job],
    ['respond-async', false, job],
    ['wait=0', false, job],
    ['return=minimal', false, job],
    ['wait=5', false, { synchronous: true, waitSeconds: 5, waitsAsPreferred: true }],
    ['respond-async, wait=5', false, { synchronous: true, waitSeconds: 5, waitsAsPreferred: true }],
    ['wait=30', false, { synchronous: true, waitSeconds: 20 }],
    ['wait', false, { synchronous: true, waitSeconds: 20 }],
    [undefined, true, { synchronous: true, waitSeconds: 20 }],
    ['respond-async', true, job],
  ])('answers Prefer %j, with "mode": "sync" in the body: %j, as %j', (prefer, asksForSync, expected) => {
    const how = { waitsWhereAsked: true, asksForSync };
    expect(chooseMode(asynchronous, parsePrefer(prefer), 20, how)).toEqual(expected);
    expect(chooseMode(asynchronous, parsePrefer(prefer), 20, { asksForSync })).toEqual(job);
  });
});

describe('the longest wait', () => {
  it.each([
    [both, undefined, undefined, undefined],
    [both, undefined, 45, 45],
    [both, 600, 45, 600],
    [both, 5, undefined, 5],
    [['sync-execute'], undefined, 45, undefined],
    [['sync-execute', 'dismiss'], 600, 45, 600],
  ])('for a process that offers %j, whose own is %s and the server’s %s, is %s', (options, own, general, expected) => {
    expect(longestWait(options, own, general)).toBe(expected);
  });
});

describe('Preference-Applied', () => {
  const values: Answered = { references: 'none' };
  const links: Answered = { references: 'all' };
  const mixed: Answered = { references: 'some' };
  it.each<[string, Answered, string | undefined]>([
    ['foo', 'job', undefined],
    ['respond-async', 'job', 'respond-async'],
    ['wait=5', values, 'wait=5'],
    ['wait=5', 'job', 'wait=5'],
    ['wait=21', 'job', undefined],
    ['respond-async, wait=5', values, 'wait=5'],
    ['wait=5, respond-async', 'job', 'respond-async, wait=5'],
    ['return=minimal', links, 'return=minimal'],
    ['return=minimal', mixed, undefined],
    ['return=minimal', values, undefined],
    ['return=minimal', 'job', undefined],
    ['return=representation', values, 'return=representation'],
    ['return=representation', mixed, undefined],
    ['respond-async, return=representation', 'job', 'respond-async, return=representation'],
    ['handling=strict', values, 'handling=strict'],
    ['handling=lenient', values, undefined],
  ])('of %s, answered with %j, is %j', (prefer, answered, expected) => {
    const preferences = parsePrefer(prefer);
    expect(appliedPreferences(preferences, chooseMode(both, preferences, 20), answered)).toBe(expected);
  });

  it('says nothing of what a process that has one mode only could not do', () => {
    const preferences = parsePrefer('respond-async, wait=5');
    expect(appliedPreferences(preferences, chooseMode(['sync-execute'], preferences), values)).toBeUndefined();
    expect(appliedPreferences(preferences, chooseMode(['async-execute'], preferences), 'job')).toBe('respond-async');
  });
});
