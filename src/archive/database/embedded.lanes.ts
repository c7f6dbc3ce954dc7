import { Logger } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Kysely, PGliteDialect } from 'kysely';
import { reasonOf } from './failures.js';
import { FolderLock } from './folder-lock.js';
import { type Lane, type Lanes, STATEMENT } from './lanes.js';
import type { Tables } from './tables.js';

interface Result {
  readonly rows: unknown[];
  readonly affectedRows?: number;
}

type Answer =
  'ready' | ({ readonly id: number } & ({ readonly result: Result } | { readonly failure: { message: string } }));

interface Waiting {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** The file of the thread stands beside this one, whatever it was made into. */
const WORKER = new URL(import.meta.url.replace(/[^/]+(?=\.[jt]s$)/, 'embedded-worker'));
const PACKAGE = '@electric-sql/pglite';
/** A database as it is when it is made, which the image has (scripts/prepare-archive.mjs): to unpack it takes less memory and time. */
const PREPARED = fileURLToPath(new URL('prepared-archive.tar.gz', import.meta.url));

/**
 * PostgreSQL in a thread of this process, in a folder. One statement runs at a time; one that runs for too long ends with the thread, which
 * starts again: as after a crash nothing is lost that was acknowledged.
 */
export class EmbeddedLanes implements Lanes {
  readonly description: string;
  readonly remote = false;
  private readonly logger = new Logger('Archive');
  private readonly lock: FolderLock;
  private readonly lanes = new Map<Lane, Kysely<Tables>>();
  private thread: Thread | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  /**
   * @param prepared file of a database as it is when it is made; where there is none, or it cannot be used, the database is made here
   * @throws Error where the package is not installed, or another process uses the folder
   */
  constructor(
    private readonly folder: string,
    private readonly prepared = PREPARED,
  ) {
    assertInstalled();
    this.lock = FolderLock.take(folder);
    compileOnce();
    this.description = `PostgreSQL in this process, in ${folder}`;
  }

  /** Whoever counts waits for less: to end a statement here is to start PostgreSQL anew, which takes longer than to let it end. */
  lane(lane: Lane): Kysely<Tables> {
    const known = this.lanes.get(lane) ?? this.connect(Math.max(STATEMENT[lane], STATEMENT.searches));
    this.lanes.set(lane, known);
    return known;
  }

  unlimited<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return work(this.connect(Infinity));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
    await this.thread?.close();
    this.lock.release();
  }

  private connect(statement: number): Kysely<Tables> {
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const done = this.turn.then(work);
      this.turn = done.catch(() => undefined);
      return done;
    };
    const query = (text: string, parameters: readonly unknown[] = []) => this.run(text, parameters, statement);
    const pglite = {
      closed: false,
      ready: true,
      waitReady: Promise.resolve(),
      close: async () => undefined,
      query: (text: string, parameters?: readonly unknown[]) => inTurn(() => query(text, parameters)),
      transaction: <T>(work: (transaction: { query: typeof query }) => Promise<T>) =>
        inTurn(async () => {
          await query('begin');
          try {
            const done = await work({ query });
            await query('commit');
            return done;
          } catch (error) {
            await query('rollback').catch(() => undefined);
            throw error;
          }
        }),
    };
    return new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: pglite as never }) });
  }

  private async run(text: string, parameters: readonly unknown[], limit: number): Promise<Result> {
    if (this.closed) throw new Error('the archive is closed');
    const thread = await this.running();
    await thread.ready;
    return thread.query(text, parameters, limit);
  }

  /** Never two at a time, of which each would take the folder for its own. */
  private async running(): Promise<Thread> {
    if (this.thread && !this.thread.alive) await this.thread.ended;
    if (!existsSync(join(this.folder, 'data'))) await this.makeDatabase();
    this.thread = this.thread?.alive ? this.thread : new Thread(this.folder);
    return this.thread;
  }

  /** The memory that it takes goes with its thread. */
  private async makeDatabase(): Promise<void> {
    if (existsSync(this.prepared)) {
      try {
        return await new Thread(this.folder, this.prepared).madeDatabase();
      } catch (error) {
        const reason = reasonOf(error) || 'it is damaged';
        this.logger.warn(
          `${this.prepared} cannot be used (${reason}): the folder of the archive is made without it, which takes longer`,
        );
      }
    }
    await new Thread(this.folder).madeDatabase();
  }
}

/**
 * To optimise what is run often, V8 takes half a gigabyte for some functions of PostgreSQL, where the database itself takes a tenth of a
 * gigabyte. It holds for all WebAssembly of the process that is compiled from now on.
 */
function compileOnce(): void {
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
}

/** @throws Error saying what to install */
export function assertInstalled(find: (name: string) => string = createRequire(import.meta.url).resolve): void {
  try {
    find(PACKAGE);
  } catch (error) {
    const message = `archive: embedded needs the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`;
    throw new Error(message, { cause: error });
  }
}

class Thread {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  alive = true;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(folder: string, prepared?: string) {
    this.worker = new Worker(WORKER, { workerData: { folder, prepared }, execArgv: [], name: 'archive' });
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ready.catch(() => undefined);
    this.worker.on('message', (answer: Answer) => {
      if (answer === 'ready') return ready.resolve();
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ('result' in answer) waiting?.resolve(answer.result);
      else waiting?.reject(Object.assign(new Error(answer.failure.message), answer.failure));
    });
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    let reason: unknown = new Error('the thread of the embedded archive has ended');
    this.worker.on('error', (error) => (reason = error));
    this.worker.on('exit', () => {
      this.alive = false;
      ready.reject(reason);
      for (const { reject } of this.waiting.values()) reject(reason);
      this.waiting.clear();
      ended.resolve();
    });
  }

  /** @param limit milliseconds */
  async query(sql: string, parameters: readonly unknown[], limit: number): Promise<Result> {
    const id = ++this.last;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.waiting.set(id, { resolve, reject });
    this.worker.postMessage({ id, sql, parameters });
    const timer = Number.isFinite(limit) ? setTimeout(() => this.giveUp(id), limit) : undefined;
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async madeDatabase(): Promise<void> {
    await this.ready;
    await this.ended;
  }

  async close(): Promise<void> {
    if (this.alive) this.worker.postMessage('close');
    await this.ended;
  }

  /** There is no other way to end a statement. */
  private giveUp(id: number): void {
    this.alive = false;
    this.waiting.get(id)?.reject(Object.assign(new Error('the statement took too long'), { code: '57014' }));
    this.waiting.delete(id);
    void this.worker.terminate();
  }
}
