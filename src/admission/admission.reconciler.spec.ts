import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { AdmissionBed, type AdmissionServer, type Fault, LEASE, nameOf } from './testing/admission-bed.js';

beforeAll(() => Logger.overrideLogger(false));

const CALLERS = ['a', 'b', 'c'];
/** The requests of one start that nothing disturbs, and what goes before the first. */
const READ = 'get';
const DISMISSED = '{"status":"dismissed","finished":"2026-01-01T12:00:00Z"}';
/** Two that may start at once have one turn. */
const STARTS = ['create', 'patchJob', 'patchJob'];

function bedWith(jobs: number, ...given: ConstructorParameters<typeof AdmissionBed>): AdmissionBed {
  const bed = new AdmissionBed(...given);
  for (let number = 0; number < jobs; number += 1) bed.addJob(CALLERS[number % CALLERS.length] ?? '');
  return bed;
}

const admissionOf = (bed: AdmissionBed, name: string) => bed.job(name).metadata?.annotations?.[ownAnnotation.admission];
const startedOf = (bed: AdmissionBed) =>
  bed.cluster.objects.of('leases').get(LEASE)?.metadata?.annotations?.[ownAnnotation.started];

/** Ends one running job after the other, each followed by a pass of the next server, until nothing waits. */
async function runOut(bed: AdmissionBed, servers: readonly AdmissionServer[], known: number): Promise<void> {
  for (let round = 0; new Set(bed.starts).size < known || bed.running().length > 0; round += 1) {
    if (round > 10 * known) throw new Error(`places leak: ${bed.starts.length} of ${known} started`);
    const [running] = bed.running();
    if (running) bed.end(running);
    await servers[round % servers.length]?.pass();
  }
}

