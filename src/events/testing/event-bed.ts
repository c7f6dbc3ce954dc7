import type { JobCache } from '../../jobs/model/job-cache.js';
import { configuration, jobCacheOf } from '../../jobs/testing/job-cache-of.js';
import { LoggedProgress } from '../../jobs/logs/logged-progress.js';
import { QueuePlaces } from '../../queues/queue-places.js';
import { at } from '../../jobs/testing/records.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { ManualClock, settle } from '../../k8s/testing/manual-clock.js';
import type { Access } from '../../access/access.js';
import { EventStream, type Subject } from '../event-stream.js';
import { AskedStates } from '../asked-states.js';
import { StatusFeed } from '../status-feed.js';
import { StatusTexts } from '../status-texts.js';

export const BASE = 'http://server';
const PREFIX = configuration.environment.jobNamePrefix;

/** An event as a client reads it: `type`, then `id` where it has one, then its data. */
export interface ReadEvent {
  readonly type: string;
  readonly id?: string;
  readonly data: { readonly jobID?: string; readonly status?: string; readonly [key: string]: unknown };
}

export const idOf = (number: number) => `0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const nameOf = (number: number) => PREFIX + idOf(number);

/** A feed on a cluster in memory, with a clock that stands still. */
export class EventBed {
  readonly cluster = new FakeCluster();
  /** Names of Jobs that wait in queues of Kueue. */
  private readonly waiting = new Set<string>();
  readonly cache: JobCache = jobCacheOf(this.cluster, undefined, undefined, {
    of: ({ name }) =>
      this.waiting.has(name) ? { jobName: name, jobUid: '', waiting: { reason: 'Pending' } } : undefined,
    onChange: () => undefined as never,
  });
  readonly clock = new ManualClock();
  /** Who may not read all of a status. */
  readonly strangers = new Set<string | undefined>();
  readonly texts = new StatusTexts({
    mayReadStatus: (_job: unknown, { token }: { token?: string }) => Promise.resolve(!this.strangers.has(token)),
    mayReadLog: (_job: unknown, { token }: { token?: string }) => Promise.resolve(token === 'token'),
  } as unknown as Access);
  /** Jobs of all processes print their progress. */
  readonly progress = new LoggedProgress(this.cache, this.cluster.client, {
    find: () => ({ logsProgress: true }),
  } as never);
  readonly places = new QueuePlaces(this.cluster.objectClient, this.cluster.client);
  readonly asked = new AskedStates(this.cache, this.progress, this.places);
  readonly feed = new StatusFeed(this.cache, this.texts, this.asked);

  constructor() {
    for (const part of [this.feed, this.asked, this.progress, this.places]) part.clock = this.clock;
    this.feed.onModuleInit();
  }

  /** Makes or changes a job. @param said its message and progress, where it runs; its outcome, where it has ended, and other annotations of its Job */
  job(
    number: number,
    said: { progress?: number; message?: string; outcome?: string; note?: string; more?: Record<string, string> } = {},
  ): void {
    const { progress, message = 'works', outcome, note, more = {} } = said;
    const name = nameOf(number);
    this.cluster.addJob({
      metadata: {
        name,
        uid: `uid-${number}`,
        creationTimestamp: at(number),
        annotations: {
          'pygeoapi.io/process_id': 'hello',
          'pygeoapi.io/message': message,
          ...(progress === undefined ? {} : { 'pygeoapi.io/progress': String(progress) }),
          'processes.pygeoapi.io/collection': outcome === undefined ? 'pending' : 'done',
          ...(outcome === undefined
            ? {}
            : { 'processes.pygeoapi.io/outcome': JSON.stringify({ status: outcome, finished: at(30).toISOString() }) }),
          ...(note === undefined ? {} : { 'processes.pygeoapi.io/log-start': note }),
          ...more,
        },
      },
      spec: { backoffLimit: 0, template: {} },
    });
  }

  /** Makes a job that waits in a queue of Kueue. */
  wait(number: number, queue: string): void {
    this.waiting.add(nameOf(number));
    this.cluster.addJob({
      metadata: {
        name: nameOf(number),
        uid: `uid-${number}`,
        creationTimestamp: at(number),
        labels: { 'kueue.x-k8s.io/queue-name': queue },
        annotations: { 'pygeoapi.io/process_id': 'hello', 'processes.pygeoapi.io/collection': 'pending' },
      },
      spec: { backoffLimit: 0, suspend: true, template: {} },
    });
  }

  /** Its pod runs. */
  run(number: number): void {
    this.cluster.addPod({
      metadata: {
        name: `${nameOf(number)}-x`,
        uid: `pod-${number}`,
        creationTimestamp: at(1),
        labels: { 'job-name': nameOf(number) },
      },
      spec: { containers: [{ name: 'main' }] },
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'main', state: { running: { startedAt: at(2) } } }] as never,
      },
    });
  }

  /** @param numbers of the jobs that it is about; absent: all, and an event `present` is told first */
  listen(
    numbers?: readonly number[],
    options: Partial<Subject> & { token?: string; isStill?: () => Promise<boolean> } = {},
  ): Client {
    const { token, isStill = () => Promise.resolve(true), ...subject } = options;
    const about = numbers
      ? { names: numbers.map(nameOf) }
      : { present: { names: [], numberMatched: 0, isComplete: true } };
    const caller = { headers: {}, ...(token === undefined ? {} : { token }) };
    return new Client(
      new EventStream(
        {
          ...about,
          matches: () => true,
          couldMatch: () => true,
          idOf: (name) => name.slice(PREFIX.length),
          ...subject,
        },
        { caller, base: BASE, feed: this.feed, texts: this.texts, isStill },
      ),
    );
  }

  /** Lets everything that is due within so many milliseconds happen. */
  async pass(milliseconds = 0): Promise<void> {
    await this.clock.advance(milliseconds);
    await settle();
  }
}

/** A client that reads when it is told to. */
export class Client {
  private rest = '';
  hasEnded = false;
  hasBroken = false;

  constructor(readonly stream: EventStream) {
    stream.on('end', () => (this.hasEnded = true)).on('close', () => (this.hasBroken = !this.hasEnded));
  }

  /** The events that have come since the last call, and comments and `retry` as they are. */
  async read(): Promise<(ReadEvent | string)[]> {
    for (let turn = 0; turn < 20; turn += 1) {
      for (let chunk = this.stream.read() as Buffer | null; chunk; chunk = this.stream.read() as Buffer | null)
        this.rest += chunk.toString();
      await settle();
    }
    const blocks = this.rest.split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map(parse);
  }

  /** Likewise, of a stream of jobs `TYPE NUMBER STATUS PROGRESS`, without comments and `retry`. */
  async told(): Promise<string[]> {
    return (await this.read())
      .filter((event) => typeof event !== 'string')
      .map(({ type, data: { jobID = '', status = '', progress = '' } }) =>
        `${type} ${jobID === '' ? '' : Number(jobID.slice(-12))} ${status} ${String(progress)}`
          .replace(/ +/g, ' ')
          .trim(),
      );
  }
}

function parse(block: string): ReadEvent | string {
  const type = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  const id = /^id: (.*)$/m.exec(block)?.[1];
  if (type === undefined || data === undefined) return block;
  return { type, ...(id === undefined ? {} : { id }), data: JSON.parse(data) as ReadEvent['data'] };
}
