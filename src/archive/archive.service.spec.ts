import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { settle } from '../k8s/testing/manual-clock.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import { anEndedJob, JOB, setUp, stopServers } from './testing/archive-bed.js';

const subscriber = {
  [ownAnnotation.subscriber]: JSON.stringify({ base: 'http://localhost', uris: { success: 'https://told.example/s' } }),
};
const told = (status: string) => ({
  [ownAnnotation.deliveries]: JSON.stringify({
    success: { state: 'successful', status, attempts: 1, first: at(6).toISOString(), history: [] },
  }),
});
const heldPod = {
  metadata: {
    name: `${JOB}-abcde`,
    uid: 'pod-uid',
    finalizers: [POD_FINALIZER],
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: JOB, uid: 'job-uid', controller: true }],
  },
  status: { phase: 'Succeeded' },
};

const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockImplementation((message: unknown) => void said.push(String(message)));
});
afterEach(async () => {
  await stopServers();
  jest.restoreAllMocks();
});

describe('a job that has ended', () => {
  it('is archived, which is noted on its Job with the TTL, in one write, and read no more until it changes', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob());
    const { lead } = replica();
    await lead();
    expect(archive.jobs.get(JOB_ID)).toMatchObject({ uid: 'job-uid', status: 'successful', state: note() });
    expect(note()).toMatch(/^[0-9a-f]{16}$/);
    expect(cluster.kubeJobs.get(JOB)?.spec?.ttlSecondsAfterFinished).toBe(60);
    await lead();
    expect(cluster.calls).toEqual(['getJob', 'patchJob']);
  });

  it.each([
    ['of which is collected', { [ownAnnotation.collection]: 'pending' }, []],
    ['whose pod is held', {}, [heldPod]],
    ['that was written over', { [ownAnnotation.removed]: at(9).toISOString() }, []],
  ])('is not archived as one %s', async (_, annotations, pods) => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob(annotations as Record<string, string>));
    const { lead, cache } = replica();
    for (const pod of pods) cache.pods.observe(cluster.addPod(pod));
    await lead();
    expect([archive.jobs.size, note()]).toEqual([0, undefined]);
  });

  it('is archived once its pod is released', async () => {
    const { cluster, archive, replica } = setUp();
    cluster.addJob(anEndedJob());
    const { lead } = replica();
    cluster.addPod(heldPod);
    await lead();
    expect(archive.jobs.size).toBe(0);
    cluster.addPod({ ...heldPod, metadata: { ...heldPod.metadata, finalizers: [] } });
    await settle();
    expect(archive.jobs.size).toBe(1);
  });

  it('stays, without its TTL, while the archive is away, which the archive says itself', async () => {
    const { cluster, archive, replica, note } = setUp({ keepJobs: 1 });
    const others = [2, 3].map((number) => JOB.replace(/1$/, String(number)));
    for (const name of [JOB, ...others]) {
      const job = anEndedJob();
      cluster.addJob({ ...job, metadata: { ...job.metadata, name, uid: name } });
    }
    archive.isAway = true;
    const { lead } = replica();
    await lead();
    expect([note(), cluster.kubeJobs.size, cluster.calls.includes('deleteJob')]).toEqual([undefined, 3, false]);
    expect(said).toEqual([]);
    archive.isAway = false;
    await lead();
    expect(archive.jobs.size).toBe(3);
  });

  it('is not remembered where it goes while the archive is waited for', async () => {
    const { cluster, archive, replica } = setUp();
    const names = [1, 2, 3].map((number) => JOB.replace(/1$/, String(number)));
    for (const name of names) {
      const job = anEndedJob();
      cluster.addJob({ ...job, metadata: { ...job.metadata, name, uid: name } });
    }
    archive.isAway = true;
    const { service, lead } = replica();
    await lead();
    expect(service.size).toBe(3);
    await lead(false);
    archive.onAsked = (call) => {
      if (call === 'put') for (const name of names) cluster.removeJob(name);
    };
    await lead();
    expect([cluster.kubeJobs.size, service.size]).toEqual([0, 0]);
  });

  it('is archived again with what its subscribers answer; before that its TTL is not in force', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob(subscriber));
    const { lead } = replica();
    await lead();
    const before = note();
    expect(cluster.kubeJobs.get(JOB)?.spec?.ttlSecondsAfterFinished).toBe(8_640_000);
    cluster.addJob(anEndedJob({ ...subscriber, ...told('delivered'), [ownAnnotation.archived]: before ?? '' }));
    await settle();
    expect(note()).not.toBe(before);
    expect(archive.jobs.get(JOB_ID)?.state).toBe(note());
    expect(JSON.stringify(archive.jobs.get(JOB_ID))).toContain('delivered');
    expect(cluster.kubeJobs.get(JOB)?.spec?.ttlSecondsAfterFinished).toBe(60);
  });

  it('that was removed, and whose Job does not say so, is removed, not archived', async () => {
    const { cluster, archive, replica, annotations, time } = setUp();
    cluster.addJob(anEndedJob());
    await archive.remove(JOB_ID, at(9));
    await replica().lead();
    expect([archive.jobs.size, annotations()[ownAnnotation.removed]]).toEqual([0, time.now.toISOString()]);
  });

  it('that was removed leaves the cluster where nobody collects, whoever leads when its mark is all that was written', async () => {
    const { cluster, archive, replica, annotations } = setUp({}, false);
    cluster.addJob(anEndedJob({ [ownAnnotation.collection]: '' }));
    await archive.remove(JOB_ID, at(9));
    cluster.failures.set('deleteJob', 'unavailable');
    const first = replica();
    await first.lead();
    await first.lead(false);
    expect(annotations()).toHaveProperty([ownAnnotation.removed]);
    cluster.failures.clear();
    cluster.calls.length = 0;
    await replica().lead();
    expect(cluster.calls).toEqual(['deleteJob']);
  });

  it('keeps in the archive what its pod knew, where nobody collects, and leaves with that', async () => {
    const { cluster, archive, replica, time } = setUp({ keepJobs: 60 }, false);
    const uncollected = (annotations: Record<string, string>, status: object) => {
      const job = anEndedJob({ [ownAnnotation.collection]: '', ...annotations }, status);
      delete job.metadata?.annotations?.[ownAnnotation.outcome];
      return job;
    };
    const condition = { type: 'Failed', status: 'True', lastTransitionTime: at(5).toISOString() };
    const status = { status: { conditions: [condition as never] } };
    cluster.addJob(uncollected({}, status));
    const { lead } = replica();
    const { finalizers: _none, ...metadata } = heldPod.metadata;
    const terminated = { exitCode: 7, startedAt: at(1), finishedAt: at(5) };
    const main = {
      name: 'main',
      image: 'x',
      imageID: '',
      containerID: 'c://1',
      ready: false,
      restartCount: 0,
      state: { terminated },
    };
    const spec = { nodeName: 'node-1', containers: [{ name: 'main' }] };
    cluster.addPod({ metadata, spec, status: { phase: 'Failed', containerStatuses: [main] } });
    await lead();
    const known = () => JSON.stringify(archive.jobs.get(JOB_ID));
    expect(known()).toContain('node-1');
    cluster.take('pods', metadata);
    cluster.addJob(uncollected({ ...cluster.annotationsOf(JOB), [ownAnnotation.deliveries]: '{"x":{}}' }, status));
    await settle();
    for (const fact of ['deliveries', 'node-1', '\\"exitCode\\":7']) expect(known()).toContain(fact);
    time.now = at(500);
    await lead();
    expect(cluster.calls.at(-1)).toBe('deleteJob');
  });

  it('that was removed is left to who collects, who follows its log first', async () => {
    const { cluster, archive, replica } = setUp();
    cluster.addJob(anEndedJob());
    await archive.remove(JOB_ID, at(9));
    await replica().lead();
    expect(cluster.calls).not.toContain('deleteJob');
  });

  it('and says that it is archived is removed where it was removed from the archive', async () => {
    const { cluster, archive, replica, annotations, time } = setUp();
    cluster.addJob(anEndedJob());
    await replica().lead();
    await archive.remove(JOB_ID, at(9));
    await replica().lead();
    expect(annotations()[ownAnnotation.removed]).toBe(time.now.toISOString());
  });

  it('and says that it is archived is archived again by who leads next where the archive has lost it, or has what it was', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob());
    await replica().lead();
    const kept = archive.jobs.get(JOB_ID);
    archive.jobs.clear();
    await replica().lead();
    expect(archive.jobs.get(JOB_ID)).toEqual(kept);
    if (kept) archive.jobs.set(JOB_ID, { ...kept, state: 'before' });
    await replica().lead();
    expect([archive.jobs.get(JOB_ID), note()]).toEqual([kept, kept?.state]);
  });
});

