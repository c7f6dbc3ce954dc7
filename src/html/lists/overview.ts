import { Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { callerOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { JobTally } from '../../jobs/listing/job-tally.js';
import type { StatusCode } from '../../jobs/model/job-status.js';
import { localize, localizeKeywords } from '../../ogc/languages.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';

/** Processes that the landing page shows; the list has them all. */
const SHOWN = 12;

/** What a visitor sees first of a server. */
export interface OverviewData {
  /** How many jobs are in each state. */
  readonly statuses: Readonly<Partial<Record<StatusCode, number>>>;
  /** The first ones, in the order of the configuration. */
  readonly processes: readonly {
    readonly id: string;
    readonly title?: string;
    readonly description?: string;
    readonly keywords?: readonly string[];
  }[];
  /** How many processes there are. */
  readonly numberOfProcesses: number;
}

/** Tells what there is on the server, in a language. */
@Injectable()
export class Overview {
  constructor(
    private readonly registry: ProcessRegistry,
    private readonly tally: JobTally,
    private readonly sight: Sight,
  ) {}

  /** Of what who asks knows of. @param languages best first */
  in(languages: readonly string[], request: { readonly headers: IncomingHttpHeaders }): OverviewData {
    const caller = callerOf(request);
    const { owner, sees } = this.sight.jobsSeenBy(caller) ?? {};
    const statuses = new Map<StatusCode, number>();
    for (const { state, size } of this.tally.states(owner === undefined ? undefined : [owner]))
      if (sees?.(state) ?? true) statuses.set(state.status, (statuses.get(state.status) ?? 0) + size);
    const processes = this.registry.list().filter(({ id }) => this.sight.seesProcess(id, caller));
    return {
      statuses: Object.fromEntries(statuses),
      processes: processes.slice(0, SHOWN).map(({ id, description: { title, description, keywords } }) => ({
        id,
        title: localize(title, languages),
        description: localize(description, languages),
        keywords: localizeKeywords(keywords, languages),
      })),
      numberOfProcesses: processes.length,
    };
  }
}
