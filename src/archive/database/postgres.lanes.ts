import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { ArchiveSettings } from '../../config/sections/archive.section.js';
import { BusyError, sqlStateOf } from './failures.js';
import { type Lane, type Lanes, STATEMENT } from './lanes.js';
import type { Tables } from './tables.js';

/** Connections at most, of one replica. */
const CONNECTIONS: Readonly<Record<Lane, number>> = { records: 4, searches: 4, counts: 2, sweeps: 2 };
/** To connect, and to wait for a connection that others use, milliseconds. */
const CONNECT = 700;
/** The same where nobody waits for it. */
const PATIENT = 10_000;
/** Until a connection that nobody uses is closed: the next who asks would wait for another one. */
const IDLE = 300_000;

/** A PostgreSQL of its own. */
export class PostgresLanes implements Lanes {
  readonly description: string;
  readonly remote = true;
  private readonly lanes: Readonly<Record<Lane, Kysely<Tables>>>;

  /** @throws Error where the address cannot be used: of a certificate that is not there, for one */
  constructor(private readonly settings: Pick<ArchiveSettings, 'url' | 'password'>) {
    const { host, port, database } = new pg.Client(this.config(0));
    this.description = `PostgreSQL at ${host}:${port}/${database}`;
    const lane = (name: Lane) => this.connect(CONNECTIONS[name], STATEMENT[name]);
    this.lanes = {
      records: lane('records'),
      searches: lane('searches'),
      counts: lane('counts'),
      sweeps: lane('sweeps'),
    };
  }

  lane(lane: Lane): Kysely<Tables> {
    return this.lanes[lane];
  }

  async unlimited<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const db = this.connect(1, 0);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.lanes).map((db) => db.destroy()));
  }

  private connect(connections: number, statement: number): Kysely<Tables> {
    const pool = new pg.Pool({ ...this.config(statement), max: connections });
    // Connections that break are told of to who uses them; those that nobody uses are made anew.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: soundOnly(pool) }) });
  }

  /** @param statement milliseconds; 0: without limit */
  private config(statement: number): pg.PoolConfig {
    return {
      connectionString: addressOf(this.settings),
      application_name: 'ogc-processes',
      connectionTimeoutMillis: statement === 0 ? PATIENT : CONNECT,
      idleTimeoutMillis: IDLE,
      keepAlive: true,
      // Compiling costs more than what it saves here.
      options: '-c jit=off',
      ...(statement === 0 ? {} : { statement_timeout: statement, query_timeout: statement + 1000 }),
    };
  }
}

/** `sslmode` and `sslrootcert` mean what they mean to PostgreSQL's own clients. */
function addressOf({ url, password }: Pick<ArchiveSettings, 'url' | 'password'>): string {
  const address = new URL(url);
  if (password !== undefined) address.password = encodeURIComponent(password);
  address.searchParams.set('uselibpqcompat', 'true');
  if (address.searchParams.get('sslrootcert') === 'system') {
    address.searchParams.delete('sslrootcert');
    address.searchParams.set('sslmode', 'verify-full');
  }
  return address.href;
}

/** A pool that closes what failed in another way than by an answer of the database, for nobody knows what is still to come on it. */
function soundOnly(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const full = pool.totalCount >= pool.options.max && pool.idleCount === 0;
      const client = await pool.connect().catch((error: unknown) => {
        throw full && String(error).includes('timeout exceeded when trying to connect') ? new BusyError() : error;
      });
      let sound = true;
      const query = (text: string, values: readonly unknown[]) =>
        client.query(text, [...values]).catch((error: unknown) => {
          sound &&= sqlStateOf(error) !== undefined;
          throw error;
        });
      return {
        query,
        release: (destroy?: boolean) => client.release(destroy || !sound),
      } as unknown as PostgresPoolClient;
    },
  };
}
