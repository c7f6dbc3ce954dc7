import { readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { timeOfJob } from '../inputs/output-path.js';

/**
 * Removes the executed notebook of a job from the server's own file system: where its volume is mounted there at the same path as in the job, else nothing happens. It is known by the
 * job's id in the name of the file, or of the folder that the run had for itself; one whose name the client chose stays.
 *
 * @param outputDirectory of the definition
 */
export async function removeResultFiles(outputDirectory: string, jobId: string): Promise<void> {
  const root = await realpath(outputDirectory).catch(() => undefined);
  if (root === undefined) return;
  for (const day of await daysOf(root, jobId)) {
    const folder = join(root, day);
    for (const path of await pathsIn(folder)) {
      if (isOfJob(path.slice(folder.length), jobId) && (await isBeneath(path, root))) await rm(path, { force: true });
    }
  }
}

/** Folders, named by dates, where it may be: all of them, where the id does not say when the job was made. */
async function daysOf(root: string, jobId: string): Promise<string[]> {
  const time = timeOfJob(jobId);
  if (time) return [time.toISOString().slice(0, 10)];
  return (await readdir(root).catch(() => [])).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
}

async function pathsIn(folder: string): Promise<string[]> {
  // Links are not followed: what they lead to is somebody's own.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isOfJob(path: string, jobId: string): boolean {
  const parts = path.split(sep);
  const name = parts.pop() ?? '';
  return name.endsWith(`_${jobId}.ipynb`) || ((parts.pop() ?? '').endsWith(`_${jobId}`) && name.endsWith('.ipynb'));
}

async function isBeneath(path: string, root: string): Promise<boolean> {
  return (await realpath(path).catch(() => '')).startsWith(root + sep);
}
