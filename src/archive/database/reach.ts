import { Logger } from '@nestjs/common';
import { type Kysely, sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { ArchiveAwayError, SearchTooLongError } from '../records/archive.js';
import { failureOf, NoAnswerError, reasonOf } from './failures.js';
import { CALL, type Lane, type Lanes } from './lanes.js';
import { migrate, NewerArchiveError, refuseNewer } from './migrations/migrate.js';
import { SchemaLockedError } from './migrations/migration-lock.js';
import { INSTANCES, type Tables } from './tables.js';

/** Between two looks whether it is there again, milliseconds: at first, and at most. */
const LOOK = 500;
const LOOK_LATER = 5000;

const WRITTEN = 'written';
/** Calls that write records. */
const RECORDED = `records ${WRITTEN}`;

type Work<T> = (db: Kysely<Tables>, instance: number) => Promise<T>;

/** How calls reach the database: each ends in time, and while it is away all fail at once. */
export class Reach {
  private readonly logger = new Logger('Archive');
  private readonly ending = new AbortController();
  /** Number of the instance; undefined until the schema is there. */
  private instance: number | undefined;
  /** Why nothing can be asked. */
  private away: unknown = new Error('it has not answered yet');
  /** Why something could not be done, while others can, and of which calls that was: those that read say nothing of those that write. */
  private unable: { readonly error: unknown; readonly calls: string } | undefined;
  /** What was said of it last. */
  private told: 'away' | 'locked' | undefined;
  private looking: Promise<void> | undefined;
  private probing = false;

  /** @param lockWait milliseconds that a lock of the schema is waited for, before it is tried again */
  constructor(
    private readonly lanes: Lanes,
    private readonly instanceName: string,
    private readonly lockWait?: number,
  ) {}

  get description(): string {
    return this.lanes.description;
  }

  /** What keeps it from working; undefined: nothing. */
  get trouble(): { readonly what: 'away' | 'unable'; readonly reason: string } | undefined {
    if (this.away !== undefined) return { what: 'away', reason: reasonOf(this.away) };
    return this.unable && { what: 'unable', reason: reasonOf(this.unable.error) };
  }

  /**
   * Looks once whether it may be used, and goes on in the background where it is not there.
   * @throws NewerArchiveError
   */
  async start(): Promise<void> {
    try {
      // What is here is waited for, what is elsewhere is not.
      if (!this.lanes.remote) this.instance = await this.prepare();
      else await within(CALL.records, refuseNewer(this.lanes.lane('records')));
    } catch (error) {
      if (error instanceof NewerArchiveError) throw error;
      this.goesAway(error);
    }
    this.look();
    if (!this.lanes.remote && this.instance !== undefined) await this.looking;
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.looking;
    await this.lanes.close();
  }

  /** Of calls that read. @throws ArchiveAwayError; SearchTooLongError in lanes of searches */
  ask<T>(lane: Lane, work: Work<T>): Promise<T> {
    return this.call(lane, lane, work);
  }

  /** Of calls that are to change something. @throws as {@link ask} */
  change<T>(lane: Lane, work: Work<T>): Promise<T> {
    return this.call(lane, `${lane} ${WRITTEN}`, work);
  }

  private async call<T>(lane: Lane, calls: string, work: Work<T>): Promise<T> {
    const { instance } = this;
    if (this.away !== undefined || instance === undefined) throw new ArchiveAwayError(this.away);
    try {
      const answer = await within(CALL[lane], work(this.lanes.lane(lane), instance));
      this.isAble(calls);
      return answer;
    } catch (error) {
      throw this.judged(error, lane, calls);
    }
  }

  private judged(error: unknown, lane: Lane, calls: string): unknown {
    const searching = lane === 'searches' || lane === 'counts';
    if (error instanceof NoAnswerError) {
      // Of a search that takes long nothing follows for what is not searched.
      if (searching) this.probe();
      if (searching) return new SearchTooLongError();
      if (!this.lanes.remote) return new ArchiveAwayError(error);
    }
    const failure = failureOf(error);
    if (failure === 'fault') return error;
    if (failure === 'too-long' && searching) return new SearchTooLongError();
    if (failure === 'away') this.goesAway(error);
    if (failure === 'unable') this.isUnable(error, calls);
    return new ArchiveAwayError(error);
  }

  /** Whether it answers at all. */
  private probe(): void {
    if (!this.lanes.remote || this.probing) return;
    this.probing = true;
    void within(CALL.records, sql`select 1`.execute(this.lanes.lane('records')))
      .catch((error: unknown) => this.goesAway(error))
      .finally(() => (this.probing = false));
  }

  private goesAway(error: unknown): void {
    this.away = error;
    const what = error instanceof SchemaLockedError ? 'locked' : 'away';
    if (this.told !== what) this.logger.warn(`The archive is away (${this.description}): ${reasonOf(error)}`);
    this.told = what;
    this.look();
  }

  private isUnable(error: unknown, calls: string): void {
    if (!this.unable) this.logger.warn(`The archive cannot do all (${this.description}): ${reasonOf(error)}`);
    this.unable = { error, calls: this.unable?.calls === RECORDED ? RECORDED : calls };
  }

  private isAble(calls: string): void {
    if (!this.unable || (this.unable.calls !== calls && calls !== RECORDED)) return;
    this.logger.log('The archive can do all again');
    this.unable = undefined;
  }

  private look(): void {
    this.looking ??= this.lookUntilThere().finally(() => (this.looking = undefined));
  }

  private async lookUntilThere(): Promise<void> {
    for (let pause = LOOK; !this.ending.signal.aborted; pause = Math.min(2 * pause, LOOK_LATER)) {
      try {
        // Always anew: what has been away may be another, or as it was before.
        this.instance = await this.prepare();
        await within(CALL.records, sql`select 1`.execute(this.lanes.lane('records')));
        this.away = undefined;
        if (this.told) this.logger.log(`The archive is there again (${this.description})`);
        this.told = undefined;
        return;
      } catch (error) {
        this.goesAway(error);
        await delay(pause, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    }
  }

  private async prepare(): Promise<number> {
    await this.lanes.unlimited((db) => migrate(db, undefined, this.lockWait));
    const db = this.lanes.lane('records');
    const name = this.instanceName;
    await db
      .insertInto(INSTANCES)
      .values({ name } as never)
      .onConflict((on) => on.doNothing())
      .execute();
    const { id } = await db.selectFrom(INSTANCES).select('id').where('name', '=', name).executeTakeFirstOrThrow();
    return id;
  }
}

/** @throws NoAnswerError */
async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswerError()), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
