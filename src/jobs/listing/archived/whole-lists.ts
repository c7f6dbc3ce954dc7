import { Injectable } from '@nestjs/common';
import { ArchiveAwayError, type SeenProcess } from '../../../archive/records/archive.js';
import { JobCache } from '../../model/job-cache.js';
import type { StatusCode } from '../../model/job-status.js';
import { type JobListQuery, matches, type Reading } from '../job-list.query.js';
import { type Count, type JobCounts, JobLists, type JobPage, pagesBeside } from '../job-lists.js';
import { JobTally } from '../job-tally.js';
import { ENDS } from './archive-filter.js';
import { type ArchivedList, ArchivedLists } from './archived-lists.js';
import { type LiveMoment, LiveMoments } from './live-moments.js';
import {
  type ArchivedRow,
  type AskArchive,
  type LiveList,
  MergedList,
  type Placed,
  type Shown,
} from './merged-list.js';
import { offsetPage } from './offset-page.js';

/** Jobs on a page at most, where some are in the archive, of which each comes with all that stood on its Job. */
const MOST_SHOWN = 500;
/** Jobs that are counted at most, where some are in the archive. */
const MOST_COUNTED = 10_000;
/** Jobs that may be on their way to the archive while it is counted. */
const MOST_UNDER_WAY = 1_000;
const ENDED: ReadonlySet<string> = new Set(ENDS);

/** What is asked for, and by whom. */
interface Asked {
  readonly query: JobListQuery;
  readonly now: Date;
  readonly reading: Reading;
}

/** Lists of all jobs: those in the cluster, and those that have left it and are in the archive. */
@Injectable()
export class WholeLists {
  private readonly moments: LiveMoments;

  constructor(
    private readonly cache: JobCache,
    private readonly live: JobLists,
    private readonly tally: JobTally,
    private readonly archived: ArchivedLists,
  ) {
    this.moments = new LiveMoments((name) => cache.jobs.get(name) !== undefined);
    cache.jobs.subscribe(this.moments.note);
    cache.jobs.subscribe(({ record, previous }) => {
      if (previous && !record) archived.left(previous);
    });
  }

  /** As {@link JobLists.page}. @throws SearchTooLongError */
  async page(query: JobListQuery, now: Date, reading: Reading): Promise<JobPage> {
    if (!this.archived.mayHave(query)) return this.live.page(query, now, reading);
    try {
      if (reading.isIncomplete) throw new ArchiveAwayError();
      const list = await this.archived.of(query, reading, this.processes());
      const few = { ...query, limit: Math.min(query.limit, MOST_SHOWN) };
      return list ? await this.mergedPage({ query: few, now, reading }, list) : this.live.page(query, now, reading);
    } catch (error) {
      if (!(error instanceof ArchiveAwayError)) throw error;
      const { numberMatched: _some, ...page } = this.live.page(query, now, reading);
      return { ...page, isIncomplete: true };
    }
  }

  /** As {@link JobLists.counts}; causes are of jobs in the cluster alone. */
  async counts(query: JobListQuery, now: Date, reading: Reading): Promise<JobCounts> {
    const live = this.live.counts(query, now, reading);
    const others = { ...query, statuses: undefined, causes: undefined };
    if (!this.archived.mayHave(others) || reading.isIncomplete) return live;
    const underWay = this.underWay(reading);
    const list = await this.archived.of(others, reading, this.processes()).catch(unlessAway);
    if (!list || !underWay) return live;
    const counts = await Promise.all(
      ENDS.map(async (status): Promise<[StatusCode, Count]> => {
        const unarchived = (live.statuses[status] ?? 0) - (live.archived?.[status] ?? 0);
        const counted = await list.count(MOST_COUNTED - unarchived, underWay, status);
        return [status, counted === undefined ? 'many' : counted + unarchived];
      }),
    );
    const statuses = { ...live.statuses, ...Object.fromEntries(counts) };
    return { ...live, all: Object.values(statuses).reduce(sum, 0), statuses, isOfAll: true };
  }

  private async mergedPage({ query, now, reading }: Asked, archived: ArchivedList): Promise<JobPage> {
    const moment = this.moments.now();
    try {
      const list = this.live.list(query, now, reading);
      // Lists of jobs change in their place, and the archive is waited for.
      const live = { ...list, places: list.places.slice() };
      const number = this.number(live, query, reading, archived);
      // Where the page fails nobody waits for it.
      number.catch(() => undefined);
      const shown = await this.shown({ query, now, reading }, live, archived, moment);
      if (!shown) return await this.mergedPage({ query: { ...query, before: undefined }, now, reading }, archived);
      const numberMatched = await number;
      return {
        jobs: shown.jobs.map(({ job }) => this.cache.statusOf(job)),
        ...pagesBeside(query, shown),
        ...(shown.hasPrevious || (query.after && shown.jobs.length === 0) ? {} : { skipped: 0 }),
        ...(query.offset === undefined ? {} : { skipped: query.offset }),
        ...(numberMatched === undefined ? {} : { numberMatched }),
      };
    } finally {
      moment.end();
    }
  }

  private async shown(
    { query, now, reading }: Asked,
    live: LiveList,
    archived: ArchivedList,
    { isLive }: LiveMoment,
  ): Promise<Shown | undefined> {
    if (!query.offset) return new MergedList(live, (range) => archived.rows(range), isLive).page(query);
    const except = this.underWay(reading) ?? [];
    const ask: AskArchive = (range) => archived.rows({ ...range, except });
    const shownAs = (row: ArchivedRow): Placed | undefined => {
      const { place, job } = row;
      const current = isLive(place.name) ? this.cache.jobs.get(place.name) : undefined;
      if (!current) return job && { place, job };
      const isSame = this.tally.stateOf(current).isArchived ?? false;
      return isSame && matches(query, current, this.cache.statusOf(current), now, reading)
        ? { place, job: current }
        : undefined;
    };
    return offsetPage(query.offset, query.limit, {
      unarchived: this.live.unarchived(query, live),
      ask,
      shown: shownAs,
    });
  }

  /** How many match, of both; undefined where that is too many to count, or takes too long. */
  private async number(
    live: LiveList,
    query: JobListQuery,
    reading: Reading,
    archived: ArchivedList,
  ): Promise<number | undefined> {
    const underWay = this.underWay(reading);
    if (!underWay) return undefined;
    const unarchived = this.live.countUnarchived(query, live, reading);
    const counted = await archived.count(MOST_COUNTED - unarchived, underWay);
    return counted === undefined ? undefined : counted + unarchived;
  }

  /** Ids of jobs of which the archive may or may not have a record, or one that is not as they are; undefined: too many. */
  private underWay({ scope }: Reading): readonly string[] | undefined {
    const bins = this.live.states(scope).filter(({ state }) => ENDED.has(state.status) && !state.isArchived);
    if (bins.reduce((sum, { size }) => sum + size, 0) > MOST_UNDER_WAY) return undefined;
    return bins.flatMap((bin) => [...bin.names()]).flatMap((name) => this.cache.jobs.get(name)?.jobId ?? []);
  }

  /** Of the jobs in the cluster. */
  private processes(): readonly SeenProcess[] {
    const { tally } = this;
    return tally.states().map(({ state: { processId, processUnsigned = false } }) => ({ processId, processUnsigned }));
  }
}

function unlessAway(error: unknown): undefined {
  if (!(error instanceof ArchiveAwayError)) throw error;
  return undefined;
}

function sum(all: Count, some: Count): Count {
  return all === 'many' || some === 'many' ? 'many' : all + some;
}