describe('the reconciler of the waiting line', () => {
  it('starts as many as may run, each after its turn, and says so on Job and Lease', async () => {
    const bed = bedWith(5, { maxRunning: 2 });
    const server = bed.server();
    await server.pass();
    expect(server.requests).toEqual([READ, ...STARTS]);
    expect(bed.starts).toEqual([nameOf(1), nameOf(2)]);
    expect(admissionOf(bed, nameOf(1))).toMatch(/^admitted@2\d{3}-.*Z$/);
    expect(admissionOf(bed, nameOf(3))).toBe('waiting');
    expect(startedOf(bed)).toBe(`${nameOf(1)} ${nameOf(2)}`);
    bed.end(nameOf(1));
    await server.pass();
    expect(bed.starts).toEqual([nameOf(1), nameOf(2), nameOf(3)]);
    expect(startedOf(bed)).toBe(`${nameOf(2)} ${nameOf(3)}`);
  });

  it('tries again soon where a job is written by others all the time', async () => {
    const bed = bedWith(1, { maxRunning: 1 });
    const { patchJob } = bed.cluster.client;
    let conflicts = 5;
    bed.cluster.client.patchJob = async (...given) => {
      if (conflicts-- > 0) throw new KubernetesError('conflict', 'was changed', 409);
      return patchJob(...given);
    };
    const server = bed.server();
    expect(await server.pass()).toEqual({ requeueAfter: 1_000 });
    expect(bed.starts).toEqual([]);
    expect(await server.pass()).toBeUndefined();
    expect(bed.starts).toEqual([nameOf(1)]);
  });

  it('is fair beyond a change of the leader: what turns callers had stands on their Jobs', async () => {
    const bed = new AdmissionBed({ maxRunning: 1 });
    for (const caller of ['a', 'a', 'a', 'b', 'c', 'b']) bed.addJob(caller);
    await runOut(bed, [bed.server()], 1);
    // Another that knows nothing but what is there.
    for (const at of [2, 3, 4, 5, 6]) await runOut(bed, [bed.server()], at);
    expect(bed.starts).toEqual([1, 4, 5, 2, 6, 3].map(nameOf));
  });

  it.each([
    ['ends', (bed: AdmissionBed, name: string) => bed.end(name)],
    [
      'fails for good',
      (bed: AdmissionBed, name: string) =>
        bed.annotate(name, { [ownAnnotation.outcome]: '{"status":"failed","finished":"2026-01-01T12:00:00Z"}' }),
    ],
    ['is suspended by somebody', (bed: AdmissionBed, name: string) => bed.suspend(name, true)],
    ['is gone', (bed: AdmissionBed, name: string) => bed.cluster.removeJob(name)],
  ])('gives the place on where a job %s, and never starts that one again', async (_, end) => {
    const bed = bedWith(3, { maxRunning: 1 });
    const server = bed.server();
    await server.pass();
    end(bed, nameOf(1));
    await server.pass();
    bed.end(nameOf(2));
    await server.pass();
    bed.end(nameOf(3));
    await server.pass();
    expect(bed.starts).toEqual([1, 2, 3].map(nameOf));
  });

  it.each([
    ['dismissed', { [ownAnnotation.outcome]: DISMISSED }, {}],
    ['removed', {}, { deletionTimestamp: new Date() }],
  ])('keeps the place of a %s job until its pods have ended', async (_, annotations, metadata) => {
    const bed = bedWith(2, { maxRunning: 1 });
    const server = bed.server();
    await server.pass();
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: nameOf(1), uid: 'uid-1', controller: true };
    const pod = (phase: string) => ({
      metadata: { name: 'p', uid: 'p', labels: { 'job-name': nameOf(1) }, ownerReferences: [owner] },
      spec: { containers: [] },
      status: { phase },
    });
    bed.cluster.addPod(pod('Running'));
    bed.annotate(nameOf(1), annotations);
    const { metadata: before, spec } = bed.job(nameOf(1));
    bed.change(nameOf(1), {
      metadata: { ...before, ...metadata },
      spec: { template: {}, ...spec, parallelism: 0 },
    });
    await server.pass();
    expect(bed.starts).toEqual([nameOf(1)]);
    bed.cluster.addPod(pod('Failed'));
    await server.pass();
    expect(bed.starts).toEqual([nameOf(1), nameOf(2)]);
  });

  it.each([
    ['has succeeded', 'Succeeded', 0, true],
    ['has failed, and no other follows', 'Failed', 0, true],
    ['has failed, and another follows', 'Failed', 1, false],
    ['runs', 'Running', 0, false],
  ])('gives the place on once the pod %s: its Job says so later', async (_, phase, backoffLimit, isFree) => {
    const bed = bedWith(2, { maxRunning: 1 });
    bed.change(nameOf(1), { spec: { suspend: true, template: {}, backoffLimit } });
    const server = bed.server();
    await server.pass();
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: nameOf(1), uid: 'uid-1', controller: true };
    bed.cluster.addPod({
      metadata: { name: 'p', uid: 'p', labels: { 'job-name': nameOf(1) }, ownerReferences: [owner] },
      spec: { containers: [] },
      status: { phase },
    });
    await server.pass();
    expect(bed.starts).toEqual(isFree ? [nameOf(1), nameOf(2)] : [nameOf(1)]);
  });

  it('carries out the turn of a leader that is held up before any other, so that it starts nothing more when it wakes', async () => {
    const bed = bedWith(6, { maxRunning: 2 });
    const [held, other] = [bed.server(), bed.server()];
    held.fault = { at: [READ, 'create'].length, kind: 'before' };
    const { isHeld, pass } = await held.passUntilHeld();
    expect([isHeld, bed.starts]).toEqual([true, [nameOf(2)]]);
    await other.pass();
    expect(bed.starts).toEqual([nameOf(2), nameOf(1)]);
    bed.end(nameOf(1));
    await other.pass();
    held.release();
    await pass;
    expect(bed.starts).toEqual([2, 1, 3].map(nameOf));
  });

  it.each([
    ['was dismissed', { annotations: { [ownAnnotation.outcome]: DISMISSED } }],
    ['is removed', { annotations: { [ownAnnotation.removed]: '2026-01-01T12:00:00Z' } }],
    ['is in a queue of Kueue', { labels: { 'kueue.x-k8s.io/queue-name': 'batch' } }],
    [
      'was admitted before, and suspended',
      { annotations: { [ownAnnotation.admission]: 'admitted@2026-01-01T12:00:00Z' } },
    ],
    ['was not made to wait here', { annotations: { [ownAnnotation.admission]: '' } }],
  ])('leaves a job alone that %s', async (_, more) => {
    const bed = new AdmissionBed({});
    bed.addJob('a', 'hello', more);
    await bed.server().pass();
    expect(bed.starts).toEqual([]);
  });

  it('does not count what is in a queue of Kueue, and counts what was made without limits', async () => {
    const bed = bedWith(2, { maxRunning: 2 });
    for (const labels of [{ 'kueue.x-k8s.io/queue-name': 'batch' }, {}])
      bed.suspend(bed.addJob('a', 'hello', { labels, annotations: { [ownAnnotation.admission]: '' } }), false);
    await bed.server().pass();
    expect(bed.starts).toEqual([nameOf(1)]);
  });

  it('starts all where the limits are gone, and stops none where they are lower', async () => {
    const bed = bedWith(5, { maxRunning: 3 });
    await bed.server().pass();
    const lower = new AdmissionBed({ maxRunning: 1 });
    for (const kubeJob of bed.cluster.kubeJobs.values()) lower.cluster.addJob(kubeJob);
    await lower.server().pass();
    expect([lower.starts, lower.running().length]).toEqual([[], 3]);
    const none = new AdmissionBed({});
    for (const kubeJob of bed.cluster.kubeJobs.values()) none.cluster.addJob(kubeJob);
    await none.server().pass();
    expect(none.running()).toHaveLength(5);
  });

  it('lets the process and the caller have their limits', async () => {
    const bed = new AdmissionBed({ maxRunningPerCaller: 2 }, { small: { maxRunning: 1 } });
    for (const caller of CALLERS)
      for (const process of ['small', 'small', 'large', 'large']) bed.addJob(caller, process);
    await bed.server().pass();
    expect(bed.starts).toHaveLength(6);
    expect(
      bed.starts.filter((name) => bed.job(name).metadata?.annotations?.['pygeoapi.io/process_id'] === 'small'),
    ).toHaveLength(1);
  });

  it('starts the one that the Job controller has just written, in the same turn', async () => {
    const bed = bedWith(1, { maxRunning: 1 });
    const server = bed.server();
    server.fallBehind();
    bed.change(nameOf(1), { status: { conditions: [{ type: 'Suspended', status: 'True' }] } });
    await server.pass();
    expect(server.requests).toEqual([READ, 'create', 'patchJob', 'getJob', 'patchJob']);
    expect(bed.starts).toEqual([nameOf(1)]);
  });

  it.each([
    ['dismissed', { [ownAnnotation.outcome]: DISMISSED }],
    ['removed', { [ownAnnotation.removed]: '2026-01-01T12:00:00Z' }],
  ])('does not start what was %s in the moment of its turn', async (_, annotations) => {
    const bed = bedWith(1, { maxRunning: 1 });
    const server = bed.server();
    server.fallBehind();
    bed.annotate(nameOf(1), annotations);
    await server.pass();
    expect(bed.starts).toEqual([]);
  });

  it('starts others where the cluster refuses one, and tries that one again', async () => {
    const bed = bedWith(3, { maxRunning: 2 });
    const server = bed.server();
    bed.cluster.failNext('patchJob', new KubernetesError('invalid', 'a webhook is against it', 422));
    expect(await server.pass()).toEqual({ requeueAfter: 60_000 });
    expect(bed.starts).toEqual([nameOf(2), nameOf(3)]);
    bed.end(nameOf(2));
    expect(await server.pass()).toBeUndefined();
    expect(bed.starts).toEqual([2, 3, 1].map(nameOf));
  });

  it('starts nothing where it does not lead, nor while it shuts down', async () => {
    const bed = bedWith(2, { maxRunning: 1 });
    const [follower, stopping] = [bed.server(), bed.server()];
    follower.leader.isLeader = false;
    stopping.reconciler.stop();
    await follower.pass();
    await stopping.pass();
    expect(bed.cluster.calls).toEqual([]);
  });

  it('takes no turns without the right to Leases, as the only replica', async () => {
    const bed = bedWith(3, { maxRunning: 2 });
    bed.cluster.failures.set('get leases', 'forbidden');
    const server = bed.server();
    await server.pass();
    expect(bed.starts).toHaveLength(2);
    expect(server.requests).toEqual([READ, 'patchJob', 'patchJob']);
  });

  it('counts what another has started, though its own watch is behind and shows nothing of it', async () => {
    const bed = new AdmissionBed({ maxRunning: 1 });
    const [over, waiting] = [bed.addJob('a'), bed.addJob('a')];
    const [first, second] = [bed.server(), bed.server()];
    await first.pass();
    bed.end(over);
    second.fallBehind();
    const unknown = bed.addJob('b');
    await first.pass();
    expect(bed.starts).toEqual([over, unknown]);
    await second.pass();
    expect(bed.starts).not.toContain(waiting);
  });
});

