import { beforeEach, describe, expect, it } from '@jest/globals';
import { aJob, at } from '../jobs/testing/records.js';
import { EventBed, idOf, nameOf } from './testing/event-bed.js';
import { SPACING } from './status-feed.js';

let bed: EventBed;
beforeEach(() => {
  bed = new EventBed();
});

describe('the events of a job', () => {
  it('are its present state, each change of it at once, and its end, after which there is nothing', async () => {
    bed.job(1);
    const client = bed.listen([1]);
    expect(await client.told()).toEqual(['status 1 accepted']);
    await bed.pass(SPACING);
    bed.run(1);
    await bed.pass(1);
    expect(await client.told()).toEqual(['status 1 running']);
    await bed.pass(SPACING);
    bed.job(1, { outcome: 'successful' });
    await bed.pass(1);
    expect(await client.told()).toEqual(['status 1 successful 100', 'end']);
    expect(client.hasEnded).toBe(true);
  });

  it('have the version of the Job as their id, and say first when to come again', async () => {
    bed.job(1);
    const [retry, first] = await bed.listen([1]).read();
    expect(retry).toMatch(/^retry: [1-3]\d{3}$/);
    expect(first).toMatchObject({ type: 'status', id: bed.cache.jobs.get(nameOf(1))?.resourceVersion });
  });

  it('are of changes that follow soon the last one only, which is never lost', async () => {
    bed.job(1);
    bed.run(1);
    const client = bed.listen([1]);
    await client.told();
    for (let progress = 0; progress < 50; progress += 1) {
      bed.job(1, { progress });
      await bed.pass(10);
    }
    await bed.pass(SPACING);
    const told = await client.told();
    expect(told.length).toBeLessThanOrEqual(2 + 500 / SPACING);
    expect(told.at(-1)).toBe('status 1 running 49');
  });

  it('are none where nothing changes that the client can see', async () => {
    bed.job(1);
    bed.run(1);
    bed.strangers.add('stranger');
    const [client, stranger] = [bed.listen([1]), bed.listen([1], { token: 'stranger' })];
    expect([await client.told(), await stranger.told()]).toEqual([['status 1 running'], ['status 1 running']]);
    bed.job(1, { note: '{}' });
    await bed.pass(SPACING);
    expect([await client.told(), await stranger.told()]).toEqual([[], []]);
    bed.job(1, { message: 'only for some' });
    await bed.pass(SPACING);
    expect([await client.told(), await stranger.told()]).toEqual([['status 1 running'], []]);
  });

  it('say nothing where it leaves the cluster for the archive, where it is found by who comes later', async () => {
    bed.job(1, { outcome: 'successful' });
    const all = bed.listen();
    await all.told();
    const more = { 'processes.pygeoapi.io/archived': '0123456789abcdef' };
    bed.job(1, { outcome: 'successful', more: { ...more, 'processes.pygeoapi.io/released': at(40).toISOString() } });
    bed.cluster.removeJob(nameOf(1));
    await bed.pass(SPACING);
    // By its TTL, say.
    bed.job(4, { outcome: 'successful', more });
    await bed.pass(SPACING);
    expect(await all.told()).toContain('status 4 successful 100');
    bed.cluster.removeJob(nameOf(4));
    await bed.pass(SPACING);
    bed.job(2, { outcome: 'failed' });
    await bed.pass(SPACING);
    expect((await all.told()).filter((text) => !text.startsWith('status'))).toEqual([]);
    bed.cluster.removeJob(nameOf(2));
    await bed.pass(SPACING);
    expect(await all.told()).toEqual(['gone 2']);
    bed.job(5, { outcome: 'successful', more });
    await bed.pass(SPACING);
    await all.told();
    bed.job(5, { outcome: 'successful', more: { ...more, 'processes.pygeoapi.io/dismissed': at(40).toISOString() } });
    bed.cluster.removeJob(nameOf(5));
    await bed.pass(SPACING);
    expect(await all.told()).toEqual(['gone 5']);
    const job = aJob({
      outcome: { status: 'successful', finished: at(30).toISOString() },
      name: nameOf(1),
      jobId: idOf(1),
    });
    const archived = new Map([[nameOf(1), { job, status: bed.cache.statusOf(job) }]]);
    const late = bed.listen([1, 3], { archived });
    expect(await late.told()).toEqual(['status 1 successful 100', 'gone 3', 'end']);
  });

  it('say that it is gone, and end with that', async () => {
    bed.job(1);
    const client = bed.listen([1]);
    await client.told();
    bed.cluster.removeJob(nameOf(1));
    await bed.pass(1);
    expect(await client.told()).toEqual(['gone 1', 'end']);
    expect(client.hasEnded).toBe(true);
  });

  it('are each of several jobs, and end with the last of them', async () => {
    bed.job(1, { outcome: 'failed' });
    bed.job(2);
    const client = bed.listen([1, 2, 3]);
    expect(await client.told()).toEqual(['status 1 failed', 'status 2 accepted', 'gone 3']);
    bed.job(2, { outcome: 'successful' });
    await bed.pass(1);
    expect(await client.told()).toEqual(['status 2 successful 100', 'end']);
  });
});

