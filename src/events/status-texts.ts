import { Injectable } from '@nestjs/common';
import { Access, type Caller } from '../access/access.js';
import { Sight } from '../access/sight.js';
import { toSharedStatusInfo, toShortStatusInfo, toStatusInfo, withOwner } from '../jobs/listing/status-info.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus } from '../jobs/model/job-status.js';

/** How much of a status a caller may read: in the order of it. */
export const VIEWS = ['short', 'shared', 'status', 'status-and-log', 'with-owner'] as const;
export type View = (typeof VIEWS)[number];

/** Views and addresses of which the texts are kept with a status; clients may call the server by many names. */
const MOST_KEPT = 12;

/** Status documents as text: one is written once for each kind of reader, however many there are. */
@Injectable()
export class StatusTexts {
  private readonly texts = new WeakMap<JobStatus, Map<string, string>>();

  constructor(
    private readonly access: Access,
    private readonly sight?: Sight,
  ) {}

  /** As `GET /jobs/{id}` decides it; never rejects. */
  async viewFor(job: JobRecord, caller: Caller): Promise<View> {
    if (!(await this.access.mayReadStatus(job, caller))) return 'short';
    if (caller.shared) return 'shared';
    if (!(await this.access.mayReadLog(job, caller))) return 'status';
    return this.sight?.seesOwners(caller) ? 'with-owner' : 'status-and-log';
  }

  /** One line of JSON. @param base the API's address without trailing slash */
  of(status: JobStatus, view: View, base: string): string {
    const known = this.texts.get(status) ?? new Map<string, string>();
    const key = `${view} ${base}`;
    const text = known.get(key) ?? write(status, view, base);
    if (known.size >= MOST_KEPT) known.clear();
    this.texts.set(status, known.set(key, text));
    return text;
  }

  /** Whether nobody can see a difference. */
  areSame(one: JobStatus, other: JobStatus): boolean {
    return one === other || this.of(one, 'status-and-log', '') === this.of(other, 'status-and-log', '');
  }
}

function write(status: JobStatus, view: View, base: string): string {
  if (view === 'short') return JSON.stringify(toShortStatusInfo(status, base));
  // Texts are kept for all who read the same, who may have other links.
  if (view === 'shared') return JSON.stringify(toSharedStatusInfo(status, base));
  const mayReadLog = view !== 'status';
  const info = toStatusInfo(status, base, mayReadLog, mayReadLog);
  return JSON.stringify(view === 'with-owner' ? withOwner(info, status) : info);
}
