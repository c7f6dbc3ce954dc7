import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access, type Caller, callerOf } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { ArchiveAwayError, SearchTooLongError } from '../../archive/records/archive.js';
import { Patience } from '../../archive/records/patience.js';
import { Configuration, type LocalizedText } from '../../config/configuration.js';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { localize, requestedLanguages } from '../../ogc/languages.js';
import type { Problem } from '../../ogc/problem.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { type JobListQuery, ME, type Reading, type Scope } from './job-list.query.js';
import { ArchivedLists } from './archived/archived-lists.js';
import { WholeLists } from './archived/whole-lists.js';
import { type JobCounts, JobLists } from './job-lists.js';
import type { JobListDto } from './jobs.dto.js';

/** Of a list that a page is made of: what the page shows beside it. A symbol, for it is no part of the JSON. */
export const LIST_VIEW: unique symbol = Symbol('list view');

/** What is shown beside a page of the list. */
export interface ListView {
  /** Undefined where the parameters are at fault. */
  readonly counts?: JobCounts;
  /** How many jobs come before the page; undefined where nobody has counted them. */
  readonly skipped?: number;
  /** Those that there are, by what they are called, in the reader's language. */
  readonly processes: readonly { readonly id: string; readonly title: string }[];
  /** What is wrong with the parameters. */
  readonly problem?: Problem;
}

export type JobListResource = JobListDto & { readonly [LIST_VIEW]?: ListView };

/** What lists and their pages need to know of the caller and of the processes. */
@Injectable()
export class ListViews {
  constructor(
    private readonly access: Access,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
    private readonly lists: JobLists,
    private readonly whole: WholeLists,
    private readonly archived: ArchivedLists,
    private readonly cache: JobCache,
    private readonly sight: Sight,
  ) {}

  /** What the caller may be told of the jobs. @throws InvalidRequestError where jobs have no owners; SearchTooLongError */
  async readingOf(query: JobListQuery, caller: Caller): Promise<Reading> {
    const { text } = query;
    const titled = new Set(text === undefined ? [] : this.titled(text));
    return {
      mayRead: await this.access.statusReader(caller),
      isTitled: (id) => titled.has(id),
      ...(await this.scopeWithArchive(caller, query)),
    };
  }

  /**
   * Which jobs there are for the caller; undefined: all. Of others' only who sees all is told anything, so that nobody can try out who
   * there is.
   * @param asked whose, as the parameter says it
   * @throws InvalidRequestError where jobs have no owners
   */
  scopeFor(caller: Caller, asked?: string): Scope | undefined {
    const { owner, sees } = this.sight.jobsSeenBy(caller) ?? {};
    const all = sees ? { sees } : {};
    if (asked === undefined)
      return owner === undefined && !sees ? undefined : { ...all, ...(owner === undefined ? {} : { owners: [owner] }) };
    const own = this.sight.ownerOf(caller);
    if (own === undefined)
      throw new InvalidRequestError('The parameters of the job list are wrong.', [
        { pointer: 'owner', message: 'is there where roles say who may what (access.roles), which they do not here' },
      ]);
    if (asked === ME) return { ...all, owners: [own] };
    if (this.sight.seesOwners(caller)) return { ...all, owners: this.cache.ownersCalled(asked) };
    const { subject, name } = caller.identity ?? {};
    return { ...all, owners: [own, subject, name].includes(asked) ? [own] : [] };
  }

  /** As {@link scopeFor}, with those whose jobs have all left the cluster, as far as the archive tells. @throws SearchTooLongError */
  private async scopeWithArchive(
    caller: Caller,
    query: JobListQuery,
  ): Promise<Pick<Reading, 'scope' | 'patience' | 'isIncomplete'>> {
    const { owner: asked } = query;
    const scope = this.scopeFor(caller, asked);
    const known = scope ? { scope } : {};
    if (asked === undefined || asked === ME || !this.sight.seesOwners(caller)) return known;
    const patience = new Patience();
    try {
      const called = await this.archived.ownersCalled(asked, patience);
      const gone = called.filter((owner) => this.cache.list(owner).length === 0);
      return { scope: { ...scope, owners: [...(scope?.owners ?? []), ...gone] }, patience };
    } catch (error) {
      const isMissed = error instanceof SearchTooLongError && !this.archived.mayHave(query);
      if (!isMissed && !(error instanceof ArchiveAwayError)) throw error;
      return { ...known, isIncomplete: true };
    }
  }

  /** Those that there are, for the caller; newest first. */
  jobsFor({ scope }: Reading): readonly JobRecord[] {
    return this.lists.within(scope);
  }

  async of(request: FastifyRequest, query: JobListQuery, now: Date, reading: Reading): Promise<ListView> {
    return {
      counts: await this.whole.counts(query, now, reading),
      processes: this.titles(request),
    };
  }

  /** The list where its parameters are at fault: without jobs. */
  faulty(request: FastifyRequest, problem: Problem): JobListResource {
    const view = { skipped: 0, processes: this.titles(request), problem };
    return { jobs: [], links: [], numberMatched: 0, numberReturned: 0, [LIST_VIEW]: view };
  }

  private titles(request: FastifyRequest): ListView['processes'] {
    const languages = requestedLanguages(request, this.configuration.server.languages);
    const caller = callerOf(request);
    return this.processes
      .list()
      .filter(({ id }) => this.sight.seesProcess(id, caller))
      .map(({ id, description }) => ({ id, title: localize(description.title, languages) ?? id }))
      .sort((a, b) => a.title.localeCompare(b.title, languages[0]));
  }

  private titled(text: string): string[] {
    return this.processes
      .list()
      .filter(({ description }) => textsOf(description.title).some((title) => title.toLowerCase().includes(text)))
      .map(({ id }) => id);
  }
}

function textsOf(text: LocalizedText | undefined): readonly string[] {
  return typeof text === 'string' ? [text] : Object.values(text ?? {});
}
