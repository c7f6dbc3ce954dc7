import { describe, expect, it } from '@jest/globals';
import type { S3Client } from '@aws-sdk/client-s3';
import { assertLinearTime } from '../../test/support/linear-time.js';
import { S3Uploads } from './s3.uploads.js';
import type { S3Writes } from './s3.writes.js';
import { KnownStore } from './store-capabilities.js';

interface Listed {
  readonly PartNumber: number;
  readonly Size: number;
  readonly ETag: string;
}
const upload = { key: 'k', id: 'u' };
/** What the store lists, page by page. */
const uploadsOf = (pages: readonly (readonly Listed[])[]) => {
  let next = 0;
  const send = () => {
    const Parts = pages[next % pages.length];
    next += 1;
    return Promise.resolve({ Parts, IsTruncated: next % pages.length !== 0, NextPartNumberMarker: `${next}` });
  };
  return new S3Uploads({ send } as unknown as S3Client, 'b', 's3', 60_000, {} as S3Writes, new KnownStore());
};
const listed = (PartNumber: number, ETag: string): Listed => ({ PartNumber, Size: 5, ETag });

describe('the parts of an upload to S3', () => {
  it('are those of all pages, without those that are listed twice and are the same', async () => {
    const pages = [
      [listed(1, 'a'), listed(1, 'a'), listed(1, 'b')],
      [listed(11, 'a'), listed(1, 'b'), listed(2, 'a')],
    ];
    expect(await uploadsOf(pages).parts(upload)).toEqual(
      [[1, 'a'] as const, [1, 'b'] as const, [11, 'a'] as const, [2, 'a'] as const].map(([number, etag]) => ({
        number,
        size: 5,
        etag,
      })),
    );
  });

  it('are listed in time in proportion to how many there are', () =>
    assertLinearTime(2_000, async (count, times) => {
      const uploads = uploadsOf([Array.from({ length: count }, (_, at) => listed(at + 1, `"${at}"`))]);
      const before = process.threadCpuUsage();
      for (let time = 0; time < times; time += 1) expect(await uploads.parts(upload)).toHaveLength(count);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1_000;
    }));
});
