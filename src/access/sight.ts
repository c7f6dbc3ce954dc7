import { Injectable } from '@nestjs/common';
import type { Action } from '../config/sections/access/access-rules.js';
import { JobNotFoundError, ProcessNotFoundError, ShareOverError } from '../ogc/domain-errors.js';
import { Access, type OfJob } from './access.js';
import { askForToken } from './ask-for-token.js';
import type { Caller } from './caller.js';
import { isOpenBy } from './shares/is-open-by.js';

/** Which jobs a caller knows of. */
export interface SeenJobs {
  /** Whose, as `ownerOf` says it; undefined: everybody's, and nobody's. */
  readonly owner?: string;
  /** Whether jobs of a process are among them; undefined: of every process. */
  readonly sees?: (job: Pick<OfJob, 'processId' | 'processUnsigned'>) => boolean;
}

/** What callers know of, where roles decide; where they do not, everybody knows of everything. */
@Injectable()
export class Sight {
  constructor(private readonly access: Access) {}

  /** Whether the caller knows of the process: it stands in lists, descriptions and pages. */
  seesProcess(processId: string, { identity }: Caller): boolean {
    return this.access.rules?.may(identity, 'read', processId) ?? true;
  }

  /** Whether the caller knows of the job: it stands in lists, and there is something at its addresses. */
  seesJob(job: OfJob, { identity, shared }: Caller): boolean {
    if (shared) return isOpenBy(shared, job);
    const { owner } = job;
    const processId = this.access.rightsOf(job);
    return this.access.rules?.sees(identity, { processId, ...(owner === undefined ? {} : { owner }) }) ?? true;
  }

  /** As {@link seesJob}, to be asked of many jobs; undefined: the caller knows of all. */
  jobsSeenBy({ identity }: Caller): SeenJobs | undefined {
    const { rules } = this.access;
    if (!rules || rules.isAdmin(identity)) return undefined;
    const known = new Map<string, boolean>();
    const sees: SeenJobs['sees'] = (job) => {
      const processId = this.access.rightsOf(job);
      const before = known.get(processId);
      if (before !== undefined) return before;
      const may = rules.may(identity, 'read', processId);
      known.set(processId, may);
      return may;
    };
    return {
      ...(rules.ownJobs ? { owner: rules.ownerOf(identity) } : {}),
      ...(rules.mayWithAll(identity, 'read') ? {} : { sees }),
    };
  }

  /** Whether the caller may do this with the process, or with the jobs of it that it sees, as far as roles say. */
  may(action: Action, processId: string, { identity }: Caller): boolean {
    return this.access.rules?.may(identity, action, processId) ?? true;
  }

  /** Whether the caller is told whose jobs are. */
  seesOwners({ identity }: Caller): boolean {
    return this.access.rules?.isAdmin(identity) ?? false;
  }

  /** Whose the caller's own jobs are; undefined where there are no roles. */
  ownerOf({ identity }: Caller): string | undefined {
    return this.access.rules?.ownerOf(identity);
  }

  /** Of what is there for all but those of whom nothing is known. @throws UnauthorizedError for these, where they have no role */
  demandSomebody({ identity }: Caller): void {
    const { rules } = this.access;
    if (rules && !identity && rules.rolesOf(undefined).length === 0) throw askForToken();
  }

  /**
   * To be asked of each address that names a process, before anything else is said of it.
   * @throws UnauthorizedError for who shows nothing, whether or not there is such a process; ProcessNotFoundError for others
   */
  demandProcess(processId: string, caller: Caller): void {
    if (this.seesProcess(processId, caller)) return;
    throw caller.identity ? new ProcessNotFoundError(processId) : askForToken();
  }

  /**
   * As {@link demandProcess}, of a job.
   * @param job undefined where there is none
   */
  demandJob(jobId: string, job: OfJob | undefined, caller: Caller): void {
    const { rules } = this.access;
    if (caller.shared && !(job && isOpenBy(caller.shared, job))) throw new ShareOverError();
    if (!rules || (job && this.seesJob(job, caller))) return;
    if (caller.identity) throw new JobNotFoundError(jobId);
    // Who sees all jobs is told which there are not.
    const seesAll = rules.isAdmin(undefined) || (!rules.ownJobs && rules.mayWithAll(undefined, 'read'));
    throw !job && seesAll ? new JobNotFoundError(jobId) : askForToken();
  }
}
