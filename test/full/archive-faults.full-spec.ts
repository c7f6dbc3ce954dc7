import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import { ArchiveAwayError } from '../../src/archive/records/archive.js';
import { archivedJob } from '../../src/archive/testing/archived-jobs.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { eventually } from '../support/wait.js';

let server: TestPostgres;
const open: Reach[] = [];
beforeEach(async () => {
  server = await TestPostgres.create();
});
afterEach(async () => {
  for (const reach of open.splice(0)) await reach.close();
  await server?.remove();
});

async function archiveIn(url: string): Promise<{ reach: Reach; archive: DatabaseArchive }> {
  const reach = new Reach(new PostgresLanes({ url }), 'test');
  open.push(reach);
  await reach.start();
  await thereIs(reach);
  return { reach, archive: new DatabaseArchive(reach) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe('a disk of the archive that is full', () => {
  it('fails writes and no reads, says so, and is written to again once there is room', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'small-disk', disk]);
    try {
      const space = join(disk, 'space');
      mkdirSync(space);
      const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
      chownSync(space, id('-u'), id('-g'));
      const url = await server.database('archive');
      await run(url, `create tablespace small location '${space}'`);
      await run(url, 'alter database archive set default_tablespace = small');
      const { archive, reach } = await archiveIn(url);
      await archive.put(archivedJob('before'));
      const filler = join(disk, 'filler');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
      const large = (id: string) => archivedJob(id, { message: `${id} is done. `.repeat(500) });
      const failure = await eventually('a write that fails', async () => {
        for (let number = 0; ; number++) {
          const failed = await archive.put(large(`job-${number}`)).catch((error: unknown) => error);
          if (failed instanceof Error) return failed;
        }
      });
      expect(failure).toBeInstanceOf(ArchiveAwayError);
      expect(reach.trouble).toMatchObject({
        what: 'unable',
        reason: expect.stringContaining('No space left on device'),
      });
      expect(await archive.find('before')).toEqual(archivedJob('before'));
      expect(reach.trouble).toMatchObject({ what: 'unable' });
      rmSync(filler);
      expect(await archive.put(large('after'))).toBe('written');
      expect(reach.trouble).toBeUndefined();
      expect(await archive.find('after')).toEqual(large('after'));
    } finally {
      for (const reach of open.splice(0)) await reach.close();
      await server.stop();
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

/** It reads no database of a later version than its own. */
const DUMP = join(POSTGRES ?? '', 'pg_dump');
if (!existsSync(DUMP)) console.warn(`No dump is tested: ${DUMP} is not there`);

(existsSync(DUMP) ? describe : describe.skip)('a dump of the archive', () => {
  it('gives the same answers in another database', async () => {
    const url = await server.database('archive');
    const { archive } = await archiveIn(url);
    for (let number = 0; number < 200; number++)
      await archive.put(
        archivedJob(`job-${number}`, { tags: [`tag-${number % 3}`], processId: `process-${number % 5}` }),
      );
    await archive.remove('job-7', new Date('2026-11-29T00:00:00Z'));
    const other = await server.database('restored');
    const dump = execFileSync(DUMP, ['--dbname', url], { maxBuffer: 2 ** 28 });
    execFileSync('psql', ['--dbname', other, '--quiet', '--set', 'ON_ERROR_STOP=1'], {
      input: dump,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const { archive: restored } = await archiveIn(other);
    const answers = async (of: DatabaseArchive) => [
      await of.list({}, { limit: 1000 }),
      await of.list({ text: 'tag-1' }, { limit: 1000, order: [{ property: 'processID', descending: true }] }),
      await of.find('job-7'),
      await of.usage('process', {}),
      await of.processes(),
    ];
    expect(await answers(restored)).toEqual(await answers(archive));
    expect(await restored.put(archivedJob('job-7'))).toBe('removed');
    expect(await restored.put(archivedJob('new'))).toBe('written');
  });
});
