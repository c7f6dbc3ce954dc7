import { Injectable } from '@nestjs/common';
import type { Answer } from './delivery-plan.js';

/** Calls of one host at the same time. */
export const CALLS_PER_HOST = 4;
/** Calls at the same time of all hosts that did not answer the last one, or were never called; the others have what is left. */
export const UNPROVEN_CALLS = 32;
/** Calls in a row without an answer after which a host is left alone for a while. */
export const SILENT_CALLS = 3;
/** For how long it is left alone first, doubled after each try without an answer, up to the longest; milliseconds. */
export const FIRST_REST = 5_000;
export const LONGEST_REST = 60_000;
/** When a call that finds no place asks again, milliseconds. */
const TURN = 1_000;
/** So many hosts are remembered; of more the one that was called longest ago is forgotten, which costs some calls. */
const MOST_HOSTS = 1_000;

/** Leave to call a host once. */
export interface Turn {
  /** @param answer undefined where the call was broken off by this server */
  leave(answer: Answer | undefined, now: number): void;
}

/** That a host cannot be called now. */
export interface Held {
  /** In how many milliseconds to ask again. */
  readonly wait: number;
  /** Whether it is left alone, for it does not answer. */
  readonly isSilent: boolean;
}

interface HostState {
  calls: number;
  /** Calls in a row without an answer; undefined before the first. */
  silent: number | undefined;
  restUntil: number;
}

/**
 * A host that does not answer keeps few places and, after some calls in a row, none, so that others' messages are not late. Then one
 * call at a time tries it. A message that has to wait here has not been tried: it is not lost, and no attempt is counted.
 */
@Injectable()
export class HostGate {
  /** By name, the one that was called longest ago first. */
  private readonly hosts = new Map<string, HostState>();
  private unproven = 0;

  /**
   * @param now milliseconds since the epoch
   * @returns a turn, which must be left, or when to ask again
   */
  enter(uri: string, now: number): Turn | Held {
    const host = new URL(uri).hostname;
    const state = this.hosts.get(host) ?? { calls: 0, silent: undefined, restUntil: 0 };
    const isSilent = (state.silent ?? 0) >= SILENT_CALLS;
    if (isSilent && state.calls > 0) return { wait: Math.max(state.restUntil - now, FIRST_REST), isSilent };
    if (isSilent && now < state.restUntil) return { wait: state.restUntil - now, isSilent };
    const isProven = state.silent === 0;
    if (state.calls >= CALLS_PER_HOST || (!isProven && this.unproven >= UNPROVEN_CALLS))
      return { wait: TURN, isSilent: false };
    this.remember(host, state);
    state.calls += 1;
    if (!isProven) this.unproven += 1;
    return {
      leave: (answer, at) => {
        state.calls -= 1;
        if (!isProven) this.unproven -= 1;
        if (answer) judge(state, answer, at);
      },
    };
  }

  private remember(host: string, state: HostState): void {
    this.hosts.delete(host);
    this.hosts.set(host, state);
    if (this.hosts.size <= MOST_HOSTS) return;
    for (const [name, { calls }] of this.hosts) if (calls === 0) return void this.hosts.delete(name);
  }
}

function judge(state: HostState, answer: Answer, now: number): void {
  if (answer.text !== 'no-answer') {
    state.silent = 0;
    return;
  }
  state.silent = (state.silent ?? 0) + 1;
  const tries = Math.min(Math.max(state.silent - SILENT_CALLS, 0), 10);
  state.restUntil = now + Math.min(FIRST_REST * 2 ** tries, LONGEST_REST);
}
