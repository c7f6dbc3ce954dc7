import { Injectable } from '@nestjs/common';
import { Access } from '../../access/access.js';
import type { Quota } from '../../access/limits/rate-limit-fields.js';
import { SubmissionRates } from '../../access/limits/submission-rates.js';
import type { Rules } from '../../access/rules/rules.js';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import { runningLimitOf } from '../../admission/line/caller-running.js';
import { Configuration } from '../../config/configuration.js';
import type { CallerLimits } from '../../config/sections/access/access-rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { OwnerSums } from './owner-sums.js';

/** What may be had of something, and what is. */
export interface LimitUse {
  /** Absent: without limit. */
  readonly limit?: number;
  /** Absent: it is nothing that adds up. */
  readonly used?: number;
}

export type LimitUses = Readonly<Record<keyof CallerLimits, LimitUse>>;

/** What is used of the limits of callers: as the cluster has it, but for rates, which are this replica's. */
@Injectable()
export class CallerUsage {
  readonly rates = new SubmissionRates();
  private readonly rules: Rules | undefined;

  constructor(
    access: Access,
    private readonly line: AdmissionLine,
    private readonly owned: OwnerSums,
    private readonly configuration: Configuration,
  ) {
    this.rules = access.rules;
  }

  /**
   * @param identity undefined: of those who show nothing, who are one
   * @returns undefined where there are no roles
   */
  of(identity: Identity | undefined): LimitUses | undefined {
    if (!this.rules) return undefined;
    const limits = this.rules.limitsOf(identity);
    const owner = this.rules.ownerOf(identity);
    const { running } = this.line.jobs.countsOf(owner);
    const { submissionsPerMinute: perMinute } = limits;
    const sent = perMinute === undefined ? undefined : perMinute - this.rates.of(owner, perMinute).remaining;
    const use = (limit: number | undefined, used?: number): LimitUse => ({
      ...(limit === undefined ? {} : { limit }),
      ...(used === undefined ? {} : { used }),
    });
    return {
      running: use(this.runningLimitOf(identity), running),
      waiting: use(limits.waiting, this.waitingOf(identity)),
      submissionsPerMinute: use(perMinute, sent),
      inputBytes: use(limits.inputBytes),
      storedBytes: use(limits.storedBytes, this.owned.bytesOf(owner)),
    };
  }

  /** Jobs of theirs that may run at the same time, as their roles say it, or what holds for all callers; undefined: without limit. */
  runningLimitOf(identity: Identity | undefined): number | undefined {
    if (!this.rules) return undefined;
    const limit = runningLimitOf(this.rules, identity, this.configuration.server.manager.maxRunningPerCaller);
    return limit === 'none' ? undefined : limit;
  }

  /**
   * Jobs that wait, those that start with the next round not counted.
   * @param more jobs that are being made, for the line and for queues of Kueue
   */
  waitingOf(identity: Identity | undefined, more: { readonly line: number; readonly queue: number } = NONE): number {
    if (!this.rules) return 0;
    const owner = this.rules.ownerOf(identity);
    const limit = this.runningLimitOf(identity) ?? 0;
    const { waiting, running } = this.line.jobs.countsOf(owner);
    const free = Math.max(0, limit - running);
    return Math.max(0, waiting + more.line - free) + this.owned.queuedOf(owner) + more.queue;
  }

  /** Whether a job of this caller that is made now starts with the next round. */
  startsAtOnce(identity: Identity | undefined, beingMade: number): boolean {
    if (!this.rules) return true;
    const limit = this.runningLimitOf(identity) ?? 0;
    const { waiting, running } = this.line.jobs.countsOf(this.rules.ownerOf(identity));
    return waiting + beingMade < limit - running;
  }

  /** What executions of this caller are refused by, for answers. */
  quotasOf(identity: Identity | undefined): readonly Quota[] {
    if (!this.rules) return [];
    const { submissionsPerMinute, waiting, storedBytes } = this.rules.limitsOf(identity);
    const owner = this.rules.ownerOf(identity);
    const quotas: Quota[] = [];
    if (submissionsPerMinute !== undefined) {
      const { remaining, fullAfter } = this.rates.of(owner, submissionsPerMinute);
      quotas.push({ name: 'submissions', limit: submissionsPerMinute, window: 60, remaining, reset: fullAfter });
    }
    if (waiting !== undefined) {
      const remaining = waiting - this.waitingOf(identity);
      quotas.push({ name: 'waiting', limit: waiting, unit: 'concurrent-requests', remaining });
    }
    if (storedBytes !== undefined) {
      const remaining = storedBytes - this.owned.bytesOf(owner);
      quotas.push({ name: 'stored', limit: storedBytes, unit: 'content-bytes', remaining });
    }
    return quotas;
  }
}

const NONE = { line: 0, queue: 0 };
