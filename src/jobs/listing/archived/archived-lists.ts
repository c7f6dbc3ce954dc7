import { Injectable, Optional } from '@nestjs/common';
import {
  Archive,
  ArchiveAwayError,
  type ArchiveFilter,
  type ArchiveRange,
  SearchTooLongError,
  type SeenProcess,
} from '../../../archive/records/archive.js';
import type { ArchivedJob, ArchivedStatus } from '../../../archive/records/archived-job.js';
import { Patience } from '../../../archive/records/patience.js';
import { ArchivedJobs } from '../../model/archived/archived-jobs.js';
import type { JobRecord } from '../../model/job-record.js';
import type { JobListQuery, Reading } from '../job-list.query.js';
import type { JobOrder } from '../job-order.js';
import { archiveFilterOf, asksForEnded } from './archive-filter.js';
import type { ArchivedRow, Place } from './merged-list.js';

/** Milliseconds that it is remembered of which processes there are records. */
const REMEMBERED = 10_000;

type Processes = readonly SeenProcess[];

/** What of the archive lists ask for. */
@Injectable()
export class ArchivedLists {
  private known:
    | { readonly at: number; readonly processes: Promise<Processes>; readonly left: Map<string, SeenProcess> }
    | undefined;

  constructor(
    private readonly jobs: ArchivedJobs,
    @Optional() private readonly archive?: Archive,
  ) {}

  /** Whether a list may have jobs that have left the cluster. */
  mayHave(query: JobListQuery): boolean {
    return this.archive !== undefined && asksForEnded(query);
  }

  /**
   * @param live processes of the jobs in the cluster
   * @returns undefined where it has none. @throws ArchiveAwayError, SearchTooLongError
   */
  async of(query: JobListQuery, reading: Reading, live: Processes): Promise<ArchivedList | undefined> {
    const { archive } = this;
    if (!archive || !asksForEnded(query)) return undefined;
    const { patience = new Patience() } = reading;
    const filter = archiveFilterOf(query, reading, [...live, ...(await patience.for(() => this.processes(archive)))]);
    return filter && new ArchivedList(archive, this.jobs, filter, query.order, patience);
  }

  /** As {@link Archive.ownersCalled}; nobody where there is no archive. @throws ArchiveAwayError, SearchTooLongError */
  async ownersCalled(name: string, patience: Patience): Promise<readonly string[]> {
    const { archive } = this;
    // Which no database keeps in a text.
    if (!archive || name.includes('\0')) return [];
    return patience.for(() => archive.ownersCalled(name));
  }

  /** The Job of a job of this process has left the cluster: there may be the first record of the process. */
  left({ processId, processUnsigned }: Pick<JobRecord, 'processId' | 'processUnsigned'>): void {
    if (this.known && performance.now() - this.known.at >= REMEMBERED) this.known = undefined;
    const process = { processId, processUnsigned: processUnsigned === true };
    this.known?.left.set(`${process.processUnsigned} ${processId}`, process);
  }

  private async processes(archive: Archive): Promise<Processes> {
    const now = performance.now();
    if (!this.known || now - this.known.at >= REMEMBERED) {
      const asked = { at: now, processes: archive.processes(), left: new Map<string, SeenProcess>() };
      this.known = asked;
      asked.processes.catch(() => {
        if (this.known === asked) this.known = undefined;
      });
    }
    const { processes, left } = this.known;
    return [...(await processes), ...left.values()];
  }
}

/** The part of one list that the archive has. */
export class ArchivedList {
  constructor(
    private readonly archive: Archive,
    private readonly jobs: ArchivedJobs,
    private readonly filter: ArchiveFilter,
    private readonly order: JobOrder | undefined,
    private readonly patience: Patience,
  ) {}

  /** @throws ArchiveAwayError, SearchTooLongError */
  async rows(range: Omit<ArchiveRange, 'order'>): Promise<readonly ArchivedRow[]> {
    const order = this.order?.criteria;
    const found = await this.patience.for(() =>
      this.archive.list(this.filter, { ...range, ...(order ? { order } : {}) }),
    );
    return found.map((job) => ({ place: placeOf(job, this.order), job: this.jobs.recordOf(job) }));
  }

  /** As {@link Archive.count}; undefined, too, where there is no answer. @param status of which alone */
  async count(most: number, except: readonly string[], status?: ArchivedStatus): Promise<number | undefined> {
    if (most < 0) return undefined;
    const filter = status === undefined ? this.filter : { ...this.filter, statuses: [status] };
    try {
      return await this.patience.for(() => this.archive.count(filter, most, except));
    } catch (error) {
      if (error instanceof ArchiveAwayError || error instanceof SearchTooLongError) return undefined;
      throw error;
    }
  }
}

function placeOf(job: ArchivedJob, order: JobOrder | undefined): Place {
  const { created, requestedAt, name } = job;
  return order ? order.positionOf(job, job) : { created, requestedAt, name };
}
