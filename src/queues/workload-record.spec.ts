import { describe, expect, it } from '@jest/globals';
import { toWorkloadRecord, type Workload } from './workload-record.js';

const condition = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  at = '2026-01-01T12:00:10Z',
) => ({ type, status, reason, message, lastTransitionTime: at }) as never;

function workload(conditions: readonly never[], spec: Workload['spec'] = {}): Workload {
  return {
    metadata: {
      name: 'job-a-e1020',
      creationTimestamp: '2026-01-01T12:00:00Z' as never,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'a', uid: 'job-uid', controller: true }],
    },
    spec: { active: true, queueName: 'batch', ...spec },
    status: { conditions },
  };
}
const pending = condition('QuotaReserved', 'False', 'Pending', "couldn't assign flavors: insufficient unused quota.");
const preempted = condition('Evicted', 'True', 'Preempted', 'Preempted to accommodate a workload');

describe('a Workload of Kueue', () => {
  it('stands for the Job that controls it, or is of no interest', () => {
    expect(toWorkloadRecord(workload([], { priority: 10 }))).toMatchObject({
      jobName: 'a',
      jobUid: 'job-uid',
      priority: 10,
    });
    const ofPod = {
      ...workload([]),
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] },
    };
    expect(toWorkloadRecord(ofPod)).toBeUndefined();
  });

  it.each([
    ['has just been made', [], { reason: 'Pending', since: '2026-01-01T12:00:00Z' }],
    [
      'lacks quota',
      [pending],
      {
        reason: 'Pending',
        message: "couldn't assign flavors: insufficient unused quota",
        since: '2026-01-01T12:00:00Z',
      },
    ],
    [
      'has quota, and is still to be checked',
      [
        condition('QuotaReserved', 'True', 'QuotaReserved', 'Quota reserved in ClusterQueue a'),
        condition('Admitted', 'False', 'NoChecks', ''),
      ],
      { reason: 'QuotaReserved', message: 'Quota reserved in ClusterQueue a', since: '2026-01-01T12:00:00Z' },
    ],
    [
      'was preempted',
      [pending, preempted, condition('Admitted', 'False', 'NoReservation', 'The workload has no reservation')],
      {
        reason: 'Pending',
        message: "couldn't assign flavors: insufficient unused quota",
        since: '2026-01-01T12:00:10Z',
        evicted: { reason: 'Preempted', message: 'Preempted to accommodate a workload' },
      },
    ],
  ])('waits where it %s', (_, conditions, waiting) => {
    expect(toWorkloadRecord(workload(conditions))?.waiting).toEqual(waiting);
  });

  it('waits where it is deactivated, whatever else it says', () => {
    const record = toWorkloadRecord(workload([pending], { active: false }));
    expect(record?.waiting).toEqual({ reason: 'Deactivated', since: '2026-01-01T12:00:00Z' });
  });

  it('says the last time that it lost its place, also when it is admitted again', () => {
    const at = '2026-01-01T12:00:10Z';
    const eviction = { reason: 'Preempted', message: 'Preempted to accommodate a workload', at };
    expect(toWorkloadRecord(workload([pending, preempted]))?.eviction).toEqual({ ...eviction, admittedAgain: false });
    // As Kueue 0.17 has it.
    const over = condition('Evicted', 'False', 'QuotaReserved', `Previously: ${eviction.message}`);
    const requeued = condition('Requeued', 'True', 'Preempted', eviction.message);
    const again = { ...eviction, admittedAgain: true };
    expect(toWorkloadRecord(workload([over, requeued]))?.eviction).toEqual(again);
    expect(toWorkloadRecord(workload([over]))?.eviction).toEqual({ ...again, reason: 'Evicted' });
    expect(toWorkloadRecord(workload([pending]))).not.toHaveProperty('eviction');
  });

  it('does not wait once it is admitted, though it was preempted before', () => {
    const again = [preempted, condition('Admitted', 'True', 'Admitted', 'The workload is admitted')];
    expect(toWorkloadRecord(workload(again))).not.toHaveProperty('waiting');
  });
});
