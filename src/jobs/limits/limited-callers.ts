import { Injectable } from '@nestjs/common';
import { Access } from '../../access/access.js';
import { type InputLimit, inputLimitOf } from '../../access/limits/input-limit.js';
import { limitKey } from '../../access/limits/limit-key.js';
import type { Rules } from '../../access/rules/rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { LimitExceededError } from '../../ogc/limit-errors.js';
import { JobCache } from '../model/job-cache.js';
import { CallerUsage } from './caller-usage.js';
import { OwnerSums } from './owner-sums.js';
import { Turnstile } from './turnstile.js';

/** Seconds after which some of those that wait will have started. */
const RETRY_WAITING = 30;
/** Seconds after which results may have expired, or been removed. */
const RETRY_STORED = 600;
/** So many jobs of a caller whose waiting is limited are made at the same time: what replicas do not know of each other. */
const MADE_AT_ONCE = 2;

/** Where a job is to wait: in the server's own line, or in a queue of Kueue. */
export type WaitingPlace = 'line' | 'queue';

/** Refuses executions of callers who have as much as they may. Where there are no roles it refuses none. */
@Injectable()
export class LimitedCallers {
  private readonly rules: Rules | undefined;
  private readonly turnstile = new Turnstile(MADE_AT_ONCE);
  /** Names of jobs that are being made, by owner. */
  private readonly making = new Map<string, Map<string, WaitingPlace>>();
  private readonly ownerOfMaking = new Map<string, string>();

  constructor(
    access: Access,
    cache: JobCache,
    private readonly usage: CallerUsage,
    private readonly owned: OwnerSums,
  ) {
    this.rules = access.rules;
    cache.jobs.subscribe(({ name }) => this.made(name));
  }

  /** Undefined: without limit. */
  inputLimit(identity: Identity | undefined): InputLimit | undefined {
    return inputLimitOf(this.rules, identity);
  }

  /** Counts an execution. @throws LimitExceededError where it is one too many, or too much is stored already */
  submit(identity: Identity | undefined): void {
    if (!this.rules) return;
    const { submissionsPerMinute: perMinute } = this.rules.limitsOf(identity);
    const owner = this.rules.ownerOf(identity);
    if (perMinute !== undefined && !this.usage.rates.take(owner, perMinute)) {
      const key = limitKey(this.rules, identity, 'submissionsPerMinute');
      throw new LimitExceededError(
        `You may execute ${perMinute} times in a minute (${key}), and have; nothing was created.`,
        { name: 'submissions_per_minute', key, limit: perMinute, used: perMinute },
        this.usage.rates.of(owner, perMinute).nextAfter,
      );
    }
    this.assertStore(this.rules, identity);
  }

  /** @throws LimitExceededError where no further job of the caller may wait there; undefined: it does not wait */
  assertRoom(identity: Identity | undefined, place: WaitingPlace | undefined): void {
    const limit = this.rules?.limitsOf(identity).waiting;
    if (!this.rules || limit === undefined || place === undefined) return;
    const more = this.beingMade(this.rules.ownerOf(identity));
    if (place === 'line' && this.usage.startsAtOnce(identity, more.line)) return;
    const used = this.usage.waitingOf(identity, more);
    if (used >= limit) throw tooManyWaiting(this.rules, identity, used, limit);
  }

  /**
   * Makes a job that is to wait there, once there is room for it, and counts it meanwhile.
   * @throws as {@link assertRoom}, and whatever making it does
   */
  async make<T>(
    identity: Identity | undefined,
    place: WaitingPlace | undefined,
    name: string,
    make: () => Promise<T>,
  ): Promise<T> {
    const limit = this.rules?.limitsOf(identity).waiting;
    if (place === undefined || !this.rules || limit === undefined) return make();
    const owner = this.rules.ownerOf(identity);
    const before = this.turnstile.waitingOf(owner);
    const running = this.usage.runningLimitOf(identity) ?? 0;
    if (before >= limit + running + MADE_AT_ONCE) throw tooManyWaiting(this.rules, identity, before, limit);
    return this.turnstile.through(owner, async () => {
      this.assertRoom(identity, place);
      this.making.set(owner, (this.making.get(owner) ?? new Map<string, WaitingPlace>()).set(name, place));
      this.ownerOfMaking.set(name, owner);
      try {
        const made = await make();
        // By then the cache knows it.
        setImmediate(() => this.made(name));
        return made;
      } catch (error) {
        this.made(name);
        throw error;
      }
    });
  }

  private assertStore(rules: Rules, identity: Identity | undefined): void {
    const { storedBytes: limit } = rules.limitsOf(identity);
    const owner = rules.ownerOf(identity);
    const used = this.owned.bytesOf(owner);
    if (limit === undefined || used < limit) return;
    const key = limitKey(rules, identity, 'storedBytes');
    const largest = this.owned.largestOf(owner).map(([jobId, bytes]) => `${jobId} (${bytes} bytes)`);
    throw new LimitExceededError(
      `Results and logs of your jobs take ${used} bytes of the store, and ${limit} may be (${key}); nothing was created. ` +
        `Remove jobs that you need no more (DELETE /jobs/{jobId}); the largest: ${largest.join(', ') || 'none'}.`,
      { name: 'stored_bytes', key, limit, used },
      RETRY_STORED,
    );
  }

  private beingMade(owner: string): { readonly line: number; readonly queue: number } {
    const places = [...(this.making.get(owner)?.values() ?? [])];
    const line = places.filter((place) => place === 'line').length;
    return { line, queue: places.length - line };
  }

  private made(name: string): void {
    const owner = this.ownerOfMaking.get(name);
    if (owner === undefined) return;
    this.ownerOfMaking.delete(name);
    const names = this.making.get(owner);
    names?.delete(name);
    if (names?.size === 0) this.making.delete(owner);
  }
}

function tooManyWaiting(rules: Rules, identity: Identity | undefined, used: number, limit: number): LimitExceededError {
  const key = limitKey(rules, identity, 'waiting');
  return new LimitExceededError(
    `${used} of your jobs wait, and ${limit} may (${key}); nothing was created. Try again when some have started.`,
    { name: 'waiting', key, limit, used },
    RETRY_WAITING,
  );
}
