import { describe, expect, it } from '@jest/globals';
import type { Answer } from './delivery-plan.js';
import { CALLS_PER_HOST, FIRST_REST, HostGate, LONGEST_REST, SILENT_CALLS, type Turn } from './host-gate.js';

const SILENT: Answer = { text: 'no-answer', verdict: 'retry' };
const TAKEN: Answer = { text: '204', verdict: 'delivered' };
const HOST = 'https://silent.example/hook';

function turn(gate: HostGate, now = 0): Turn {
  const entered = gate.enter(HOST, now);
  if (typeof entered === 'number') throw new Error(`has to wait for ${entered} ms`);
  return entered;
}

function silent(gate: HostGate): void {
  for (let n = 0; n < SILENT_CALLS; n += 1) turn(gate).leave(SILENT, 0);
}

describe('a host that subscribers are at', () => {
  it('has so many calls at a time, whatever path, port or user; others have theirs', () => {
    const gate = new HostGate();
    const turns = Array.from({ length: CALLS_PER_HOST }, () => turn(gate));
    expect(gate.enter('https://user@silent.example:8443/other', 0)).toBeGreaterThan(0);
    for (let n = 0; n < 20; n += 1)
      expect(gate.enter(`https://other-${n}.example/`, 0)).not.toEqual(expect.any(Number));
    turns[0]?.leave(TAKEN, 0);
    expect(gate.enter(HOST, 0)).not.toEqual(expect.any(Number));
  });

  it('is left alone once it does not answer, then tried by one call at a time', () => {
    const gate = new HostGate();
    silent(gate);
    expect(gate.enter(HOST, 1)).toBe(FIRST_REST - 1);
    const trial = turn(gate, FIRST_REST);
    expect(gate.enter(HOST, FIRST_REST)).toBeGreaterThan(0);
    trial.leave(SILENT, FIRST_REST);
    expect(gate.enter(HOST, FIRST_REST)).toBe(2 * FIRST_REST);
  });

  it('is called as before as soon as it answers, with whatever', () => {
    const gate = new HostGate();
    silent(gate);
    turn(gate, FIRST_REST).leave({ text: '500', verdict: 'retry' }, FIRST_REST);
    for (let n = 0; n < CALLS_PER_HOST; n += 1) turn(gate, FIRST_REST);
  });

  it('is never left alone for longer than a minute', () => {
    const gate = new HostGate();
    silent(gate);
    let now = 0;
    for (let n = 0; n < 40; n += 1) turn(gate, (now += LONGEST_REST)).leave(SILENT, now);
    expect(gate.enter(HOST, now)).toBe(LONGEST_REST);
  });

  it('is not blamed for calls that this server broke off', () => {
    const gate = new HostGate();
    for (let n = 0; n < 10; n += 1) turn(gate).leave(undefined, 0);
    expect(gate.enter(HOST, 0)).not.toEqual(expect.any(Number));
  });
});