/** What happens while a server is held up. */
const MEANWHILE: Readonly<Record<string, (bed: AdmissionBed, other: AdmissionServer) => Promise<void>>> = {
  nothing: async () => undefined,
  'another starts jobs': async (_, other) => void (await other.pass()),
  'another starts jobs, and they end': async (bed, other) => {
    for (const _ of [1, 2, 3]) {
      await other.pass();
      for (const name of bed.running()) bed.end(name);
    }
    await other.pass();
  },
  'a job is dismissed, and another starts jobs': async (bed, other) => {
    const waiting = [1, 2, 3, 4, 5].map(nameOf).find((name) => bed.job(name).spec?.suspend);
    if (waiting) bed.annotate(waiting, { [ownAnnotation.outcome]: DISMISSED });
    await other.pass();
  },
  'the running jobs end': async (bed) => bed.running().forEach((name) => bed.end(name)),
};

const JOBS = 12;
const LIMIT = 2;
/** More requests than a pass has. */
const MOST_REQUESTS = 12;

describe('two servers that both believe to lead', () => {
  const cases = Object.keys(MEANWHILE).flatMap((meanwhile) =>
    (['before', 'after', 'lost'] as const).flatMap((kind) =>
      [true, false].map((behind) => ({ meanwhile, kind, behind })),
    ),
  );

  /** @returns whether a request of this number was held up, or its answer lost */
  async function disturb(at: number, kind: Fault, meanwhile: string, behind: boolean): Promise<boolean> {
    const bed = bedWith(JOBS, { maxRunning: LIMIT });
    const [held, other] = [bed.server(), bed.server()];
    held.fault = { at, kind };
    const { isHeld, pass } = await held.passUntilHeld();
    if (behind) held.fallBehind();
    await MEANWHILE[meanwhile]?.(bed, other);
    held.release();
    await pass;
    held.fault = undefined;
    // It believes so still.
    await held.pass();
    await held.pass();
    held.catchUp();
    const dismissed = [...bed.cluster.kubeJobs.values()].filter(
      ({ metadata }) => metadata?.annotations?.[ownAnnotation.outcome] === DISMISSED,
    );
    await runOut(bed, [held, other], JOBS - dismissed.length);
    const what = `request ${at}, ${kind}`;
    expect([what, new Set(bed.starts).size]).toEqual([what, bed.starts.length]);
    expect([what, bed.most]).toEqual([what, LIMIT]);
    return kind === 'lost' ? held.requests.length > at : isHeld;
  }

  it.each(cases)(
    'start no job twice, and none too many: $kind, $meanwhile, watch behind: $behind',
    async ({ meanwhile, kind, behind }) => {
      let disturbed = 0;
      for (let at = 0; at < MOST_REQUESTS; at += 1) if (await disturb(at, kind, meanwhile, behind)) disturbed += 1;
      expect(disturbed).toBeGreaterThanOrEqual([READ, ...STARTS].length);
    },
  );

  it.each(['before', 'after'] as const)('lose nothing where one is gone for good: %s a request', async (kind) => {
    for (let at = 0; at < [READ, ...STARTS].length; at += 1) {
      const bed = bedWith(JOBS, { maxRunning: LIMIT });
      const gone = bed.server();
      gone.fault = { at, kind };
      expect((await gone.passUntilHeld()).isHeld).toBe(true);
      await runOut(bed, [bed.server()], JOBS);
      expect([bed.starts.length, bed.most]).toEqual([JOBS, LIMIT]);
    }
  });
});
