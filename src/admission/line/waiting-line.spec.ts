import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SortedList } from './sorted-list.js';
import { type Limits, WaitingLine, type WaitingJob } from './waiting-line.js';

const limits = (all?: number, perCaller?: number, processes: Readonly<Record<string, number>> = {}): Limits => ({
  ...(all === undefined ? {} : { all }),
  ofCaller: () => perCaller,
  ofProcess: (id) => processes[id],
});

let made = 0;
const job = (caller: string, processId = 'p', since = ++made, priority = 0): WaitingJob => ({
  name: `${caller}-${since}`,
  processId,
  caller,
  priority,
  since,
});

/** Starts whoever comes next until nobody may. */
function startAll(line: WaitingLine): string[] {
  const started: string[] = [];
  for (let next = line.next(); next; next = line.next()) {
    line.run(next.name, next);
    line.hadTurn(next.caller, line.newestTurn + 1);
    started.push(next.name);
  }
  return started;
}

function lineOf(given: Limits, jobs: readonly WaitingJob[]): WaitingLine {
  const line = new WaitingLine(given);
  for (const each of jobs) line.wait(each);
  return line;
}

describe('the waiting line', () => {
  it('goes round the callers, and takes the oldest job of each', () => {
    const [a1, a2, a3, b1, b2, c1] = [job('a'), job('a'), job('a'), job('b'), job('b'), job('c')];
    const line = lineOf(
      limits(),
      [a3, b2, c1, a1, b1, a2].map((each) => each),
    );
    expect(startAll(line)).toEqual([a1, b1, c1, a2, b2, a3].map(({ name }) => name));
  });

  it('takes the most urgent job of each, which is no turn more for its caller', () => {
    const urgent = (caller: string, processId: string, priority: number) => job(caller, processId, ++made, priority);
    const [a1, b1, a2, a3, b2, a4] = [
      job('a'),
      job('b'),
      urgent('a', 'p', 10),
      urgent('a', 'q', 20),
      urgent('b', 'p', -1),
      urgent('a', 'q', 10),
    ];
    const line = lineOf(limits(), [a1, b1, a2, a3, b2, a4]);
    const inOrder = [a3, b1, a2, b2, a4, a1].map(({ name }) => name);
    expect(inOrder.map((name) => line.positionOf(name))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(startAll(line)).toEqual(inOrder);
  });

  it('gives the first turn to who had one longest ago, though others have waited longer', () => {
    const [a1, b1, c1] = [job('a'), job('b'), job('c')];
    const line = lineOf(limits(), [a1, b1, c1]);
    line.hadTurn('a', 30);
    line.hadTurn('b', 10);
    line.hadTurn('c', 20);
    // What is older than what is known changes nothing.
    line.hadTurn('a', 5);
    expect(startAll(line)).toEqual([b1, c1, a1].map(({ name }) => name));
  });

  it('starts as many as may run, and the next where one has ended', () => {
    const jobs = [job('a'), job('b'), job('a'), job('b')];
    const line = lineOf(limits(2), jobs);
    expect(startAll(line)).toHaveLength(2);
    expect(line.running).toBe(2);
    line.remove(jobs[0]?.name ?? '');
    expect(startAll(line)).toEqual([jobs[2]?.name]);
  });

  it('passes over callers at their limit, and processes at theirs', () => {
    const [a1, a2, b1, b2] = [job('a', 'p'), job('a', 'q'), job('b', 'p'), job('b', 'q')];
    expect(startAll(lineOf(limits(undefined, 1), [a1, a2, b1, b2]))).toEqual([a1.name, b1.name]);
    expect(startAll(lineOf(limits(undefined, undefined, { p: 1 }), [a1, a2, b1, b2]))).toEqual([
      a1.name,
      b2.name,
      a2.name,
    ]);
  });

  it('counts what runs without having waited, and starts nothing while there are too many', () => {
    const waiting = job('a');
    const line = lineOf(limits(1), [waiting]);
    line.run('x', { processId: 'p' });
    line.run('y', { processId: 'p' });
    line.remove('x');
    expect(line.next()).toBeUndefined();
    line.remove('y');
    expect(line.next()).toBe(waiting);
  });

  it('never starts what left the line, nor knows a caller of whom nothing is left', () => {
    const line = lineOf(limits(), [job('a'), job('b')]);
    line.remove(line.next()?.name ?? '');
    expect(startAll(line)).toHaveLength(1);
    line.forget('a');
    line.wait(job('b'));
    line.wait(job('a'));
    expect(line.next()?.caller).toBe('a');
  });

  it.each([
    [limits(1), 'x', { reason: 'MaxRunning', running: 1 }],
    [limits(2, undefined, { p: 1 }), 'x', { reason: 'MaxRunningOfProcess', running: 1 }],
    [limits(2, 1), 'a', { reason: 'MaxRunningPerCaller', running: 1 }],
    [limits(2, 1), 'x', { reason: 'Next' }],
  ])('says what keeps a job waiting: %j', (given, runningCaller, hindrance) => {
    const waiting = job('a');
    const line = lineOf(given, [waiting]);
    line.run('other', { processId: 'p', caller: runningCaller });
    expect(line.hindranceOf(waiting.name)).toEqual(hindrance);
    expect(line.hindranceOf('other')).toBeUndefined();
  });

  it('says the position in which jobs are then started', () => {
    const jobs = ['a', 'a', 'a', 'a', 'b', 'c', 'b', 'c', 'd'].map((caller) => job(caller));
    const line = lineOf(limits(), jobs);
    line.hadTurn('a', 7);
    const positions = new Map(jobs.map(({ name }) => [name, line.positionOf(name)]));
    expect(startAll(line).map((name) => positions.get(name))).toEqual(jobs.map((_, at) => at + 1));
    expect(line.positionOf(jobs[0]?.name ?? '')).toBeUndefined();
  });
});

/** The same, without an index: what each of its methods says of a list. */
class PlainLine {
  readonly jobs: (WaitingJob & { running?: boolean })[] = [];
  readonly turns = new Map<string, number>();
  constructor(private readonly limits: Limits) {}

  next(): string | undefined {
    const running = this.jobs.filter((each) => each.running);
    if (running.length >= (this.limits.all ?? Infinity)) return undefined;
    const mayStart = this.jobs.filter(
      ({ running: isRunning, caller, processId }) =>
        !isRunning &&
        running.filter((other) => other.caller === caller).length < (this.limits.ofCaller(caller) ?? Infinity) &&
        running.filter((other) => other.processId === processId).length <
          (this.limits.ofProcess(processId) ?? Infinity),
    );
    const turn = ({ caller }: WaitingJob) => this.turns.get(caller) ?? 0;
    const oldestTurn = Math.min(...mayStart.map(turn));
    return mayStart
      .filter((each) => turn(each) === oldestTurn)
      .sort((a, b) => b.priority - a.priority || a.since - b.since)[0]?.name;
  }
}

describe('the index of the waiting line', () => {
  const operation = fc.record({
    what: fc.constantFrom('wait', 'wait', 'start', 'end', 'dismiss', 'resume', 'limit'),
    caller: fc.constantFrom('a', 'b', 'c'),
    process: fc.constantFrom('p', 'q'),
    priority: fc.nat(2),
    which: fc.nat(20),
  });

  it('gives the same next job as a look at all of them, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        fc.array(fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }), { minLength: 3, maxLength: 3 }),
        fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
        (operations, all, perCaller, ofP) => {
          // Of each caller another, which changes as time goes by.
          const limitOf = new Map(['a', 'b', 'c'].map((caller, at) => [caller, perCaller[at]]));
          const given = {
            ...limits(all, undefined, ofP === undefined ? {} : { p: ofP }),
            ofCaller: (caller: string) => limitOf.get(caller),
          };
          const [line, plain] = [new WaitingLine(given), new PlainLine(given)];
          // Each caller had a turn of its own time, so that nothing depends on who was there first.
          ['a', 'b', 'c'].forEach((caller, at) => (line.hadTurn(caller, at + 1), plain.turns.set(caller, at + 1)));
          for (const [at, { what, caller, process, priority, which }] of operations.entries()) {
            const chosen = plain.jobs[which % Math.max(1, plain.jobs.length)];
            if (what === 'wait') {
              const waiting = { name: `job-${at}`, caller, processId: process, priority, since: at };
              line.wait(waiting);
              plain.jobs.push(waiting);
            } else if (what === 'limit') {
              limitOf.set(caller, which % 5 === 4 ? undefined : which % 5);
              line.limitChanged(caller);
            } else if (what === 'start') {
              const next = plain.jobs.find(({ name }) => name === plain.next());
              if (next) {
                next.running = true;
                plain.turns.set(next.caller, 100 + at);
                line.run(next.name, next);
                line.hadTurn(next.caller, 100 + at);
              }
            } else if (chosen && what === 'resume') {
              chosen.running = true;
              line.run(chosen.name, chosen);
            } else if (chosen && (what === 'dismiss' || chosen.running)) {
              plain.jobs.splice(plain.jobs.indexOf(chosen), 1);
              line.remove(chosen.name);
            }
            expect(line.next()?.name).toBe(plain.next());
            expect([line.waiting, line.running]).toEqual([
              plain.jobs.filter(({ running }) => !running).length,
              plain.jobs.filter(({ running }) => running).length,
            ]);
          }
        },
      ),
    );
  });

  it('looks at no more of 10,000 waiting jobs to start 20 than twice what it looks at of 100', () => {
    const looksOf = (waiting: number, callers: number) => {
      let looks = 0;
      const counting = (each: WaitingJob) =>
        new Proxy(each, { get: (of, key: keyof WaitingJob) => ((looks += 1), of[key]) });
      const { get: first } = Object.getOwnPropertyDescriptor(SortedList.prototype, 'first') as { get: () => unknown };
      const jobs = Array.from({ length: waiting }, (_, at) => counting(job(`caller-${at % callers}`)));
      const line = lineOf(limits(20, undefined, { p: 20 }), jobs);
      const running = startAll(line);
      looks = 0;
      const look = function (this: unknown) {
        looks += 1;
        return first.call(this);
      };
      try {
        Object.defineProperty(SortedList.prototype, 'first', { get: look, configurable: true });
        for (const name of running) line.remove(name);
        expect(startAll(line)).toHaveLength(20);
      } finally {
        Object.defineProperty(SortedList.prototype, 'first', { get: first, configurable: true });
      }
      return looks;
    };
    for (const callersOf of [() => 3, (waiting: number) => waiting])
      expect(looksOf(10_000, callersOf(10_000))).toBeLessThanOrEqual(2 * looksOf(100, callersOf(100)));
  });
});
