import { Injectable } from '@nestjs/common';
import type { Answer } from './delivery-plan.js';

/** Calls of one host at the same time. */
export const CALLS_PER_HOST = 4;
/** Calls in a row without an answer after which a host is left alone for a while. */
export const SILENT_CALLS = 3;
/** For how long it is left alone first, doubled after each try without an answer, up to the longest; milliseconds. */
export const FIRST_REST = 5_000;
export const LONGEST_REST = 60_000;
/** When a call that finds no place asks again, milliseconds. */
const TURN = 1_000;
/** So many hosts are remembered that did not answer; of more the oldest is forgotten, which costs some calls. */
const MOST_HOSTS = 1_000;

/** Leave to call a host once. */
export interface Turn {
  /** @param answer undefined where the call was broken off by this server */
  leave(answer: Answer | undefined, now: number): void;
}

interface HostState {
  calls: number;
  silent: number;
  restUntil: number;
}

/**
 * A host that does not answer keeps few places and, after some calls in a row, none, so that others' messages are not late. Then one
 * call at a time tries it. A message that has to wait here has not been tried: it is not lost, and no attempt is counted.
 */
@Injectable()
export class HostGate {
  private readonly hosts = new Map<string, HostState>();

  /**
   * @param now milliseconds since the epoch
   * @returns a turn, which must be left, or in how many milliseconds to ask again
   */
  enter(uri: string, now: number): Turn | number {
    const host = new URL(uri).hostname;
    const state = this.hosts.get(host) ?? { calls: 0, silent: 0, restUntil: 0 };
    const isTried = state.silent >= SILENT_CALLS;
    if (isTried && now < state.restUntil) return Math.max(state.restUntil - now, 1);
    if (state.calls >= (isTried ? 1 : CALLS_PER_HOST)) return TURN;
    this.hosts.set(host, state);
    state.calls += 1;
    return { leave: (answer, at) => this.leave(host, state, answer, at) };
  }

  private leave(host: string, state: HostState, answer: Answer | undefined, now: number): void {
    state.calls -= 1;
    if (answer?.text === 'no-answer') {
      state.silent += 1;
      const tries = Math.min(Math.max(state.silent - SILENT_CALLS, 0), 10);
      state.restUntil = now + Math.min(FIRST_REST * 2 ** tries, LONGEST_REST);
    } else if (answer) state.silent = 0;
    if (state.calls === 0 && state.silent === 0) this.hosts.delete(host);
    if (this.hosts.size <= MOST_HOSTS) return;
    for (const [name, { calls }] of this.hosts) if (calls === 0) return void this.hosts.delete(name);
  }
}
