import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/access.js';
import { type SeenJobs, Sight } from '../../access/sight.js';
import { Archive, type ArchiveFilter, processOf, type UsageRow } from '../records/archive.js';
import { Patience } from '../records/patience.js';
import type { UsageReportDto, UsageReportRowDto, UsageSumsDto } from './usage.dto.js';
import type { UsageQuery } from './usage-query.js';

/** Tells what jobs took that callers may know of. */
@Injectable()
export class UsageReports {
  constructor(
    private readonly archive: Archive,
    private readonly sight: Sight,
  ) {}

  /** Ends within two seconds. @throws ArchiveAwayError, SearchTooLongError */
  async of({ by, created }: UsageQuery, caller: Caller): Promise<Omit<UsageReportDto, 'links'>> {
    const { owner, sees } = this.sight.jobsSeenBy(caller) ?? {};
    // Whose jobs are, is told to who sees all of them alone.
    const only = by === 'owner' && !this.sight.seesOwners(caller) ? this.sight.ownerOf(caller) : owner;
    const filter: ArchiveFilter = {
      ...(created ? { created } : {}),
      ...(only === undefined ? {} : { owners: [only] }),
    };
    const patience = new Patience();
    const ofSeen = sees ? { ...filter, seenProcesses: await this.seenProcesses(sees, filter, patience) } : filter;
    const rows = (await patience.for(() => this.archive.usage(by, ofSeen))).toSorted(
      by === 'month' ? (a, b) => (a.key < b.key ? 1 : -1) : (a, b) => b.seconds - a.seconds || (a.key < b.key ? -1 : 1),
    );
    return { by, rows: rows.map(toRow), total: toSums(rows.reduce(added, NOTHING)) };
  }

  /** Of some all jobs were removed: no record names them, and what they took counts all the same. */
  private async seenProcesses(sees: NonNullable<SeenJobs['sees']>, filter: ArchiveFilter, patience: Patience) {
    const processIds = (await patience.for(() => this.archive.usage('process', filter))).map(({ key }) => key);
    return processIds
      .flatMap((processId) => [false, true].map((processUnsigned) => ({ processId, processUnsigned })))
      .filter((process) => sees(processOf(process)));
  }
}

type Sums = Omit<UsageRow, 'key' | 'name'>;

const NOTHING: Sums = { jobs: 0, seconds: 0, cpuSeconds: 0, memoryByteSeconds: 0 };

function added(a: Sums, b: Sums): Sums {
  const both = (left: number | undefined, right: number | undefined) =>
    left === undefined && right === undefined ? undefined : (left ?? 0) + (right ?? 0);
  const usedCpuSeconds = both(a.usedCpuSeconds, b.usedCpuSeconds);
  const usedMemoryByteSeconds = both(a.usedMemoryByteSeconds, b.usedMemoryByteSeconds);
  return {
    jobs: a.jobs + b.jobs,
    seconds: a.seconds + b.seconds,
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    memoryByteSeconds: a.memoryByteSeconds + b.memoryByteSeconds,
    ...(usedCpuSeconds === undefined ? {} : { usedCpuSeconds }),
    ...(usedMemoryByteSeconds === undefined ? {} : { usedMemoryByteSeconds }),
  };
}

function toRow({ key, name, ...sums }: UsageRow): UsageReportRowDto {
  return { key, ...(name === undefined ? {} : { name }), ...toSums(sums) };
}

const GIB = 2 ** 30;

function toSums({ jobs, seconds, cpuSeconds, memoryByteSeconds, ...used }: Sums): UsageSumsDto {
  return {
    jobs,
    hours: hours(seconds),
    processorHours: hours(cpuSeconds),
    memoryGiBHours: hours(memoryByteSeconds / GIB),
    ...(used.usedCpuSeconds === undefined ? {} : { usedProcessorHours: hours(used.usedCpuSeconds) }),
    ...(used.usedMemoryByteSeconds === undefined
      ? {}
      : { usedMemoryGiBHours: hours(used.usedMemoryByteSeconds / GIB) }),
  };
}

/** To the millionth: what a short job took is not nothing. */
function hours(seconds: number): number {
  return Math.round((seconds / 3600) * 1e6) / 1e6;
}
