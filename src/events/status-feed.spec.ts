import { beforeEach, describe, expect, it } from '@jest/globals';
import { SPACING } from './status-feed.js';
import { EventBed, nameOf } from './testing/event-bed.js';

let bed: EventBed;
beforeEach(() => {
  bed = new EventBed();
});
const remembered = () => [...(Reflect.get(bed.feed, 'jobs') as Map<string, unknown>).keys()];

describe('jobs that there are not, or no longer', () => {
  it('are forgotten with who asked for them by id, though others listen to all', async () => {
    bed.job(1);
    bed.job(2);
    const all = bed.listen();
    const [asking, following] = [bed.listen([7, 8]), bed.listen([1, 2])];
    expect(await asking.told()).toEqual(['gone 7', 'gone 8', 'end']);
    expect(await following.told()).toEqual(['status 1 accepted', 'status 2 accepted']);
    expect(remembered()).toEqual([nameOf(1), nameOf(2)]);
    await all.told();
    bed.cluster.removeJob(nameOf(1));
    await bed.pass(SPACING);
    expect([await all.told(), await following.told()]).toEqual([['gone 1'], ['gone 1']]);
    following.stream.destroy();
    await bed.pass(SPACING);
    expect(remembered()).toEqual([nameOf(2)]);
    bed.run(2);
    await bed.pass(SPACING);
    expect(await all.told()).toEqual(['status 2 running']);
  });
});
