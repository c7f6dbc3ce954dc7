import { afterEach, describe, expect, it } from '@jest/globals';
import { accountOf, nothingLost } from '../support/account.js';
import { TestBed } from '../support/test-bed.js';
import { transferConfiguration, transferEnvironment } from '../support/transfer.js';
import { eventually } from '../support/wait.js';
import { jump, wrongClock } from '../support/wrong-clock.js';

const HOUR = 3600;
const result = (id: string) => `result of ${id}`;
/** Jobs that may take half an hour to start, which a clock must not make of a moment. */
const configuration = (text: string): string =>
  transferConfiguration(text).replace(
    /^ {2}short:\n.*\n.*\n.*<<: \*image\n/m,
    '$&      start_deadline_seconds: 1800\n',
  );

let bed: TestBed;
const start = async (...shifts: readonly number[]): Promise<void> => {
  bed = await TestBed.startProcess({ ...transferEnvironment, ...wrongClock(...shifts) }, { configuration });
};
afterEach(() => (bed as TestBed | undefined)?.stop());

describe('a server whose clock', () => {
  it.each([
    ['ahead', 2 * HOUR],
    ['behind', -2 * HOUR],
  ])('is two hours %s loses nothing, and keeps to its times', async (_where, shift) => {
    await start(shift);
    const expiring = await bed.submit('expiring');
    const ids = await Promise.all(Array.from({ length: 5 }, () => bed.submit('short')));
    const large = await bed.submit('five-mebibytes');
    // Kept for six seconds by the cluster's clock: neither gone at once nor there for hours.
    expect(await bed.ended(expiring)).toMatchObject({ status: 'successful' });
    const uploading = await bed.submit('upload', { script: 'printf II > f; put f $(url image)' });
    expect(await bed.ended(uploading)).toMatchObject({ status: 'successful' });
    expect(await bed.result(uploading)).toBe('II');
    await eventually(
      'the end of the retention',
      async () => (await bed.get(`/jobs/${expiring}/results`)).status === 410,
    );
    const expected = (id: string) => (id === large ? 'The quick brown fox' : result(id));
    expect(await accountOf(bed, [...ids, large], expected)).toEqual(nothingLost(6));
    expect(await bed.leads()).toBe(true);
  });

  it('jumps a day ahead and two days back while jobs run loses nothing, and leads all the while', async () => {
    await start(0, 24 * HOUR, -24 * HOUR, 0);
    const ids: string[] = [];
    const submit = async () => ids.push(...(await Promise.all([bed.submit('short'), bed.submit('short')])));
    await submit();
    for (let jumps = 0; jumps < 3; jumps += 1) {
      if (bed.server) await jump(bed.server);
      expect(await bed.leads()).toBe(true);
      await submit();
      const [uploading, waited] = await Promise.all([
        bed.submit('upload', { script: 'printf II > f; put f $(url image)' }),
        bed.execute('inputs', { text: 'x' }),
      ]);
      expect([waited.status, await waited.json()]).toEqual([200, { text: 'x' }]);
      expect(await bed.ended(uploading)).toMatchObject({ status: 'successful' });
    }
    expect(await accountOf(bed, ids, result)).toEqual(nothingLost(8));
  });
});
