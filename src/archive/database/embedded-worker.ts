import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

/** A thread with PostgreSQL in it: answers one statement after the other. */
const { folder } = workerData as { readonly folder: string };
const data = join(folder, 'data');

if (!existsSync(data)) {
  // Made elsewhere and then put in its place: what was left half made by a process that was killed is not used.
  const unfinished = join(folder, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  await (await PGlite.create({ dataDir: unfinished, extensions: { pg_trgm } })).close();
  renameSync(unfinished, data);
}
const database = await PGlite.create({ dataDir: data, extensions: { pg_trgm } });

parentPort?.on('message', async (message: { id: number; sql: string; parameters: unknown[] } | 'close') => {
  if (message === 'close') {
    await database.close();
    parentPort?.close();
    return;
  }
  const { id, sql, parameters } = message;
  try {
    const { rows, affectedRows } = await database.query(sql, parameters);
    parentPort?.postMessage({ id, result: { rows, affectedRows } });
  } catch (error) {
    const { message, code, detail } = error as { message: string; code?: string; detail?: string };
    parentPort?.postMessage({ id, failure: { message, code, detail } });
  }
});
parentPort?.postMessage('ready');
