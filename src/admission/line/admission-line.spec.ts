import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../config/configuration.js';
import { aJob, at } from '../../jobs/testing/records.js';
import { TooManyJobsError } from '../../ogc/domain-errors.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { ownerOf } from '../../access/rules/owner.js';
import { TOKENS } from '../../ogc/requests/identity.js';
import { admittedAt, parseAdmission, type RunningLimit } from './admission.js';
import { AdmissionLine, type LineJob } from './admission-line.js';

function lineOf(
  manager: object,
  processes: Readonly<Record<string, { readonly maxRunning?: number }>> = {},
  access: object = {},
) {
  return new AdmissionLine(
    { server: { manager }, access } as Configuration,
    { find: (id: string) => processes[id] } as unknown as ProcessRegistry,
  );
}

const waiting = (name: string): LineJob =>
  aJob({ name, suspended: true, admission: { state: 'waiting', caller: 'a' } });
const put = (line: AdmissionLine, job: LineJob, previous?: LineJob) => line.update(job.name, job, previous, () => true);

const ACCESS = {
  rules: {
    ownJobs: true,
    tokens: [{ name: 'ann', roles: ['user'] }],
    limits: { running: 4 },
    roles: [{ name: 'user', may: [], processes: ['*'], groups: [], subjects: [], limits: { running: 2 } }],
    runningOfProcess: 3,
  },
};
const of = (caller: string, name: string, running: RunningLimit | undefined, second = 0): LineJob =>
  aJob({ name, created: at(second), suspended: true, admission: { state: 'waiting', caller, running } });
/** How many jobs of the caller are let run, of as many as wait. */
function startedOf(line: AdmissionLine): number {
  let started = 0;
  for (let next = line.jobs.next(); next; next = line.jobs.next(), started += 1) line.hold(next.name, started + 1);
  return started;
}

