import { describe, expect, it } from '@jest/globals';
import type { Answer } from './delivery-plan.js';
import {
  CALLS_PER_HOST,
  FIRST_REST,
  HostGate,
  LONGEST_REST,
  SILENT_CALLS,
  UNPROVEN_CALLS,
  type Held,
  type Turn,
} from './host-gate.js';

const SILENT: Answer = { text: 'no-answer', verdict: 'retry' };
const TAKEN: Answer = { text: '204', verdict: 'delivered' };
const HOST = 'https://silent.example/hook';

function turn(gate: HostGate, now = 0, uri = HOST): Turn {
  const entered = gate.enter(uri, now);
  if ('wait' in entered) throw new Error(`has to wait for ${entered.wait} ms`);
  return entered;
}

function held(gate: HostGate, now = 0, uri = HOST): Held {
  const entered = gate.enter(uri, now);
  if ('wait' in entered) return entered;
  throw new Error('is not held');
}

function silent(gate: HostGate): void {
  for (let n = 0; n < SILENT_CALLS; n += 1) turn(gate).leave(SILENT, 0);
}

describe('a host that subscribers are at', () => {
  it('has so many calls at a time, whatever path, port or user; others have theirs', () => {
    const gate = new HostGate();
    const turns = Array.from({ length: CALLS_PER_HOST }, () => turn(gate));
    expect(held(gate, 0, 'https://user@silent.example:8443/other').isSilent).toBe(false);
    for (let n = 0; n < 20; n += 1) turn(gate, 0, `https://other-${n}.example/`);
    turns[0]?.leave(TAKEN, 0);
    turn(gate);
  });

  it('is left alone once it does not answer, then tried by one call at a time', () => {
    const gate = new HostGate();
    silent(gate);
    expect(held(gate, 1)).toEqual({ wait: FIRST_REST - 1, isSilent: true });
    const trial = turn(gate, FIRST_REST);
    expect(held(gate, FIRST_REST)).toEqual({ wait: FIRST_REST, isSilent: true });
    trial.leave(SILENT, FIRST_REST);
    expect(held(gate, FIRST_REST).wait).toBe(2 * FIRST_REST);
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
    expect(held(gate, now).wait).toBe(LONGEST_REST);
  });

  it('is not blamed for calls that this server broke off', () => {
    const gate = new HostGate();
    for (let n = 0; n < 10; n += 1) turn(gate).leave(undefined, 0);
    turn(gate);
  });
});

describe('many hosts that do not answer', () => {
  it('keep no place from one that does', () => {
    const gate = new HostGate();
    turn(gate).leave(TAKEN, 0);
    const names = Array.from({ length: UNPROVEN_CALLS }, (_, n) => `https://silent-${n}.example/`);
    const turns = names.map((name) => turn(gate, 0, name));
    expect(held(gate, 0, 'https://another.example/').isSilent).toBe(false);
    for (let n = 0; n < CALLS_PER_HOST; n += 1) turn(gate);
    for (const each of turns) each.leave(SILENT, 0);
    turn(gate, 0, 'https://another.example/');
  });

  it('are not remembered for ever, however many there are', () => {
    const gate = new HostGate();
    const call = (from: number, to: number) => {
      for (let n = from; n < to; n += 1) turn(gate, 0, `https://h${n}.example/`).leave(SILENT, 0);
    };
    silent(gate);
    call(0, 500);
    expect(held(gate).isSilent).toBe(true);
    call(500, 1_500);
    turn(gate);
  });
});
