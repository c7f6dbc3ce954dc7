import { describe, expect, it } from '@jest/globals';
import type { PodRecord } from '../jobs/model/pod-record.js';
import { at } from '../jobs/testing/records.js';
import { RunningUse } from './running-use.js';

const pod = (end?: number, uid = 'uid') =>
  ({
    name: 'pod',
    uid,
    containers: [{ name: 'main', startedAt: at(0), ...(end === undefined ? {} : { finishedAt: at(end) }) }],
  }) as unknown as PodRecord;
const metrics = (seconds: number, cpu: string, memory: string, window = '15s') => ({
  metadata: { name: 'pod' },
  timestamp: at(seconds).toISOString(),
  window,
  containers: [{ usage: { cpu, memory } }, { usage: { cpu: '0', memory: '0' } }],
});

describe('what is sampled of a pod that runs', () => {
  it('is the mean over its run, each sample for the time since the one before', () => {
    const use = new RunningUse();
    use.add(pod(), metrics(20, '500m', '100Mi', '20s'));
    use.add(pod(), metrics(30, '2', '300Mi', '10.2s'));
    expect(use.of(pod(60))).toEqual({
      cpuSeconds: 60,
      memoryByteSeconds: ((100 * 20 + 300 * 10) / 30) * 60 * 1024 ** 2,
      memoryPeakBytes: 300 * 1024 ** 2,
      samples: 2,
    });
  });

  it('counts from its own window on where whoever samples did not see it from the beginning', () => {
    const use = new RunningUse();
    use.add(pod(), metrics(1000, '1', '1Ki', '1m10s'));
    use.add(pod(), metrics(1070, '3', '1Ki'));
    expect(use.of(pod(2000))).toMatchObject({ cpuSeconds: 4000, samples: 2 });
  });

  it('is of no init containers, of which the last sample is told once the others have begun', () => {
    const use = new RunningUse();
    const prepared = (end?: number) => {
      const [main] = pod(end).containers;
      const prepares = { name: 'prepares', init: true, startedAt: at(0), finishedAt: at(600) };
      return { ...pod(end), containers: [prepares, { ...main, startedAt: at(601) }] } as unknown as PodRecord;
    };
    use.add(prepared(), metrics(595, '8', '8Gi'));
    expect(use.size).toBe(0);
    use.add(prepared(), metrics(611, '2', '1Ki', '20s'));
    use.add(prepared(), metrics(621, '1', '1Ki'));
    expect(use.of(prepared(661))).toEqual({
      cpuSeconds: 90,
      memoryByteSeconds: 60 * 1024,
      memoryPeakBytes: 1024,
      samples: 2,
    });
  });

  it('adds up the containers, and is exact where metrics are in billionths', () => {
    const use = new RunningUse();
    use.add(pod(), {
      ...metrics(10, '0', '0'),
      containers: [{ usage: { cpu: '123456789n', memory: '5Ki' } }, { usage: { memory: '1Ki' } }],
    });
    expect(use.of(pod(10))).toEqual({ cpuSeconds: 1.235, memoryByteSeconds: 61440, memoryPeakBytes: 6144, samples: 1 });
  });

  it('takes no sample twice, none of before its start, and none of a pod of the same name', () => {
    const use = new RunningUse();
    use.add(pod(), metrics(-5, '9', '9Gi'));
    expect(use.size).toBe(0);
    for (const cpu of ['1', '5']) use.add(pod(), metrics(15, cpu, '1Mi'));
    expect(use.of(pod(30))).toMatchObject({ cpuSeconds: 30, samples: 1 });
    expect(use.of(pod(30, 'another'))).toBeUndefined();
    use.add(pod(undefined, 'another'), metrics(20, '2', '1Mi'));
    expect(use.of(pod(30, 'another'))).toMatchObject({ cpuSeconds: 60, samples: 1 });
  });

  it('is nothing without a sample, and before the end', () => {
    const use = new RunningUse();
    expect(use.of(pod(30))).toBeUndefined();
    use.add(pod(), metrics(15, '1', '1Mi'));
    expect(use.of(pod())).toBeUndefined();
  });

  it('is forgotten with the pod', () => {
    const use = new RunningUse();
    use.add(pod(), metrics(15, '1', '1Mi'));
    use.forget(() => true);
    expect(use.size).toBe(1);
    use.forget(() => false);
    expect(use.size).toBe(0);
  });
});
