import { posix } from 'node:path';

export interface OutputPathOptions {
  readonly outputDirectory: string;
  /** A run has a folder of its own. */
  readonly ownFolder: boolean;
  readonly jobId: string;
  /** Path of the notebook that is run. */
  readonly notebook: string;
  readonly dirname?: string;
  readonly filename?: string;
  readonly now: Date;
}

/**
 * Where the executed notebook is written: `<output_directory>/<YYYY-MM-DD>/[dirname/]<stem>_result_<time>_<jobID>.ipynb` (UTC). Of a requested folder and
 * file name only the last part counts, so that nothing is written outside.
 */
export function outputPath(options: OutputPathOptions): string {
  const { outputDirectory, ownFolder, jobId, notebook, dirname, filename, now } = options;
  const stem = posix.basename(notebook).replace(/\.ipynb$/, '');
  const time = compact(now);
  return posix.join(
    outputDirectory,
    now.toISOString().slice(0, 10),
    ...(dirname ? [lastPart(dirname)] : []),
    ...(ownFolder ? [`${time}-${stem}_${jobId}`] : []),
    filename ? lastPart(filename) : ownFolder ? `${stem}_result.ipynb` : `${stem}_result_${time}_${jobId}.ipynb`,
  );
}

/** The last part of a path. */
export function lastPart(path: string): string {
  return posix.basename(path);
}

/** Whether the last part of a path can name a file: not the folder itself, nor the one above. */
export function namesFile(path: string): boolean {
  const name = lastPart(path);
  return name !== '' && name !== '.' && name !== '..' && !path.includes('\0') && Buffer.byteLength(name) <= 255;
}

/**
 * When a job with this id was made: UUIDs of version 7 begin with the time in milliseconds (RFC 9562). Undefined: ids that clients chose,
 * themselves or by an `Idempotency-Key`, do not say.
 */
export function timeOfJob(jobId: string): Date | undefined {
  return jobId[14] === '7' ? new Date(parseInt(jobId.slice(0, 8) + jobId.slice(9, 13), 16)) : undefined;
}

/** `YYYYMMDD-HHMMSS-microseconds`, as the predecessor wrote it. */
function compact(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().replaceAll(/[-:Z]/g, '').split('T');
  return `${date}-${clock.replace('.', '-')}000`;
}
