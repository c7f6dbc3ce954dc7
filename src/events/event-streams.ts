import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../access/access.js';
import { isOpenBy } from '../access/shares/is-open-by.js';
import { Readers } from '../access/readers.js';
import { Standing } from '../access/standing.js';
import { Configuration } from '../config/configuration.js';
import { isWithin, type JobListQuery, matches, type Reading, type Scope } from '../jobs/listing/job-list.query.js';
import { ListViews } from '../jobs/listing/list-view.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { compareResourceVersions } from '../k8s/informers/resource-version.js';
import { jobIdOf, jobName } from '../k8s/names.js';
import { addVary } from '../ogc/languages.js';
import { Links } from '../ogc/links.js';
import type { EventsQuery } from './event-request.js';
import { EVENTS } from './event-request.js';
import { END, EventStream, type Subject } from './event-stream.js';
import { presentState } from './present-state.js';
import { StatusFeed, type Told } from './status-feed.js';
import { StatusTexts } from './status-texts.js';

/** Seconds of silence after which proxies are taken to cut an answer where nothing else is said. */
const MAX_SILENCE = 30;
/** Milliseconds between looks at whether a client still is who it was. */
const LOOKS = 1_000;
/** Ids that are unknown here and asked of the API server for one request: a job that another replica made a moment ago. */
const MOST_ASKED = 10;

/** Opens streams of events, and keeps them alive. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();
  private readonly heartbeat: NodeJS.Timeout;
  private readonly prefix: string;
  private readonly mostPresent: number;

  constructor(
    private readonly cache: JobCache,
    private readonly feed: StatusFeed,
    private readonly texts: StatusTexts,
    private readonly readers: Readers,
    private readonly links: Links,
    private readonly views: ListViews,
    private readonly standing: Standing,
    { server, environment }: Configuration,
  ) {
    this.prefix = environment.jobNamePrefix;
    this.mostPresent = server.limits.maxItems;
    const silence = (server.manager.followMaxSilence ?? MAX_SILENCE) || MAX_SILENCE;
    this.heartbeat = setInterval(() => this.beat(), (silence * 1000) / 2).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.heartbeat);
  }

  /** @throws JobNotFoundError, UnavailableError */
  async ofJob(jobId: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (hasAll(request)) return noMore(reply);
    const job = await this.cache.get(jobId);
    // Another replica has told more: nothing is told that goes back behind that.
    const last = lastId(request);
    if (last !== undefined && (compareResourceVersions(job.resourceVersion, last) ?? 0) < 0)
      await this.cache.refresh(job);
    const filter = { matches: () => true, couldMatch: () => true, ...this.seenBy(callerOf(request)) };
    return this.open({ names: [job.name], archived: this.archived([job]), ...filter }, request, reply);
  }

  /** @throws UnavailableError */
  async ofJobs({ ids, filters }: EventsQuery, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const reading = await this.views.readingOf(filters, callerOf(request));
    const filter = filterOf(filters, reading);
    if (!ids) {
      const jobs = this.views.jobsFor(reading);
      const present = presentState(this.cache, filters, lastId(request), this.mostPresent, new Date(), reading, jobs);
      return this.open({ ...filter, present }, request, reply);
    }
    if (hasAll(request)) return noMore(reply);
    const names = ids.map((id) => jobName(this.prefix, id));
    const sees = (job: JobRecord) => filter.sees?.(job) ?? true;
    const unknown = ids.filter((_, at) => {
      const job = this.cache.jobs.get(names[at] ?? '');
      return !job || !sees(job);
    });
    const found = await Promise.all(unknown.slice(0, MOST_ASKED).map((id) => this.cache.findSeen(id, sees)));
    return this.open({ ...filter, names, archived: this.archived(found) }, request, reply);
  }

  private async open(subject: Omit<Subject, 'idOf'>, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    void reply.header('content-type', EVENTS).header('cache-control', 'no-store, no-transform');
    void reply.header('x-accel-buffering', 'no');
    addVary(reply, 'Accept');
    if (request.method === 'HEAD') return void (await reply.send());
    this.readers.admitListener(request, reply.raw);
    const idOf = (name: string) => jobIdOf(this.prefix, name) ?? '';
    const { feed, texts } = this;
    const caller = callerOf(request);
    const isStill = now(() => this.standing.holds(caller));
    const reader = { feed, texts, caller, base: this.links.base(request), isStill };
    const stream = new EventStream({ ...subject, idOf }, reader);
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    await reply.send(stream);
  }

  private beat(): void {
    for (const stream of this.streams) stream.beat().catch((error: unknown) => stream.destroy(error as Error));
  }

  private archived(jobs: readonly (JobRecord | undefined)[]): ReadonlyMap<string, Told> {
    const archived = jobs.flatMap((job) => (job?.fromArchive ? [job] : []));
    return new Map(archived.map((job) => [job.name, { job, status: this.cache.statusOf(job) }]));
  }

  /** Of a link for others nothing but its job is seen, whoever has it. */
  private seenBy(caller: Caller): Pick<Subject, 'sees'> {
    const { shared } = caller;
    return shared ? { sees: (job) => isOpenBy(shared, job) } : seenIn(this.views.scopeFor(caller));
  }
}

function seenIn(scope: Scope | undefined): Pick<Subject, 'sees'> {
  return scope ? { sees: (job: JobRecord) => isWithin(scope, job) } : {};
}

/** As it was found to be at most {@link LOOKS} milliseconds ago. */
function now(look: () => Promise<boolean>): () => Promise<boolean> {
  let [at, found] = [-Infinity, Promise.resolve(true)];
  return () => {
    if (performance.now() - at >= LOOKS) [at, found] = [performance.now(), look()];
    return found;
  };
}

function filterOf(query: JobListQuery, reading: Reading): Pick<Subject, 'matches' | 'couldMatch' | 'sees'> {
  return {
    matches: ({ job, status }) => matches(query, job, status, new Date(), reading),
    couldMatch: (job: JobRecord) => matches(query, job, undefined, new Date(), reading),
    ...seenIn(reading.scope),
  };
}

function lastId({ headers }: FastifyRequest): string | undefined {
  return headers['last-event-id'] === undefined ? undefined : String(headers['last-event-id']);
}

function hasAll(request: FastifyRequest): boolean {
  return lastId(request) === END;
}

/** Which a browser takes as the request not to come again (HTML, section 9.2.3). */
async function noMore(reply: FastifyReply): Promise<void> {
  await reply.status(204).header('cache-control', 'no-store').send();
}
