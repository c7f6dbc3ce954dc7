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
import { ArchivedJobs } from '../../model/archived/archived-jobs.js';
import type { JobListQuery, Reading } from '../job-list.query.js';
import type { JobOrder } from '../job-order.js';
import { archiveFilterOf, asksForEnded } from './archive-filter.js';
import type { ArchivedRow, Place } from './merged-list.js';
import { Patience } from './patience.js';

/** Milliseconds that it is remembered of which processes there are records: jobs stay in the cluster for longer once they are archived. */
const REMEMBERED = 10_000;

type Processes = readonly SeenProcess[];

/** What of the archive lists ask for. */
@Injectable()
export class ArchivedLists {
  private known: { readonly at: number; readonly processes: Promise<Processes> } | undefined;

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
   * @returns undefined where it has none. @throws ArchiveAwayError
   */
  async of(query: JobListQuery, reading: Reading, live: Processes): Promise<ArchivedList | undefined> {
    const { archive } = this;
    if (!archive || !asksForEnded(query)) return undefined;
    const patience = new Patience();
    const filter = archiveFilterOf(query, reading, [...live, ...(await patience.for(() => this.processes(archive)))]);
    return filter && new ArchivedList(archive, this.jobs, filter, query.order, patience);
  }

  /** As {@link Archive.ownersCalled}; nobody where there is no archive, or no answer. */
  async ownersCalled(name: string): Promise<readonly string[]> {
    const { archive } = this;
    // Which no database keeps in a text.
    if (!archive || name.includes('\0')) return [];
    return unlessAway(() => new Patience().for(() => archive.ownersCalled(name)), []);
  }

  private processes(archive: Archive): Promise<Processes> {
    const now = performance.now();
    if (this.known && now - this.known.at < REMEMBERED) return this.known.processes;
    const asked = { at: now, processes: archive.processes() };
    this.known = asked;
    asked.processes.catch(() => {
      if (this.known === asked) this.known = undefined;
    });
    return asked.processes;
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
    return unlessAway(() => this.patience.for(() => this.archive.count(filter, most, except)), undefined);
  }
}

async function unlessAway<T, D>(ask: () => Promise<T>, otherwise: D): Promise<T | D> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ArchiveAwayError || error instanceof SearchTooLongError) return otherwise;
    throw error;
  }
}

function placeOf(job: ArchivedJob, order: JobOrder | undefined): Place {
  const { created, requestedAt, name } = job;
  return order ? order.positionOf(job, job) : { created, requestedAt, name };
}
