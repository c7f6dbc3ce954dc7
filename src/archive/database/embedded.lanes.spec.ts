import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { sql } from 'kysely';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { ArchiveAwayError, SearchTooLongError } from '../records/archive.js';
import { archivedJob } from '../testing/archived-jobs.js';
import { embeddedFolder, preparedFile, thereIs } from '../testing/open-archive.js';
import { DatabaseArchive } from './database.archive.js';
import { assertInstalled, EmbeddedLanes } from './embedded.lanes.js';
import { Reach } from './reach.js';
import { isSlow } from '../../../test/support/slow-tests.js';

const TESTING = join(import.meta.dirname, '../testing');
const SOURCES = join(import.meta.dirname, '../../../test/support/source-files.mjs');

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await embeddedFolder();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Another server, whose lines are the ids of what it has written. */
function startWriter(round: number, into = folder, ...prepared: readonly string[]): AsyncIterableIterator<string> {
  const flags = ['--experimental-transform-types', '--no-warnings', '--import', SOURCES];
  const program = join(TESTING, 'killed-writer.ts');
  const writer = spawn(process.execPath, [...flags, program, into, String(round), ...prepared], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = writer;
  return createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
}

async function kill(): Promise<void> {
  if (!child) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Of the other server, in MiB. */
function mostMemory(): number {
  const status = readFileSync(`/proc/${child?.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function opened<T>(
  work: (archive: DatabaseArchive, reach: Reach) => Promise<T>,
  instance = 'test',
  lanes = new EmbeddedLanes(folder),
): Promise<T> {
  const reach = new Reach(lanes, instance);
  try {
    await reach.start();
    return await work(new DatabaseArchive(reach), reach);
  } finally {
    await reach.close();
  }
}

/** As a fault in it would end it, once it is at work. */
async function endOfThread(lanes: EmbeddedLanes): Promise<void> {
  interface Thread {
    readonly waiting: ReadonlyMap<number, unknown>;
    readonly worker: Worker;
  }
  const threadOf = () => (lanes as unknown as { readonly thread?: Thread }).thread;
  while (!threadOf()?.waiting.size) await new Promise((resolve) => setTimeout(resolve, 10));
  await threadOf()?.worker.terminate();
}

describe('the embedded archive', () => {
  it('is for one server at a time, which its end lets go of, whatever ends it', async () => {
    const lines = startWriter(0);
    await lines.next();
    expect(() => new EmbeddedLanes(folder)).toThrow(
      `the folder ${folder} of the archive is in use by another server (process ${child?.pid} on `,
    );
    await kill();
    await opened(async (archive) => {
      expect(() => new EmbeddedLanes(folder)).toThrow('in use by another server');
      expect(await archive.find('job-0-0')).toBeDefined();
    });
  });

  it('has all that was acknowledged when its process is killed while it writes', async () => {
    const written: string[] = [];
    for (let round = 0; round < (isSlow ? 4 : 2); round++) {
      const until = written.length + 1 + Math.floor(Math.random() * 60);
      const lines = startWriter(round);
      for await (const line of lines) {
        written.push(line);
        if (written.length === until) await kill();
      }
      await opened(async (archive) => {
        for (const id of written) {
          const number = Number(id.split('-').at(-1));
          const found = await archive.find(id);
          if (number % 5 === 2 && written.includes(id.replace(/\d+$/, String(number + 2))))
            expect(found).toBe('removed');
          else if (found !== 'removed')
            expect(found).toEqual(archivedJob(id, { message: 'It is done. '.repeat(number % 300) }));
          else expect(number % 5).toBe(2);
        }
        expect(await archive.list({}, { limit: 1 })).toHaveLength(1);
      });
    }
  });

  it('keeps the records of each instance apart, and its own, when its process is killed', async () => {
    await opened((archive) => archive.put(archivedJob('of-other')), 'other');
    const lines = startWriter(0);
    await lines.next();
    await kill();
    await opened(async (archive) => {
      expect(await archive.find('job-0-0')).toBeDefined();
      expect(await archive.find('of-other')).toBeUndefined();
    });
    await opened(async (archive) => {
      expect((await archive.list({}, { limit: 9 })).map(({ jobId }) => jobId)).toEqual(['of-other']);
      expect(await archive.find('job-0-0')).toBeUndefined();
    }, 'other');
  });

  it('is prepared anew when its thread ends at a statement, and goes on with its own records', async () => {
    await opened((archive) => archive.put(archivedJob('of-other')), 'other');
    const lanes = new EmbeddedLanes(folder);
    await opened(
      async (archive, reach) => {
        await archive.put(archivedJob('a'));
        for (const round of [1, 2]) {
          const asked = reach.ask('sweeps', (db) =>
            sql`select count(*) from generate_series(1, 100000000000)`.execute(db),
          );
          const failed = expect(asked).rejects.toThrow(ArchiveAwayError);
          await endOfThread(lanes);
          await failed;
          expect(reach.trouble).toMatchObject({ what: 'away', reason: expect.stringContaining('has ended') });
          await thereIs(reach);
          expect(await archive.put(archivedJob(`after-${round}`))).toBe('written');
          expect(await archive.find('a')).toEqual(archivedJob('a'));
          expect(await archive.find('of-other')).toBeUndefined();
        }
        expect(await archive.list({}, { limit: 9 })).toHaveLength(3);
      },
      'test',
      lanes,
    );
  });

  it('takes no more than 450 MiB while it opens and works, its process included', async () => {
    const lines = startWriter(0);
    for (let count = 0; count < 400; count++) await lines.next();
    expect(mostMemory()).toBeLessThan(450);
    await kill();
  });

  it('begins again where its process is killed while it is made', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'archive-'));
    try {
      const ended = startWriter(0, fresh);
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 3000));
      await kill();
      await ended.next();
      const lines = startWriter(1, fresh);
      expect((await lines.next()).value).toBe('job-1-0');
      await kill();
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });

  it('ends a search that takes too long, and goes on', () =>
    opened(async (archive, reach) => {
      await archive.put(archivedJob('a'));
      const endless = reach.ask('searches', (db) =>
        sql`select count(*) from generate_series(1, 100000000000)`.execute(db),
      );
      await expect(endless).rejects.toThrow(SearchTooLongError);
      for (;;) {
        const found = await archive.find('a').catch(() => 'not yet');
        if (found === 'not yet') continue;
        expect(found).toEqual(archivedJob('a'));
        return;
      }
    }));

  it('says what to install where its package is not there', () => {
    const find = () => {
      throw new Error('not found');
    };
    expect(() => assertInstalled(find)).toThrow(
      'archive: embedded needs the package @electric-sql/pglite, which is not installed',
    );
  });
});

describe('the folder of the embedded archive, of what the image brings,', () => {
  let fresh: string;
  beforeEach(() => {
    fresh = mkdtempSync(join(tmpdir(), 'archive-'));
  });
  afterEach(() => rmSync(fresh, { recursive: true }));

  it('is made and worked with in 450 MiB, the process included, and is there when that is killed', async () => {
    const lines = startWriter(0, fresh, await preparedFile());
    for (let count = 0; count < 400; count++) await lines.next();
    expect(mostMemory()).toBeLessThan(450);
    await kill();
    await opened(
      async (archive) => expect(await archive.find('job-0-0')).toEqual(archivedJob('job-0-0', { message: '' })),
      'test',
      new EmbeddedLanes(fresh),
    );
  });

  it('is unpacked again where that was not at its end', async () => {
    const prepared = await preparedFile();
    const data = join(fresh, 'data');
    let interrupted = 0;
    const parts = ['base/1', 'global/pg_control', ...(isSlow ? ['PG_VERSION', 'base/5', 'postmaster.pid'] : [])];
    for (const part of parts) {
      startWriter(0, fresh, prepared);
      while (!existsSync(join(fresh, 'unfinished', part)) && !existsSync(data)) await delay(1);
      await kill();
      if (!existsSync(data)) interrupted++;
      rmSync(data, { recursive: true, force: true });
    }
    expect(interrupted).toBeGreaterThan(0);
    const lines = startWriter(9, fresh, prepared);
    expect((await lines.next()).value).toBe('job-9-0');
    expect(existsSync(join(fresh, 'unfinished'))).toBe(false);
    await kill();
  });

  it.each([
    ['damaged', (content: Buffer) => content.fill(0, 1_000_000, 1_000_100)],
    ['of something else', () => gzipSync(Buffer.alloc(1024))],
  ])('is made without it where that is %s, and says so', async (_, damaged) => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const prepared = join(fresh, 'damaged.tar.gz');
    writeFileSync(prepared, damaged(readFileSync(await preparedFile())));
    try {
      await opened(
        (archive) => expect(archive.put(archivedJob('a'))).resolves.toBe('written'),
        'test',
        new EmbeddedLanes(fresh, prepared),
      );
      expect(warned.mock.calls).toEqual([
        [expect.stringMatching(/damaged\.tar\.gz cannot be used \(.+\): the folder of the archive is made/)],
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});
