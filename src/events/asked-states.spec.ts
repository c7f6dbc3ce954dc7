import { beforeEach, describe, expect, it } from '@jest/globals';
import { ASK_EVERY } from './asked-states.js';
import { SPACING } from './status-feed.js';
import { EventBed, nameOf } from './testing/event-bed.js';

let bed: EventBed;
beforeEach(() => {
  bed = new EventBed();
});

describe('what no cache holds', () => {
  const printed = (percent: number) => `PYGEOAPI_K8S_MANAGER_PROGRESS ${percent} of tiles\n`;
  const reads = () => bed.cluster.calls.filter((call) => call === 'readLog').length;
  const print = (number: number, percent: number) => bed.cluster.logs.set(`${nameOf(number)}-x/main`, printed(percent));
  beforeEach(() => {
    for (const number of [1, 2]) {
      bed.job(number, { message: undefined });
      bed.run(number);
      print(number, 10);
    }
  });

  it('is told as it is asked for: progress that is only printed, once a round however many listen', async () => {
    const clients = Array.from({ length: 20 }, () => bed.listen([1]));
    for (const client of clients) expect(await client.told()).toEqual(['status 1 running']);
    await bed.pass(SPACING);
    for (const client of clients) expect(await client.told()).toEqual(['status 1 running 10']);
    expect(reads()).toBe(1);
    print(1, 20);
    await bed.pass(ASK_EVERY - SPACING - 1);
    expect(reads()).toBe(1);
    await bed.pass(SPACING + 1);
    for (const client of clients) expect(await client.told()).toEqual(['status 1 running 20']);
    expect(reads()).toBe(2);
    // Whoever comes then knows it at once.
    expect(await bed.listen([1]).told()).toEqual(['status 1 running 20']);
    await bed.pass(10 * ASK_EVERY);
    for (const client of clients) expect(await client.told()).toEqual([]);
  });

  it('is asked for only of jobs that somebody listens to by their ids, until nobody does', async () => {
    const all = bed.listen();
    await all.told();
    await bed.pass(5 * ASK_EVERY);
    expect(reads()).toBe(0);
    const client = bed.listen([1]);
    await client.told();
    await bed.pass(SPACING);
    await client.told();
    client.stream.destroy();
    await bed.pass(5 * ASK_EVERY);
    expect(reads()).toBe(1);
    expect(bed.clock.next).toBeUndefined();
  });

  it('is not asked for where the job says it itself, or has ended', async () => {
    const client = bed.listen([1, 2]);
    await client.told();
    await bed.pass(SPACING);
    await client.told();
    const before = reads();
    bed.job(1, { progress: 50 });
    bed.job(2, { outcome: 'successful' });
    await bed.pass(SPACING);
    await client.told();
    await bed.pass(5 * ASK_EVERY);
    expect(reads()).toBe(before);
  });

  it('is the place in a queue of Kueue, too', async () => {
    const { namespace } = bed.cluster.client;
    const queue = (...numbers: number[]) =>
      bed.cluster.put('localqueues.visibility.kueue.x-k8s.io', {
        metadata: { name: 'gpu', namespace },
        items: numbers.map((number, positionInLocalQueue) => ({
          metadata: { ownerReferences: [{ name: nameOf(number) }] },
          positionInLocalQueue,
        })),
      } as object);
    const placed = async (client: ReturnType<typeof bed.listen>) =>
      (await client.read()).flatMap((event) =>
        typeof event === 'string' ? [] : [(event.data['queue'] as { position?: number } | undefined)?.position],
      );
    bed.wait(3, 'gpu');
    bed.wait(4, 'gpu');
    queue(4, 3);
    const client = bed.listen([3]);
    expect(await placed(client)).toEqual([undefined]);
    await bed.pass(SPACING);
    expect(await placed(client)).toEqual([2]);
    queue(3);
    await bed.pass(ASK_EVERY + SPACING);
    expect(await placed(client)).toEqual([1]);
    expect(bed.cluster.calls.filter((call) => call.startsWith('get localqueues'))).toHaveLength(2);
  });
});
