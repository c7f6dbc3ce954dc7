import { execFileSync, type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { madeOnce } from './made-once.js';

/** Folder with the programs of PostgreSQL; undefined: it is not tested. */
export const POSTGRES: string | undefined = [process.env['TEST_POSTGRES'], '/usr/lib/postgresql/15/bin'].find(
  (folder) => folder && existsSync(join(folder, 'initdb')),
);

/** As whom it runs where the tests run as root, which it refuses. */
const USER = 'postgres';

/** A PostgreSQL that listens on loopback, in a folder of its own. */
export class TestPostgres {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly programs: string,
    readonly folder: string,
    readonly port: number,
  ) {}

  /** @param settings lines for its configuration */
  static async create(settings: readonly string[] = [], parent = tmpdir()): Promise<TestPostgres> {
    if (POSTGRES === undefined)
      throw new Error('there is no PostgreSQL: TEST_POSTGRES names the folder of its programs');
    const folder = mkdtempSync(join(parent, 'postgres-'));
    ownedByPostgres(folder);
    const data = join(folder, 'data');
    // With owners, whom PostgreSQL looks at.
    execFileSync('cp', ['--archive', await initialized(POSTGRES), data]);
    appendFileSync(
      join(data, 'postgresql.conf'),
      ["listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", ...settings, ''].join('\n'),
    );
    const server = new TestPostgres(POSTGRES, folder, await freePort());
    await server.start();
    return server;
  }

  /** Of a database of its own. */
  async database(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      await client.query(`create database ${pg.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
    return this.url(name);
  }

  url(database: string): string {
    return `postgres://archive@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const child = spawn(join(this.programs, 'postgres'), ['-D', join(this.folder, 'data'), '-p', String(this.port)], {
      cwd: this.folder,
      stdio: 'ignore',
      ...user,
    });
    this.child = child;
    while (!(await this.answers())) {
      // Processes of one that was killed may still hold its memory.
      if (child.exitCode !== null) return this.start();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** In order. */
  async stop(): Promise<void> {
    if (!this.child) return;
    const ended = this.ended(this.child);
    this.child.kill('SIGINT');
    await ended;
  }

  /** All of its processes at once. */
  async kill(): Promise<void> {
    if (!this.child) return;
    const ended = this.ended(this.child);
    this.signal('SIGKILL');
    await ended;
  }

  /** To all of its processes: they stand still, or go on, as where the network is cut. */
  signal(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const each of [pid, ...children.map(Number)]) process.kill(each, signal);
  }

  /** From now on nobody comes into this database without one; nobody has one. */
  async requirePassword(database: string): Promise<void> {
    const lines = [`host ${database} all 127.0.0.1/32 scram-sha-256`, 'host all all 127.0.0.1/32 trust', ''];
    writeFileSync(join(this.folder, 'data', 'pg_hba.conf'), lines.join('\n'));
    await this.stop();
    await this.start();
  }

  private async ended(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.child = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 1000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** A folder as `initdb` makes it, which is made once, for that takes long. */
async function initialized(programs: string): Promise<string> {
  const version = execFileSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' });
  const made = await madeOnce('postgres-made', [programs, version], (folder) => {
    ownedByPostgres(folder);
    const settings = ['-U', 'archive', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    run(join(programs, 'initdb'), ['-D', join(folder, 'data'), ...settings]);
  });
  return join(made, 'data');
}

const user = process.getuid?.() === 0 ? idsOf(USER) : undefined;

/** As whom it runs. */
export function ownedByPostgres(path: string): void {
  if (user) chownSync(path, user.uid, user.gid);
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/', ...user });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
