import { Readable } from 'node:stream';
import type { Caller } from '../access/access.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { hasEnded, type PresentState } from './present-state.js';
import type { Before, Listener, StatusFeed, Told } from './status-feed.js';
import { type StatusTexts, type View, VIEWS } from './status-texts.js';

/** Of the last event: whoever has it has all that there will be. */
export const END = 'end';

/** Changes that wait for a listener that does not read; with more it is ended, and comes again to the present state. */
const MOST_WAITING = 10_000;
/** Milliseconds after which a client comes again, and so many more at random, so that not all do at once. */
const RETRY = 1_000;
const RETRY_SPREAD = 2_000;

const HEARTBEAT = ': nothing has changed\n\n';

/** What a stream is about. */
export interface Subject {
  /** Names of the Jobs, which are told first, and with whose ends it ends; undefined: all jobs, without end. */
  readonly names?: readonly string[];
  /** Of these, those that have left the cluster and are in the archive. */
  readonly archived?: ReadonlyMap<string, Told>;
  /** What is told first of all jobs, before an event `present`. */
  readonly present?: PresentState;
  /** Whether a job is one that the client asked for. */
  matches(told: Told): boolean;
  /** Likewise, whatever its status. */
  couldMatch(job: JobRecord): boolean;
  /** Whether there is the job, for the client; undefined: there are all. */
  readonly sees?: (job: JobRecord) => boolean;
  idOf(name: string): string;
}

export interface Reader {
  readonly caller: Caller;
  /** The API's address without trailing slash. */
  readonly base: string;
  readonly feed: StatusFeed;
  readonly texts: StatusTexts;
  /** Whether the client still is who it was when it came. */
  isStill(): Promise<boolean>;
}

/**
 * Server-sent events (HTML, section 9.2) of one client. Nothing is written ahead of its reading: of what changes meanwhile only the name
 * waits, and of each job the last state is told.
 */
export class EventStream extends Readable implements Listener {
  private readonly waiting = new Map<string, Before>();
  /** Told when the client comes, the last one first. */
  private readonly first: string[];
  private presentIsDue: boolean;
  private isWanted = false;
  private isWriting = false;
  private isQuiet = false;
  private hasEnded = false;
  private leave: () => void = () => undefined;
  /** Of a stream of some jobs: how much of each the client reads. */
  private readonly views = new Map<string, View>();
  readonly names?: ReadonlySet<string>;
  /** What was told last of jobs that have left the cluster for the archive: of a stream of all jobs until the client has it. */
  private readonly archived: Map<string, Told>;

  constructor(
    private readonly subject: Subject,
    private readonly reader: Reader,
  ) {
    super({ highWaterMark: 0 });
    this.first = [...(subject.names ?? subject.present?.names ?? [])].reverse();
    this.presentIsDue = subject.present !== undefined;
    if (subject.names) this.names = new Set(subject.names);
    this.archived = new Map(subject.archived);
    this.push(retry());
    this.leave = reader.feed.listen(this);
  }

  override _read(): void {
    this.isWanted = true;
    void this.write();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.hasEnded = true;
    this.leave();
    callback(error);
  }

  mark(name: string, before: Before, gone?: JobRecord, archived?: Told): void {
    if (!this.isSeen(name, before, gone)) return;
    if (archived) this.archived.set(name, archived);
    else this.archived.delete(name);
    // Of what waits already the client has what was told before that.
    if (!this.waiting.has(name)) this.waiting.set(name, before);
    if (this.waiting.size > MOST_WAITING) this.destroy();
    else void this.write();
  }

  /** Called at intervals: says that the stream is there, and looks whether the client may still read what it reads. */
  async beat(): Promise<void> {
    if (this.isQuiet && this.isWanted) this.put(HEARTBEAT);
    this.isQuiet = true;
    if (!this.hasEnded && !(await this.reader.isStill())) return this.end();
    for (const name of this.views.keys()) {
      const told = this.hasEnded ? undefined : this.told(name);
      if (told) await this.viewOf(told, name);
    }
  }

  end(): void {
    this.put(retry());
    this.finish();
  }

  private finish(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.leave();
    this.push(null);
  }

