import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { describe, expect, it } from '@jest/globals';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { EventReader } from '../../support/event-reader.js';
import { type SlowReader, slowReaders } from '../../support/slow-reader.js';
import { TOKEN } from '../../support/test-bed.js';
import { eventually } from '../../support/wait.js';

const PER_CALLER = 100;
const CHANGES = 300;
/** Of a message: so much of it that what all changes are together does not fit into what lies between the two ends. */
const LENGTH = 30_000;

describe('listeners to events', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (started) => (hostile = started),
    {},
    {
      configuration: (text) =>
        text.replace(
          '  limits:',
          `  readers: { minimum_rate: 0 }\n  listeners: { at_once: 120, per_caller: ${PER_CALLER} }\n  limits:`,
        ),
    },
  );

  async function running(): Promise<string> {
    const jobId = await hostile.bed.submit('endless');
    await hostile.bed.until(jobId, 'running');
    return jobId;
  }
  const say = (jobId: string, message: string) =>
    hostile.bed.cluster.batch.patchNamespacedJob(
      {
        name: `pygeoapi-job-${jobId}`,
        namespace: hostile.bed.cluster.namespace,
        body: { metadata: { annotations: { 'pygeoapi.io/message': message } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );

  it('that do not read cost little memory, for most is never written for them', async () => {
    const { bed } = hostile;
    const jobId = await running();
    let readers: SlowReader[] = [];
    const cost = await hostile.costOf(async () => {
      readers = await slowReaders(PER_CALLER - 1, `${bed.url}/jobs/${jobId}/events`);
      expect(new Set(readers.map(({ status }) => status))).toEqual(new Set([200]));
      const watching = await EventReader.open(`${bed.url}/jobs/${jobId}/events`);
      for (let change = 1; change <= CHANGES; change += 1) {
        const message = `${change} ${'x'.repeat(LENGTH)}`;
        await say(jobId, message);
        // So that each is told to who reads.
        await watching.event(`of change ${change}`, ({ data }) => data['message'] === message);
        watching.events.length = 0;
      }
      watching.leave();
    });
    expect(cost.memory).toBeLessThan(FULL_HEAP);
    await bed.delete(`/jobs/${jobId}`);
    const lengths = await Promise.all(readers.map((reader) => reader.rest()));
    // Nobody has been told everything: most of it was never written.
    expect(Math.max(...lengths)).toBeLessThan(CHANGES * LENGTH);
  });

  it('are refused beyond what one caller may open, and all together', async () => {
    const { bed } = hostile;
    const jobId = await running();
    const url = `${bed.url}/jobs/${jobId}/events`;
    await hostile.stayingAlive(async () => {
      const own = await eventually('all places', async () => {
        const readers = await slowReaders(PER_CALLER, url);
        if (readers.every(({ status }) => status === 200)) return readers;
        for (const reader of readers) reader.leave();
        return false;
      });
      const [refused] = await slowReaders(1, url);
      expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      const headers = { authorization: `Bearer ${TOKEN}` };
      const others = await slowReaders(21, url, headers);
      expect(others.map(({ status }) => status)).toEqual([...Array<number>(20).fill(200), 503]);
      for (const reader of [...own, ...others]) reader.leave();
      await eventually('a place', async () => {
        const reader = await EventReader.open(url);
        reader.leave();
        return reader.status === 200;
      });
      await bed.delete(`/jobs/${jobId}`);
    });
  });
});