describe('who listens', () => {
  it('is told the same states as all others, whoever came when', async () => {
    bed.job(1);
    bed.run(1);
    const first = bed.listen([1]);
    await first.told();
    bed.job(1, { progress: 10 });
    // The change has not been told yet: nobody may miss it.
    const second = bed.listen([1]);
    await second.told();
    await bed.pass(1);
    expect([(await first.told()).at(-1), (await second.told()).at(-1)]).toEqual(Array(2).fill('status 1 running 10'));
  });

  it('has one text for all of them who read alike', async () => {
    bed.job(1);
    const clients = Array.from({ length: 100 }, () => bed.listen([1]));
    for (const client of clients) await client.told();
    const { stringify } = JSON;
    let written = 0;
    JSON.stringify = ((...given: Parameters<typeof stringify>) => {
      written += (given[0] as { jobID?: string } | undefined)?.jobID === undefined ? 0 : 1;
      return stringify(...given);
    }) as typeof stringify;
    try {
      bed.job(1, { progress: 1, message: 'goes on' });
      bed.run(1);
      await bed.pass(1);
      for (const client of clients) expect(await client.told()).toEqual(['status 1 running 1']);
    } finally {
      JSON.stringify = stringify;
    }
    // One of the two to compare them, and one for the readers, each of the state before and after.
    expect(written).toBeLessThanOrEqual(4);
  });

  it('and does not read has only the last state of each job waiting, and is ended where it is too much', async () => {
    for (const number of [1, 2]) bed.job(number);
    for (const number of [1, 2]) bed.run(number);
    const client = bed.listen();
    expect(await client.told()).toEqual(['present']);
    for (let progress = 0; progress < 40; progress += 1) {
      for (const number of [1, 2]) bed.job(number, { progress });
      await bed.pass(SPACING);
    }
    const told = await client.told();
    // One that was being handed over, and the last ones.
    expect(told.length).toBeLessThanOrEqual(3);
    expect(told.slice(-2).sort()).toEqual(['status 1 running 39', 'status 2 running 39']);
    for (let number = 1; number <= 10_002; number += 1) client.stream.mark(nameOf(number), 'nothing');
    await bed.pass();
    expect([client.hasBroken, client.stream.destroyed]).toEqual([true, true]);
  });

  it('hears comments while nothing changes', async () => {
    bed.job(1);
    const client = bed.listen([1]);
    await client.read();
    await client.stream.beat();
    await client.stream.beat();
    expect(await client.read()).toEqual([': nothing has changed']);
  });

  it('is ended when its rights end', async () => {
    bed.job(1);
    const client = bed.listen([1], { token: 'token' });
    await client.read();
    await client.stream.beat();
    expect(client.hasEnded).toBe(false);
    bed.strangers.add('token');
    await client.stream.beat();
    expect([(await client.read()).at(-1), client.hasEnded]).toEqual([expect.stringMatching(/^retry: /), true]);
  });

  it('is ended when the server shuts down, and so is who comes then', async () => {
    bed.job(1);
    const [one, all] = [bed.listen([1]), bed.listen()];
    for (const client of [one, all]) await client.read();
    bed.feed.beforeApplicationShutdown();
    for (const client of [one, all, bed.listen([1])]) {
      expect((await client.read()).at(-1)).toMatch(/^retry: /);
      expect(client.hasEnded).toBe(true);
    }
  });
});