describe('the line', () => {
  it('goes by each caller’s own limit, as their newest Job says it', () => {
    const line = lineOf({ maxRunningPerCaller: 9 }, {}, { rules: { ...ACCESS.rules, runningOfProcess: undefined } });
    for (let second = 0; second < 8; second += 1) put(line, of('somebody', `s${second}`, second === 5 ? 3 : 1, second));
    expect(startedOf(line)).toBe(1);
    put(line, of('somebody', 'newest', 3, 60));
    expect(startedOf(line)).toBe(2);
    // An older Job that comes in late changes nothing; one that says that there is no limit does.
    put(line, of('somebody', 'late', 1, 30));
    expect(line.standingOf('late', 'hello')?.message).toMatch(
      '3 jobs of its caller run, as many as may at once (running,',
    );
    put(line, of('somebody', 'free', 'none', 90));
    expect(startedOf(line)).toBe(8);
    put(line, of('another', 'x', undefined));
    expect(startedOf(line)).toBe(1);
  });

  it('knows of the server’s own tokens, and of who shows nothing, what the configuration says now', () => {
    const ann = ownerOf({ issuer: TOKENS, subject: 'ann' });
    for (const [caller, may] of [
      [ann, 2],
      [ownerOf(undefined), 4],
    ] as const) {
      const line = lineOf({}, {}, { rules: { ...ACCESS.rules, runningOfProcess: undefined } });
      for (let second = 0; second < 6; second += 1) put(line, of(caller, `j${second}`, 'none', second));
      expect(startedOf(line)).toBe(may);
    }
  });

  it('lets as many jobs of a process run as holds for all, where it says nothing itself', () => {
    const line = lineOf({}, { own: { maxRunning: 5 } }, ACCESS);
    for (let second = 0; second < 6; second += 1) {
      put(line, of('a', `j${second}`, 'none', second));
      put(line, { ...of('a', `o${second}`, 'none', second), processId: 'own' });
    }
    expect(startedOf(line)).toBe(3 + 5);
    expect([line.isLimited({}, 'none'), lineOf({}).isLimited({}, 2), lineOf({}).isLimited({}, 'none')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is for jobs that any limit concerns', () => {
    expect(lineOf({}).isLimited({})).toBe(false);
    expect(lineOf({ maxWaiting: 3 }).isLimited({})).toBe(false);
    expect(lineOf({}).isLimited({ maxRunning: 1 })).toBe(true);
    expect(lineOf({ maxRunning: 1 }).isLimited({})).toBe(true);
    expect(lineOf({ maxRunningPerCaller: 1 }).isLimited({})).toBe(true);
  });

  it('has room for as many as may wait, those that are being made counted', () => {
    const line = lineOf({ maxRunning: 1, maxWaiting: 2 });
    put(line, waiting('a'));
    const leave = line.enter('b');
    expect(() => line.enter('c')).toThrow(TooManyJobsError);
    expect(() => line.assertRoom()).toThrow('2 jobs wait for their turn, which is as many as may (max_waiting)');
    put(line, waiting('b'));
    leave();
    expect(() => line.assertRoom()).toThrow(TooManyJobsError);
    line.update('a', undefined, waiting('a'), () => false);
    line.enter('c')();
    line.assertRoom();
  });

  it('knows how urgent a job is by the name of its priority, as the configuration says now', () => {
    const line = lineOf({ maxRunning: 3, queuePriorities: { urgent: 5, whenever: -5 } });
    const named = { whenever: 'whenever', none: undefined, unknown: 'toString', urgent: 'urgent' };
    for (const [name, priority] of Object.entries(named))
      put(line, { ...waiting(name), admission: { state: 'waiting', caller: 'a', priority } });
    expect(['urgent', 'none', 'unknown', 'whenever'].map((name) => line.jobs.positionOf(name))).toEqual([1, 2, 3, 4]);
  });

  it('gives a job whose turn it is a place at once, until its Job says otherwise, or that is taken back', () => {
    const line = lineOf({ maxRunning: 1 });
    for (const name of ['a', 'b']) put(line, waiting(name));
    line.hold('a', 1);
    put(line, waiting('a'), waiting('a'));
    expect([line.jobs.running, line.jobs.next(), line.isStillWaiting('a'), line.callerOf('a')]).toEqual([
      1,
      undefined,
      true,
      'a',
    ]);
    line.forget('a');
    put(line, waiting('a'), waiting('a'));
    expect([line.jobs.running, line.jobs.next()?.name]).toEqual([0, 'a']);
    line.hold('a', 2);
    put(line, { ...waiting('a'), removed: '2026-01-01T12:00:00Z' }, waiting('a'));
    expect([line.isStillWaiting('a'), line.jobs.next()?.name]).toEqual([false, 'b']);
  });

  it('keeps the place of a dismissed job while it has pods, and no longer', () => {
    const line = lineOf({ maxRunning: 1 });
    const dismissed: LineJob = { ...waiting('a'), suspended: false, outcome: { status: 'dismissed' } };
    line.update('a', dismissed, undefined, () => true);
    put(line, waiting('b'));
    expect([line.jobs.running, line.jobs.next()]).toEqual([1, undefined]);
    line.update('a', dismissed, dismissed, () => false);
    expect([line.jobs.running, line.jobs.next()?.name]).toEqual([0, 'b']);
    put(line, { ...waiting('b'), outcome: { status: 'dismissed' } }, waiting('b'));
    expect(line.jobs.next()).toBeUndefined();
  });

  it('takes a turn that lies far ahead for none: others wrote it, and no later one would follow', () => {
    const line = lineOf({ maxRunning: 3 });
    const admitted = (turn: string): LineJob => ({
      ...aJob({ name: turn, suspended: false }),
      admission: parseAdmission(`admitted@${turn}`, 'a'),
    });
    put(line, admitted('+275760-09-13T00:00:00.000Z'));
    expect(line.jobs.newestTurn).toBe(0);
    put(line, admitted('2026-01-01T12:00:00.000Z'));
    expect(line.jobs.newestTurn).toBe(Date.UTC(2026, 0, 1, 12));
  });

  it.each([
    [{ maxRunning: 1 }, {}, 'The job waits for its turn: 1 job runs, as many as may at once (max_running).'],
    [
      { maxRunningPerCaller: 1 },
      {},
      'The job waits for its turn: 1 job of its caller runs, as many as may at once (max_running_per_caller).',
    ],
    [
      {},
      { hello: { maxRunning: 1 } },
      'The job waits for its turn: 1 job of its process runs, as many as may at once (max_running of process "hello").',
    ],
    [{}, {}, 'The job waits for its turn, which comes with the next round.'],
  ])('says why a job waits: %j %j', (manager, processes, message) => {
    const line = lineOf(manager, processes);
    put(line, { ...waiting('a'), suspended: false });
    put(line, waiting('b'));
    expect(line.standingOf('b', 'hello')?.message).toBe(message);
    expect(line.standingOf('a', 'hello')).toBeUndefined();
  });
});

describe('what a Job says of its turn', () => {
  it.each([
    ['waiting', { state: 'waiting', caller: 'c' }],
    [admittedAt(at(1)), { state: 'admitted', caller: 'c', at: at(1).getTime() }],
    ['admitted@soon', { state: 'admitted', caller: 'c' }],
    ['', undefined],
    [undefined, undefined],
  ])('%j is read as %j', (annotation, admission) => {
    expect(parseAdmission(annotation, 'c')).toEqual(admission);
    expect(parseAdmission(annotation, 'c', 'urgent')).toEqual(admission && { ...admission, priority: 'urgent' });
  });
});
