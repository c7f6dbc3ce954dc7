import { Injectable } from '@nestjs/common';
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
  ) {}

  /** @param languages best first */
  in(languages: readonly string[]): OverviewData {
    const statuses = new Map<StatusCode, number>();
    for (const { status, jobs } of this.tally.states()) statuses.set(status, (statuses.get(status) ?? 0) + jobs.size);
    const processes = this.registry.list();
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
