import { describe, expect, it } from '@jest/globals';
import { whatFailed, whatHolds } from './pod-reasons.js';

const status = (name: string, state: object) => ({
  name,
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
});

describe('what holds a pod', () => {
  it('is a container that waits for more than its turn, else that no node takes it', () => {
    const creating = status('main', { waiting: { reason: 'ContainerCreating' } });
    const conditions = [{ type: 'PodScheduled', status: 'False', message: 'no nodes' }];
    expect(whatHolds(undefined)).toBeUndefined();
    expect(whatHolds({ status: { containerStatuses: [creating] } })).toBeUndefined();
    expect(whatHolds({ status: { conditions } })).toBe('No node takes the pod: no nodes');
    const init = status('git', { waiting: { reason: 'CreateContainerConfigError', message: 'x'.repeat(600) } });
    const told = whatHolds({ status: { initContainerStatuses: [init], containerStatuses: [creating] } });
    expect([told?.slice(0, 60), told?.length]).toEqual([
      'Container "git" does not start: CreateContainerConfigError: xxx'.slice(0, 60),
      500,
    ]);
  });
});

describe('what failed of a pod', () => {
  it('is the first container that ended badly, init containers first', () => {
    const good = status('main', { terminated: { exitCode: 0 } });
    const bad = status('git', { terminated: { exitCode: 128, message: ' no such revision\n' } });
    expect(whatFailed({ status: { initContainerStatuses: [bad], containerStatuses: [good] } })).toBe(
      'no such revision',
    );
    expect(whatFailed({ status: { containerStatuses: [good] } })).toBeUndefined();
  });
});