describe('of two leaders', () => {
  it('one that changes the Job while the other writes has its word in the archive', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob(subscriber));
    const { lead } = replica();
    archive.onAsked = (call) => {
      if (call !== 'put') return;
      archive.onAsked = () => undefined;
      cluster.addJob(anEndedJob({ ...subscriber, ...told('given-up') }));
    };
    await lead();
    await lead();
    expect(archive.jobs.get(JOB_ID)?.state).toBe(note());
    expect(JSON.stringify(archive.jobs.get(JOB_ID))).toContain('given-up');
  });

  it('one that was held up writes nothing older than what the other has written', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob(subscriber));
    const [one, other] = [replica(), replica()];
    const job = one.cache.jobs.get(JOB);
    if (!job) throw new Error('there is no job');
    let meanwhile: Promise<unknown> = Promise.resolve();
    // What it has read is old when it comes to write.
    const put = archive.put.bind(archive);
    archive.put = async (...args) => {
      archive.put = put;
      cluster.addJob(anEndedJob({ ...subscriber, ...told('delivered') }));
      meanwhile = other.archiver.keep(job, at(11));
      await meanwhile;
      return put(...args);
    };
    await one.archiver.keep(job, at(10)).catch(() => undefined);
    expect(JSON.stringify(archive.jobs.get(JOB_ID))).toContain('delivered');
    expect(archive.jobs.get(JOB_ID)?.state).toBe(note());
  });

  it('neither archives a Job under the record of another of its id', async () => {
    const { cluster, archive, replica, note } = setUp();
    cluster.addJob(anEndedJob());
    await replica().lead();
    const first = archive.jobs.get(JOB_ID);
    cluster.removeJob(JOB);
    const another = anEndedJob();
    cluster.addJob({ ...another, metadata: { ...another.metadata, uid: 'another' } });
    await replica().lead();
    expect([archive.jobs.get(JOB_ID), note()]).toEqual([first, undefined]);
    expect(said.join('\n')).toContain('has another job of its id');
  });
});

