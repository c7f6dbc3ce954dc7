import { ObjectStoreError, type ObjectStoreFailure } from './object-store.js';

const failures: Readonly<Record<string, ObjectStoreFailure>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

/** Maps what the file system failed with. All of its failures are retryable: an operator repairs the disk, not the request. */
export function asFolderFailure(error: unknown, store: string, action: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const code = errnoOf(error);
  const message = `${store}: cannot ${action}: ${(error as Error).message}`;
  const failure = (code !== undefined && failures[code]) || 'failed';
  return new ObjectStoreError(failure, message, code !== undefined, { cause: error });
}

/** `ENOENT` and the like; undefined for what is no system error. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