  private async write(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    try {
      while (this.isWanted && !this.hasEnded && this.hasMore()) {
        if (await this.reader.isStill()) this.put(await this.next());
        else this.end();
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.isWriting = false;
    }
  }

  private put(text: string): void {
    if (text === '' || this.hasEnded) return;
    this.isQuiet = false;
    this.isWanted = this.push(text);
  }

  private hasMore(): boolean {
    return this.first.length > 0 || this.presentIsDue || this.waiting.size > 0 || this.areOver();
  }

  /** Whether all jobs of the stream have ended, or are gone. */
  private areOver(): boolean {
    if (!this.names) return false;
    return [...this.names].every((name) => {
      const told = this.told(name);
      return !told || hasEnded(told.status);
    });
  }

  private async next(): Promise<string> {
    const name = this.first.pop();
    if (name !== undefined) return this.eventOf(name, undefined, true);
    if (this.presentIsDue) return this.presentEvent();
    const [change] = this.waiting;
    if (change) {
      const [name, before] = change;
      this.waiting.delete(name);
      const text = await this.eventOf(name, before);
      if (!this.names && !this.waiting.has(name)) this.archived.delete(name);
      return text;
    }
    this.put(event('end', END, '{}'));
    this.finish();
    return '';
  }

  /** @param isFirst the client has just come: it is told of what is not there, too */
  private async eventOf(name: string, before: Before, isFirst = false): Promise<string> {
    const { texts, base } = this.reader;
    const now = this.told(name);
    const known = before === 'nothing' ? undefined : before;
    const couldBeKnown = before === undefined && (!now || this.subject.couldMatch(now.job));
    const wasTold = known ? this.subject.matches(known) : couldBeKnown;
    if (!now) return wasTold || isFirst ? this.goneEvent(name) : '';
    const matches = this.subject.matches(now);
    if (!matches && !wasTold) return '';
    const view = await this.viewOf(now, name);
    const text = texts.of(now.status, view, base);
    if (known && matches === wasTold && text === texts.of(known.status, view, base)) return '';
    return event(matches ? 'status' : 'left', this.idAfter(now), text);
  }

  /** As the feed has it, of a job that there is for the client. */
  private told(name: string): Told | undefined {
    const told = this.reader.feed.told(name) ?? this.archived.get(name);
    return told && (this.subject.sees?.(told.job) ?? true) ? told : undefined;
  }

  /** Whether a change is one of a job that there is for the client, or was. */
  private isSeen(name: string, before: Before, gone: JobRecord | undefined): boolean {
    const { sees } = this.subject;
    if (!sees) return true;
    const job = this.reader.feed.told(name)?.job ?? gone ?? (typeof before === 'object' ? before.job : undefined);
    return job !== undefined && sees(job);
  }

  private goneEvent(name: string): string {
    return event('gone', this.idAfter(undefined), JSON.stringify({ jobID: this.subject.idOf(name) }));
  }

  private presentEvent(): string {
    this.presentIsDue = false;
    const { names = [], numberMatched = 0, isComplete = true } = this.subject.present ?? {};
    const text = JSON.stringify({ numberMatched, numberReturned: names.length, complete: isComplete });
    return event('present', this.idAfter(undefined), text);
  }

  /** How much of the job the client may read; where that is less than it has read, its rights have ended, and so does the stream. */
  private async viewOf({ job }: Told, name: string): Promise<View> {
    const view = await this.reader.texts.viewFor(job, this.reader.caller);
    if (!this.names) return view;
    if (VIEWS.indexOf(view) < VIEWS.indexOf(this.views.get(name) ?? 'short')) this.end();
    this.views.set(name, view);
    return view;
  }

  /**
   * The version of the Job; of a stream of all jobs that up to which the client has been told everything, and none while more waits:
   * what it has last then holds.
   */
  private idAfter(told: Told | undefined): string | undefined {
    // One of the archive has none.
    if (this.names) return told?.job.resourceVersion || undefined;
    const isWhole = this.first.length === 0 && !this.presentIsDue && this.waiting.size === 0;
    return isWhole ? this.reader.feed.cursor : undefined;
  }
}

function event(type: string, id: string | undefined, data: string): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}

function retry(): string {
  return `retry: ${Math.round(RETRY + Math.random() * RETRY_SPREAD)}\n\n`;
}
