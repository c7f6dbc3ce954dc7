import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { LARGE_SIZE, withLargeResult } from '../../support/large-result.js';
import { startS3Store } from '../../support/s3-store.js';
import { SlowReader, slowReaders, untilAdmitted } from '../../support/slow-reader.js';

/** More than the connections that the store has for all but readers. */
const READERS = 60;

describe('readers of results that do not read on', () => {
  let hostile: HostileBed;
  beforeAll(async () => {
    const store = await startS3Store();
    hostile = await HostileBed.start(
      { PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PUBLIC_ENDPOINT: '' },
      {
        store,
        // Of a slow machine's readers none is ended for its rate before what they are for has been done.
        configuration: (text) =>
          withLargeResult(text, '  readers: { at_once: 100, per_caller: 70, minimum_rate: 0 }\n'),
      },
    );
  });
  afterAll(() => (hostile as HostileBed | undefined)?.bed.stop());

  it('keep no log and no result from being collected, and no check of the store from being made', async () => {
    const { bed } = hostile;
    const large = await bed.submit('twenty-mebibytes');
    expect((await bed.ended(large)).status).toBe('successful');
    let readers: SlowReader[] = [];
    const cost = await hostile.costOf(async () => {
      readers = await slowReaders(READERS, `${bed.url}/jobs/${large}/results`);
      expect(new Set(readers.map(({ status }) => status))).toEqual(new Set([200]));
      const next = await bed.submit('five-mebibytes');
      expect(await bed.ended(next)).toMatchObject({ status: 'successful' });
      expect((await bed.result(next)).length).toBe(5_242_880);
      expect(await bed.log(next)).toContain('PYGEOAPI_K8S_MANAGER_RESULT_START');
      expect((await bed.readiness()).checks['objectStore']).toMatchObject({ status: 'ok' });
    });
    expect(cost.memory).toBeLessThan(FULL_HEAP);
    for (const reader of readers.slice(1)) reader.leave();
    // Whoever goes on gets all of it.
    expect(await readers[0]?.rest()).toBe(LARGE_SIZE);
  });

  it('are refused beyond what one address may read at once, for a while', async () => {
    const { bed } = hostile;
    const large = await bed.submit('twenty-mebibytes');
    await bed.ended(large);
    const url = `${bed.url}/jobs/${large}/results`;
    await untilAdmitted(url);
    await hostile.stayingAlive(async () => {
      const readers = await slowReaders(80, url);
      const refused = readers.filter(({ status }) => status === 503);
      expect(refused.length).toBe(10);
      expect(refused[0]?.headers['retry-after']).toMatch(/^\d+$/);
      expect((await bed.status(large)).status).toBe('successful');
      for (const reader of readers) reader.leave();
      await untilAdmitted(url);
    });
  });
});
