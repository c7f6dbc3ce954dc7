import {
  Archive,
  ArchiveAwayError,
  type ArchiveFilter,
  type ArchiveRange,
  SearchTooLongError,
  type SeenProcess,
  type UsageBy,
  type UsageRow,
  type Written,
} from '../records/archive.js';
import type { ArchivedJob, Tombstone } from '../records/archived-job.js';
import { cut, matchesFilter } from './archive-matches.js';

interface Removed extends Tombstone {
  /** What is known of it. */
  readonly job?: ArchivedJob;
  /** Whether the store may still hold something of it. */
  readonly isStored: boolean;
}

/** An archive in memory, which can be made to fail. */
export class FakeArchive extends Archive {
  readonly jobs = new Map<string, ArchivedJob>();
  readonly removed = new Map<string, Removed>();
  /** Whether it does not answer. */
  isAway = false;
  /** Whether every search takes too long; what is counted, likewise. */
  isSlow = false;
  /** What was asked of it, and how many records came of that. */
  readonly asked: { readonly call: string; readonly jobs: number }[] = [];
  /** Called before each answer. */
  onAsked: (call: string) => void = () => undefined;

  async find(jobId: string): Promise<ArchivedJob | 'removed' | undefined> {
    this.answer('find');
    return this.removed.has(jobId) ? 'removed' : this.jobs.get(jobId);
  }

  async list(filter: ArchiveFilter, range: ArchiveRange): Promise<readonly ArchivedJob[]> {
    this.onAsked('list');
    if (this.isAway) throw new ArchiveAwayError();
    if (this.isSlow) throw new SearchTooLongError();
    const found = cut(this.matching(filter), range);
    this.asked.push({ call: 'list', jobs: found.length });
    return found;
  }

  async count(filter: ArchiveFilter, most: number, except: readonly string[] = []): Promise<number | undefined> {
    this.answer('count');
    const left = new Set(except);
    const count = this.matching(filter).filter(({ jobId }) => !left.has(jobId)).length;
    return this.isSlow || count > most ? undefined : count;
  }

  async processes(): Promise<readonly SeenProcess[]> {
    this.answer('processes');
    const processes = [...this.jobs.values()].map(
      ({ processId, processUnsigned = false }) =>
        [`${processUnsigned} ${processId}`, { processId, processUnsigned }] as const,
    );
    return [...new Map(processes).values()];
  }

  async ownersCalled(name: string): Promise<readonly string[]> {
    this.answer('ownersCalled');
    const newest = new Map<string, ArchivedJob>();
    for (const job of cut([...this.jobs.values()], { limit: Infinity }))
      if (job.owner !== undefined && !newest.has(job.owner)) newest.set(job.owner, job);
    return [...newest].filter(([owner, job]) => owner === name || job.ownerName === name).map(([owner]) => owner);
  }

  async put(job: ArchivedJob, before?: string): Promise<Written> {
    this.answer('put');
    if (this.removed.has(job.jobId)) return 'removed';
    const known = this.jobs.get(job.jobId);
    if (known && known.uid !== job.uid) return 'superseded';
    if (known && known.state !== before && known.state !== job.state) return 'superseded';
    this.jobs.set(job.jobId, job);
    return 'written';
  }

  async remove(jobId: string, now: Date, job?: ArchivedJob): Promise<boolean> {
    this.answer('remove');
    if (this.removed.has(jobId)) return false;
    const known = this.jobs.get(jobId);
    this.jobs.delete(jobId);
    this.removed.set(jobId, { jobId, removed: now, job: known ?? job, isStored: known !== undefined });
    return known !== undefined;
  }

  async due(
    now: Date,
    limit: number,
  ): Promise<readonly { readonly job: ArchivedJob; readonly why: 'expired' | 'removed' }[]> {
    this.answer('due');
    const expired = [...this.jobs.values()].flatMap((job) =>
      job.resultsExpire && job.resultsExpire <= now ? [{ job, why: 'expired' as const, at: job.resultsExpire }] : [],
    );
    const removed = [...this.removed.values()].flatMap(({ job, isStored, removed: at }) =>
      job && isStored ? [{ job, why: 'removed' as const, at }] : [],
    );
    return [...expired, ...removed]
      .sort((a, b) => a.at.getTime() - b.at.getTime())
      .slice(0, limit)
      .map(({ job, why }) => ({ job, why }));
  }

  async done({ jobId, uid }: ArchivedJob, object?: ArchivedJob['object'], state?: string): Promise<void> {
    this.answer('done');
    const removed = this.removed.get(jobId);
    if (removed) this.removed.set(jobId, { ...removed, isStored: false });
    const known = this.jobs.get(jobId);
    if (known?.uid !== uid) return;
    const { resultsExpire: _over, ...rest } = known;
    this.jobs.set(jobId, { ...rest, ...(object ? { object } : {}), ...(state === undefined ? {} : { state }) });
  }

  async forget(before: Date, limit: number): Promise<readonly ArchivedJob[]> {
    this.answer('forget');
    const old = [...this.jobs.values()].filter(({ finished }) => finished < before).slice(0, limit);
    for (const { jobId } of old) this.jobs.delete(jobId);
    for (const [jobId, { job, removed }] of this.removed)
      if ((job?.finished ?? removed) < before) this.removed.delete(jobId);
    return old;
  }

  async usage(by: UsageBy, { owners, seenProcesses }: ArchiveFilter): Promise<readonly UsageRow[]> {
    this.answer('usage');
    const known = [...this.jobs.values(), ...[...this.removed.values()].flatMap(({ job }) => job ?? [])];
    const asked: ArchiveFilter = { ...(owners ? { owners } : {}), ...(seenProcesses ? { seenProcesses } : {}) };
    const rows = new Map<string, UsageRow>();
    for (const job of cut(known, { limit: Infinity }).filter((job) => matchesFilter(asked, job))) {
      const key = keyOf(by, job);
      rows.set(key, added(rows.get(key) ?? { ...none(key), ...nameOf(by, job) }, job));
    }
    return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private answer(call: string): void {
    this.onAsked(call);
    if (this.isAway) throw new ArchiveAwayError();
    this.asked.push({ call, jobs: 0 });
  }

  private matching(filter: ArchiveFilter): readonly ArchivedJob[] {
    return [...this.jobs.values()].filter((job) => matchesFilter(filter, job));
  }
}

function keyOf(by: UsageBy, { processId, owner = '', finished }: ArchivedJob): string {
  return { process: processId, owner, month: finished.toISOString().slice(0, 7) }[by];
}

function nameOf(by: UsageBy, { ownerName }: ArchivedJob): Pick<UsageRow, 'name'> {
  return by === 'owner' && ownerName !== undefined ? { name: ownerName } : {};
}

function none(key: string): UsageRow {
  return { key, jobs: 0, seconds: 0, cpuSeconds: 0, memoryByteSeconds: 0 };
}

function added(row: UsageRow, { usage }: ArchivedJob): UsageRow {
  const used = (['usedCpuSeconds', 'usedMemoryByteSeconds'] as const).flatMap((name) =>
    row[name] === undefined && usage[name] === undefined ? [] : [[name, (row[name] ?? 0) + (usage[name] ?? 0)]],
  );
  return {
    ...row,
    jobs: row.jobs + 1,
    seconds: row.seconds + usage.seconds,
    cpuSeconds: row.cpuSeconds + usage.cpuSeconds,
    memoryByteSeconds: row.memoryByteSeconds + usage.memoryByteSeconds,
    ...Object.fromEntries(used),
  };
}
