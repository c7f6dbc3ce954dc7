import { Injectable, Logger, type OnModuleInit, Optional } from '@nestjs/common';
import { Access } from '../../access/access.js';
import { Configuration } from '../../config/configuration.js';
import { TooManyJobsError } from '../../ogc/domain-errors.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { isGoing } from '../model/dismissal.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';

/** Seconds after which it is worth trying again: jobs end, but not at once. */
const RETRY_AFTER = 10;

/**
 * How many jobs there are that have not ended, and the ceilings of that: `max_jobs` of a process for its own, `server.manager.max_jobs` for
 * those of all processes together that anybody may execute. Jobs that are being made count, so that a burst is not let through; each
 * replica counts those that it makes itself, and the others' once its watch has brought them.
 */
@Injectable()
export class LiveJobs implements OnModuleInit {
  private readonly logger = new Logger(LiveJobs.name);
  /** Names of live jobs by process id. */
  private readonly live = new Map<string, Set<string>>();
  private readonly underWay = new Map<string, number>();

  constructor(
    cache: JobCache,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
    @Optional() private readonly access?: Access,
  ) {
    cache.jobs.subscribe(({ name, record, previous }) => {
      if (previous && (!record || !isLive(record) || previous.processId !== record.processId))
        this.live.get(previous.processId)?.delete(name);
      if (record && isLive(record)) this.namesOf(record.processId).add(name);
    });
  }

  onModuleInit(): void {
    const { maxJobs } = this.configuration.server.manager.jobs;
    const open = this.processes.list().filter((process) => this.isOpen(process) && !process.jobSettings.maxJobs);
    if (maxJobs !== undefined || open.length === 0) return;
    this.logger.warn(
      `${this.configuration.file}: server.manager.max_jobs is not set: anybody may have any number of jobs of ` +
        `${open.length} process(es) that ask for no token (check_auth: false) run at once`,
    );
  }

  /**
   * Counts a job as being made.
   * @returns what ends this, once it is made and the cache knows it, or once it will not be
   * @throws TooManyJobsError where there are as many as may be
   */
  reserve(process: Pick<RegisteredProcess, 'id' | 'requiresToken' | 'jobSettings'>): () => void {
    const { maxJobs: ownLimit } = process.jobSettings;
    const { maxJobs: limit } = this.configuration.server.manager.jobs;
    const own = this.countOf(process.id);
    if (ownLimit !== undefined && own >= ownLimit)
      throw tooMany(
        `${own} jobs of process "${process.id}" have not ended, and ${ownLimit} may be (max_jobs of the process)`,
      );
    if (limit !== undefined && this.isOpen(process)) {
      const all = this.countOfOpen();
      if (all >= limit)
        throw tooMany(
          `${all} jobs of processes that ask for no token have not ended, and ${limit} may be (server.manager.max_jobs)`,
        );
    }
    this.underWay.set(process.id, (this.underWay.get(process.id) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.underWay.get(process.id) ?? 1) - 1;
      if (left > 0) this.underWay.set(process.id, left);
      else this.underWay.delete(process.id);
    };
  }

  /** Whether whoever shows nothing may execute it. */
  private isOpen({ id, requiresToken }: Pick<RegisteredProcess, 'id' | 'requiresToken'>): boolean {
    return this.access?.rules ? this.access.rules.may(undefined, 'execute', id) : !requiresToken;
  }

  private countOfOpen(): number {
    const ids = new Set([...this.live.keys(), ...this.underWay.keys()]);
    return [...ids]
      .filter((id) => {
        const process = this.processes.find(id);
        return process !== undefined && this.isOpen(process);
      })
      .reduce((sum, id) => sum + this.countOf(id), 0);
  }

  private countOf(processId: string): number {
    return (this.live.get(processId)?.size ?? 0) + (this.underWay.get(processId) ?? 0);
  }

  private namesOf(processId: string): Set<string> {
    const names = this.live.get(processId) ?? new Set<string>();
    this.live.set(processId, names);
    return names;
  }
}

/** It takes a place in the cluster, or will: what has ended only waits for its time to live. */
function isLive(job: JobRecord): boolean {
  return !job.condition && !job.outcome && !isGoing(job);
}

function tooMany(what: string): TooManyJobsError {
  return new TooManyJobsError(`${what}; nothing was created. Try again when jobs have ended.`, RETRY_AFTER);
}