describe('the events of all jobs', () => {
  const running = { matches: ({ status }: { status: { status: string } }) => status.status === 'running' };

  it('are of each job that comes, changes and goes', async () => {
    bed.job(1);
    const client = bed.listen();
    expect(await client.told()).toEqual(['present']);
    bed.job(2);
    bed.run(1);
    await bed.pass(1);
    expect((await client.told()).sort()).toEqual(['status 1 running', 'status 2 accepted']);
    bed.cluster.removeJob(nameOf(2));
    bed.cluster.removeJob(nameOf(1));
    await bed.pass(SPACING);
    expect((await client.told()).sort()).toEqual(['gone 1', 'gone 2']);
  });

  it('say of a job that it is no longer one of those that were asked for, and nothing of those that never were', async () => {
    bed.job(1);
    bed.job(2);
    const client = bed.listen(undefined, running);
    await client.told();
    bed.job(3);
    bed.run(1);
    await bed.pass(SPACING);
    expect(await client.told()).toEqual(['status 1 running']);
    bed.job(1, { outcome: 'failed' });
    bed.job(3, { message: 'still waits' });
    await bed.pass(SPACING);
    expect(await client.told()).toEqual(['left 1 failed']);
    bed.cluster.removeJob(nameOf(3));
    await bed.pass(SPACING);
    expect(await client.told()).toEqual([]);
  });

  it('have the version of the Jobs up to which all has been told as their id, and none where more waits', async () => {
    for (const number of [1, 2, 3]) bed.job(number);
    const client = bed.listen();
    await client.read();
    for (const number of [1, 2, 3]) bed.run(number);
    await bed.pass(SPACING);
    const before = bed.cache.jobs.version;
    const ids = async () => (await client.read()).map((event) => (typeof event === 'string' ? '' : event.id));
    // The first was being written when the others were told.
    expect(await ids()).toEqual([before, undefined, before]);
    bed.job(1, { progress: 5 });
    bed.job(2, { progress: 5 });
    const last = bed.cache.jobs.version;
    await bed.pass(SPACING);
    expect(await ids()).toEqual([String(Number(last) - 1), last]);
  });
});

describe('the events of who does not know of all jobs', () => {
  const sees = (job: { name: string }) => job.name !== nameOf(2);

  it('are none of others, neither of their changes nor of their ends', async () => {
    bed.job(1);
    bed.job(2);
    const client = bed.listen(undefined, { sees, matches: ({ job }) => sees(job), couldMatch: sees });
    expect(await client.told()).toEqual(['present']);
    bed.run(2);
    await bed.pass(SPACING);
    bed.cluster.removeJob(nameOf(2));
    await bed.pass(SPACING);
    bed.job(2);
    bed.run(2);
    bed.cluster.removeJob(nameOf(2));
    await bed.pass(SPACING);
    expect(await client.told()).toEqual([]);
    bed.cluster.removeJob(nameOf(1));
    await bed.pass(SPACING);
    expect(await client.told()).toEqual(['gone 1']);
  });

  it('are of others’ jobs, by their ids, as of such that are not there', async () => {
    bed.job(2);
    const told = async (number: number) => {
      const client = bed.listen([number], { sees, matches: ({ job }) => sees(job), couldMatch: sees });
      const events = (await client.told()).map((event) => event.replace(String(number), 'N'));
      return [events, client.hasEnded];
    };
    expect(await told(2)).toEqual([['gone N', 'end'], true]);
    expect(await told(2)).toEqual(await told(3));
  });

  it('end when they are not who they were, before anything more is told', async () => {
    bed.job(1);
    let isStill = true;
    const client = bed.listen([1], { isStill: () => Promise.resolve(isStill) });
    expect(await client.told()).toEqual(['status 1 accepted']);
    isStill = false;
    bed.run(1);
    await bed.pass(SPACING);
    expect(await client.told()).toEqual([]);
    expect(client.hasEnded).toBe(true);
    const quiet = bed.listen([1], { isStill: () => Promise.resolve(isStill) });
    await quiet.stream.beat();
    await quiet.read();
    expect(quiet.hasEnded).toBe(true);
  });
});
