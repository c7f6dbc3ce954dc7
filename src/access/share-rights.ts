import { Injectable } from '@nestjs/common';
import { Access, type OfJob } from './access.js';
import type { Caller } from './caller.js';
import { SECONDS_OF_DAY, Shares } from './shares/shares.js';

/** What somebody may be asked who wants a link for others. */
export interface ShareOffer {
  /** For how long it may hold. */
  readonly maxDays: number;
  /** Whether they have to show a token first. */
  readonly needsToken: boolean;
}

/** Who may make links of a job for others. */
@Injectable()
export class ShareRights {
  constructor(
    private readonly access: Access,
    private readonly shares: Shares,
  ) {}

  /** Whether the caller may: who may read its results, but where there are roles only its owner, or an admin. @throws MisconfiguredError */
  async mayShare(job: OfJob, caller: Caller): Promise<boolean> {
    const { rules } = this.access;
    const { identity } = caller;
    if (rules && !rules.isAdmin(identity) && (!identity || job.owner !== rules.ownerOf(identity))) return false;
    return this.access.permits(this.access.rightsOf(job), caller, { operation: 'read-results', jobId: job.jobId });
  }

  /** Undefined where there are no links, or none by this caller. */
  async offerFor(job: OfJob, caller: Caller): Promise<ShareOffer | undefined> {
    if (this.shares.whyOff !== undefined || caller.shared) return undefined;
    const mayShare = await this.mayShare(job, caller).catch(() => false);
    const needsToken = !mayShare && !caller.session && !caller.identity;
    return mayShare || needsToken ? { maxDays: this.shares.longest / SECONDS_OF_DAY, needsToken } : undefined;
  }
}
