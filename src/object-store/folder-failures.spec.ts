import { describe, expect, it } from '@jest/globals';
import { asFolderFailure } from './folder-failures.js';
import { ObjectStoreError } from './object-store.js';

describe('the failures of a folder', () => {
  it.each([
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EACCES', 'denied'],
    ['EPERM', 'denied'],
    ['EROFS', 'denied'],
    ['EIO', 'failed'],
  ])('%s is %s, retryable, and tells where and what', (code, failure) => {
    const cause = Object.assign(new Error(`${code}: from the disk`), { code });
    const error = asFolderFailure(cause, 'folder /data', 'write key');
    expect({ ...error, message: error.message, cause: error.cause }).toEqual({
      name: 'ObjectStoreError',
      failure,
      retryable: true,
      message: `folder /data: cannot write key: ${code}: from the disk`,
      cause,
    });
  });

  it('what is no system error will not pass by itself', () => {
    expect(asFolderFailure(new Error('damaged'), 'folder /data', 'read key')).toMatchObject({
      failure: 'failed',
      retryable: false,
    });
  });

  it('keeps a failure that has been mapped', () => {
    const error = new ObjectStoreError('full', 'full', true);
    expect(asFolderFailure(error, 'folder /data', 'read key')).toBe(error);
  });
});
