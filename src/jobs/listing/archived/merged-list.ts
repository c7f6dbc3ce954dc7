import type { ArchiveRange } from '../../../archive/records/archive.js';
import { countBefore } from '../../../admission/line/sorted-list.js';
import type { JobRecord, ListPosition } from '../../model/job-record.js';
import type { SortedPosition } from '../job-order.js';
import type { PagePlace } from '../list-cursor.js';

export type Place = ListPosition | SortedPosition;

/** A job in a list. */
export interface Placed {
  readonly place: Place;
  readonly job: JobRecord;
}

/** Jobs of the cluster that match, in the order of the list. */
export interface LiveList {
  readonly places: readonly Place[];
  readonly compare: (a: Place, b: Place) => number;
  /** @param place one of these */
  jobOf(place: Place): JobRecord;
}

/** A part of the list that the archive has, jobs of the cluster among them. */
export type AskArchive = (range: Omit<ArchiveRange, 'order'>) => Promise<readonly ArchivedRow[]>;

export interface ArchivedRow {
  readonly place: Place;
  /** Undefined: it is none of this manager's. */
  readonly job: JobRecord | undefined;
}

/** What a page shows, and whether there is more. */
export interface Shown {
  readonly jobs: readonly Placed[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** Rows that are asked for at the least: some may be of jobs of the cluster. */
const FEW = 10;

/**
 * The jobs of the cluster and those of the archive as one list. Who is in the cluster, whatever is there of it, is not taken from the
 * archive: a job is written to the archive before it leaves the cluster, so that of both, looked at in this order, one has it. Costs what
 * is shown.
 */
export class MergedList {
  /** @param isLive whether the Job of this name was in the cluster when the list of its jobs was made */
  constructor(
    private readonly live: LiveList,
    private readonly ask: AskArchive,
    private readonly isLive: (name: string) => boolean,
  ) {}

  /** @returns undefined where nothing but the beginning of the list, shorter than a page, comes before `before` */
  async page({ after, before, limit }: PagePlace & { readonly limit: number }): Promise<Shown | undefined> {
    if (before) {
      const found = await this.preceding(before, limit + 1);
      const last = found.at(-1);
      if (!last || found.length < limit) return undefined;
      return { jobs: found.slice(-limit), hasPrevious: found.length > limit, hasNext: await this.goesOn(last.place) };
    }
    const found = await this.following(after, limit + 1);
    const first = found[0];
    const hasPrevious = after && first ? await this.hasBegun(first.place) : false;
    return { jobs: found.slice(0, limit), hasPrevious, hasNext: found.length > limit };
  }

  private async goesOn(place: Place): Promise<boolean> {
    return countUpTo(this.live, place) < this.live.places.length || (await this.following(place, 1)).length > 0;
  }

  private async hasBegun(place: Place): Promise<boolean> {
    const { places, compare } = this.live;
    return countBefore(places, place, compare) > 0 || (await this.preceding(place, 1)).length > 0;
  }

  /** The first after a place, or of all. */
  private async following(after: Place | undefined, most: number): Promise<readonly Placed[]> {
    const { live } = this;
    const near = this.liveFrom(after ? countUpTo(live, after) : 0, most);
    const bound = near.length === most ? near.at(-1)?.place : undefined;
    const found: Placed[] = [];
    const limit = Math.max(most, FEW);
    for (let from = after; ;) {
      const range = { limit, ...(from ? { after: from } : {}), ...(bound ? { before: bound } : {}) };
      const rows = await this.ask({ ...range, except: idsOf(near) });
      found.push(...this.gone(rows));
      const last = rows.at(-1)?.place;
      const merged = this.merged(near, found);
      // Nothing that comes later is before those up to the last row.
      const isKnown = (item: Placed | undefined) => item && last && live.compare(item.place, last) <= 0;
      if (!last || rows.length < limit || isKnown(merged[most - 1])) return merged.slice(0, most);
      from = last;
    }
  }

  /** The last before a place, in the order of the list. */
  private async preceding(before: Place, most: number): Promise<readonly Placed[]> {
    const { live } = this;
    const end = countBefore(live.places, before, live.compare);
    const near = this.liveFrom(Math.max(0, end - most), Math.min(end, most));
    const found: Placed[] = [];
    const limit = Math.max(most, FEW);
    for (let to = before; ;) {
      const rows = await this.ask({ limit, before: to, except: idsOf(near) });
      found.unshift(...this.gone(rows));
      const first = rows[0]?.place;
      const merged = this.merged(near, found);
      const isKnown = (item: Placed | undefined) => item && first && live.compare(item.place, first) >= 0;
      if (!first || rows.length < limit || isKnown(merged.at(-most))) return merged.slice(-most);
      to = first;
    }
  }

  /** Those of the cluster. */
  private liveFrom(start: number, most: number): readonly Placed[] {
    const places = this.live.places.slice(start, start + most);
    return places.map((place) => ({ place, job: this.live.jobOf(place) }));
  }

  /** Those that have left the cluster. */
  private gone(rows: readonly ArchivedRow[]): readonly Placed[] {
    return rows.filter((row): row is Placed => row.job !== undefined && !this.isLive(row.place.name));
  }

  private merged(live: readonly Placed[], archived: readonly Placed[]): readonly Placed[] {
    return [...live, ...archived].sort((a, b) => this.live.compare(a.place, b.place));
  }
}

/** How many come before a place, and stand there. */
function countUpTo({ places, compare }: LiveList, place: Place): number {
  const at = countBefore(places, place, compare);
  const found = places[at];
  return found && compare(found, place) === 0 ? at + 1 : at;
}

function idsOf(items: readonly Placed[]): readonly string[] {
  return items.map(({ job }) => job.jobId);
}
