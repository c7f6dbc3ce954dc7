import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { annotation, ownAnnotation } from '../k8s/names.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { PAUSE } from './archive.sweeper.js';
import type { ArchivedJob } from './records/archived-job.js';
import { anEndedJob, JOB, setUp } from './testing/archive-bed.js';

const key = (kind: string) => `logs/2026-01-01_${JOB}-${kind}`;
const [RESULT, INPUTS, LOG, ATTEMPT] = ['result', 'inputs-kept-x', 'logs.txt', 'logs.txt.duplicate'].map((kind) =>
  kind.startsWith('logs') ? `logs/2026-01-01_${JOB}-logs.${kind.slice(5)}` : key(kind),
) as [string, string, string, string];
const OTHERS = 'logs/2026-01-01_pygeoapi-job-another-result';
const stored = (at: string) => ({ mediaType: 'text/plain', size: 1, digest: 'sha256:x', key: at });
const all: Record<string, string> = {
  [ownAnnotation.resultsTtl]: '180',
  [ownAnnotation.result]: JSON.stringify(stored(RESULT)),
  [ownAnnotation.outputs]: JSON.stringify({
    small: { mediaType: 'text/plain', size: 5, digest: 'sha256:y', value: 'small' },
    others: stored(OTHERS),
  }),
  [ownAnnotation.shownRequest]: JSON.stringify({ stored: INPUTS }),
  [ownAnnotation.logKey]: LOG,
  [ownAnnotation.attempts]: JSON.stringify({
    attempts: [
      { pod: 'p', uid: 'u', finished: at(3).toISOString(), cause: { type: 'failed', message: 'm' }, logKey: ATTEMPT },
    ],
  }),
};

/** A job that is archived, with what is of it in the store. @param left whether its Job has left the cluster */
async function bed({ left = true, annotations = all, keepRecords }: Options = {}) {
  const made = setUp({ keepJobs: 60, keepRecords });
  for (const object of [RESULT, INPUTS, LOG, ATTEMPT, OTHERS])
    await made.store.port.create(object, () => Readable.from([Buffer.from('x')]), {
      contentType: 'text/plain',
      size: 1,
    });
  made.cluster.addJob(anEndedJob(annotations));
  const server = made.replica();
  const job = server.cache.jobs.get(JOB);
  if (!job) throw new Error('there is no job');
  await server.archiver.keep(job, at(10));
  if (left) made.cluster.removeJob(JOB);
  const looked: string[] = [];
  const sweep = (seconds: number) => server.sweeper.removeDue(at(seconds), (name) => looked.push(name));
  const forget = (seconds: number) => server.sweeper.forgetOld(at(seconds));
  return { ...made, ...server, job, sweep, forget, looked, left: () => [...made.store.objects.keys()] };
}
interface Options {
  readonly left?: boolean;
  readonly annotations?: Record<string, string>;
  readonly keepRecords?: number;
}

describe('results of a job in the archive', () => {
  it('go when their time is over, from the store and from the record, which says so; logs and what is another’s stay', async () => {
    const { archive, archived, sweep, left } = await bed();
    expect(await sweep(184)).toEqual({ requeueAfter: PAUSE });
    expect(left()).toHaveLength(5);
    await sweep(185);
    expect(left()).toEqual([LOG, ATTEMPT, OTHERS]);
    const record = archive.jobs.get(JOB_ID);
    expect(JSON.stringify(record)).not.toContain('"small","');
    expect(record).not.toHaveProperty('resultsExpire');
    expect(await archived.find(JOB_ID)).toMatchObject({
      resultsExpired: true,
      outputs: new Map([['small', { size: 5 }]]),
    });
    const state = record?.state;
    await sweep(200);
    expect(archive.jobs.get(JOB_ID)?.state).toBe(state);
  });

  it('go, too, where they stood on its Job alone', async () => {
    const { archive, archived, sweep } = await bed({
      annotations: {
        [ownAnnotation.resultsTtl]: '180',
        [annotation.resultMimetype]: 'text/plain',
        [annotation.resultValue]: 'the value',
      },
    });
    expect((await archived.objectOf(JOB_ID))?.metadata?.annotations?.[annotation.resultValue]).toBe('the value');
    await sweep(185);
    expect(JSON.stringify(archive.jobs.get(JOB_ID))).not.toContain('the value');
    expect(await archived.find(JOB_ID)).toMatchObject({
      resultsExpired: true,
      inlineResult: { mediaType: 'text/plain' },
    });
  });

  it('are removed later where the store is away, by whoever leads then', async () => {
    const { archive, store, sweep, replica, left } = await bed();
    store.failure = new ObjectStoreError('unreachable', 'away', true);
    await expect(sweep(185)).rejects.toThrow('away');
    expect(archive.jobs.get(JOB_ID)?.resultsExpire).toEqual(at(185));
    store.failure = undefined;
    await replica().sweeper.removeDue(at(186), () => undefined);
    expect(left()).toEqual([LOG, ATTEMPT, OTHERS]);
  });

  it('are removed though those of another cannot be', async () => {
    const { archive, store, sweep, left } = await bed();
    const other = JOB_ID.replace(/^./, 'f');
    const record = archive.jobs.get(JOB_ID);
    const text = JSON.stringify({ ...record, uid: 'of-another' }).replaceAll(JOB_ID, other);
    const times = { created: at(0), started: at(1), finished: at(5), resultsExpire: at(184) };
    archive.jobs.set(other, { ...(JSON.parse(text) as ArchivedJob), ...times });
    const remove = store.port.remove.bind(store.port);
    let refused = 0;
    const removeOthers = async (key: string) => {
      if (!key.includes(other)) return remove(key);
      refused += 1;
      throw new ObjectStoreError('denied', 'kept by a lock', true);
    };
    Object.assign(store.port, { remove: removeOthers });
    await expect(sweep(186)).rejects.toThrow('kept by a lock');
    expect([refused > 0, left()]).toEqual([true, [LOG, ATTEMPT, OTHERS]]);
  });

  it('are left to those who see to the Job while that is in the cluster', async () => {
    const { sweep, looked, left } = await bed({ left: false });
    await sweep(185);
    expect([looked, left().length]).toEqual([[JOB], 5]);
  });
});

describe('what is removed from the archive', () => {
  it('goes from the store, but for the log', async () => {
    const { archive, sweep, left } = await bed();
    await archive.remove(JOB_ID, at(20));
    await sweep(21);
    expect(left()).toEqual([LOG, ATTEMPT, OTHERS]);
    expect(await archive.due(at(1000), 10)).toEqual([]);
  });
});

describe('a record that is too old', () => {
  it('is forgotten, with its logs', async () => {
    const { archive, forget, left } = await bed({ keepRecords: 100 });
    await forget(105);
    expect([archive.jobs.size, left().length]).toEqual([1, 5]);
    await forget(106);
    expect([archive.jobs.size, left()]).toEqual([0, [OTHERS]]);
  });

  it('is no tombstone that outlives it, also of a job that never was in the archive', async () => {
    const { archive, forget } = await bed({ keepRecords: 100 });
    await archive.remove('never-archived', at(20));
    await forget(120);
    expect(await archive.find('never-archived')).toBe('removed');
    await forget(121);
    expect(await archive.find('never-archived')).toBeUndefined();
  });

  it('is never where nothing says how long', async () => {
    const { archive, forget } = await bed();
    expect(await forget(1e6)).toBeUndefined();
    expect(archive.jobs.size).toBe(1);
  });
});