describe('a Job that the archive has', () => {
  const keepJobs = 60;
  const archivedOnce = async (annotations: Record<string, string> = {}) => {
    const bed = setUp({ keepJobs });
    bed.cluster.addJob(anEndedJob(annotations));
    const server = bed.replica();
    await server.lead();
    bed.cluster.calls.length = 0;
    return { ...bed, ...server };
  };
  const DELETED = ['getJob', 'listPodsOfJob', 'patchJob', 'deleteJob'];

  it('leaves the cluster when its time is over, marked before', async () => {
    const { cluster, time, lead, annotations } = await archivedOnce();
    time.now = at(64);
    await lead();
    expect(cluster.calls).toEqual([]);
    time.now = at(65);
    await lead();
    expect(cluster.calls).toEqual(DELETED);
    expect(annotations()[ownAnnotation.released]).toBe(at(65).toISOString());
  });

  it('is deleted by who leads next where its mark was all that was written', async () => {
    const { cluster, time, lead, replica } = await archivedOnce();
    time.now = at(65);
    cluster.failures.set('deleteJob', 'unavailable');
    await lead();
    await lead(false);
    cluster.failures.clear();
    cluster.calls.length = 0;
    await replica().lead();
    expect(cluster.calls).toEqual(DELETED.filter((call) => call !== 'patchJob'));
  });

  it.each([
    ['its subscriber has not answered', { ...subscriber, ...told('pending') }],
    ['nobody has told its subscriber', subscriber],
  ])('stays while %s', async (_, annotations) => {
    const { cluster, time, lead } = await archivedOnce(annotations);
    time.now = at(500);
    await lead();
    expect(cluster.calls).not.toContain('deleteJob');
  });

  it('leaves when its subscriber was given up', async () => {
    const { cluster, time, lead } = await archivedOnce({ ...subscriber, ...told('given-up') });
    time.now = at(500);
    await lead();
    expect(cluster.calls).toContain('deleteJob');
  });

  it('is archived again, not deleted, where it has changed, or the archive has lost it', async () => {
    const { cluster, archive, time, lead, note, annotations } = await archivedOnce();
    const record = archive.jobs.get(JOB_ID);
    // A dump was restored that is older.
    archive.jobs.clear();
    time.now = at(65);
    await lead();
    expect(archive.jobs.get(JOB_ID)).toEqual(record);
    expect([note(), annotations()[ownAnnotation.released] ?? null]).toEqual([record?.state, at(65).toISOString()]);
    const [put, deleted] = [
      archive.asked.findLastIndex(({ call }) => call === 'put'),
      cluster.calls.lastIndexOf('deleteJob'),
    ];
    expect([put > 0, deleted > cluster.calls.indexOf('patchJob')]).toEqual([true, true]);
  });

  it('goes for good where it was removed in the moment before', async () => {
    const { archive, cluster, time, lead, annotations } = await archivedOnce();
    await archive.remove(JOB_ID, at(64));
    time.now = at(65);
    await lead();
    expect(annotations()[ownAnnotation.removed]).toBe(at(65).toISOString());
    expect(annotations()).not.toHaveProperty([ownAnnotation.released]);
    expect(cluster.calls).not.toContain('deleteJob');
  });

  it('stays where nobody collects and a pod is there, with which its log would go', async () => {
    const { cluster, replica, time } = setUp({ keepJobs });
    cluster.addJob(anEndedJob({ [ownAnnotation.collection]: '' }));
    const { lead } = replica();
    cluster.addPod({ ...heldPod, metadata: { ...heldPod.metadata, finalizers: [] } });
    time.now = at(500);
    await lead();
    expect(cluster.calls).not.toContain('deleteJob');
    cluster.take('pods', heldPod.metadata);
    await lead();
    expect(cluster.calls).toContain('deleteJob');
  });
});
