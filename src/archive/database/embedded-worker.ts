import { existsSync, openAsBlob, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

/**
 * A thread with PostgreSQL in it: answers one statement after the other. Where there is no database yet it makes one, of the file
 * `prepared` if that is given, and ends.
 */
const { folder, prepared } = workerData as { readonly folder: string; readonly prepared?: string };
const data = join(folder, 'data');

const open = (dataDir: string, loadDataDir?: Blob) =>
  PGlite.create({
    dataDir,
    loadDataDir,
    extensions: { pg_trgm },
    // What it keeps of its files the system keeps as well.
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'jit=off'],
  });

if (!existsSync(data)) {
  // Made elsewhere and then put in its place: what was left half made by a process that was killed is not used.
  const unfinished = join(folder, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  await (
    await open(unfinished, prepared ? await openAsBlob(prepared, { type: 'application/gzip' }) : undefined)
  ).close();
  renameSync(unfinished, data);
  parentPort?.postMessage('ready');
  process.exit();
}
const database = await open(data);

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
