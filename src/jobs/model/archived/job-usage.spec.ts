import { describe, expect, it } from '@jest/globals';
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { at } from '../../testing/records.js';
import type { JobAttempt } from '../job-outcome.js';
import { usageOf } from './job-usage.js';

const container = (cpu?: string, memory?: string, more: Partial<V1Container> = {}): V1Container => ({
  name: 'main',
  resources: { requests: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } },
  ...more,
});
const kubeJob = (spec: V1PodSpec) => ({ spec: { template: { spec } } });
const attempt = (started: number | undefined, finished: number) =>
  ({ started: started && at(started).toISOString(), finished: at(finished).toISOString() }) as JobAttempt;
const ran = { started: at(2), finished: at(12) };
const of = (spec: V1PodSpec) => usageOf(kubeJob(spec), { attempts: [] }, ran);

describe('what a job took', () => {
  it('is, beside what it requested, what its pods used, as far as that was measured', () => {
    const used = (cpuSeconds: number, memoryByteSeconds: number) => ({
      cpuSeconds,
      memoryByteSeconds,
      memoryPeakBytes: memoryByteSeconds,
      samples: 1,
    });
    const spec = { containers: [container('1')] };
    const attempts = [
      { ...attempt(2, 5), used: used(1, 2e9) },
      attempt(6, 7),
      { ...attempt(8, 9), used: 'much' as never },
    ];
    const measured = { usedCpuSeconds: 1.25, usedMemoryByteSeconds: 2.5e9 };
    expect(usageOf(kubeJob(spec), { attempts }, ran, used(0.25, 5e8))).toMatchObject(measured);
    expect(usageOf(kubeJob(spec), { attempts: [] }, ran)).not.toHaveProperty('usedCpuSeconds');
  });

  it.each([
    ['nothing is requested', { containers: [container()] }, 0, 0],
    ['it is requested', { containers: [container('500m', '1.5Gi')] }, 0.5, 1.5 * 1024 ** 3],
    ['several containers run', { containers: [container('1', '1k'), container('250m', '1e3')] }, 1.25, 2000],
    ['it is small', { containers: [container('1m', '64Ki')] }, 0.001, 64 * 1024],
    [
      'a limit stands for the request',
      { containers: [container(undefined, undefined, { resources: { limits: { cpu: '2', memory: '64Mi' } } })] },
      2,
      64 * 1024 ** 2,
    ],
    [
      'the first containers want more',
      {
        containers: [container('1')],
        initContainers: [container('3', '1'), container('100u', '2M', { restartPolicy: 'Always' })],
      },
      3,
      2e6,
    ],
    ['it is no quantity', { containers: [container('much', '-')] }, 0, 0],
  ])('is what its pod requests for as long as it ran where %s', (_, spec, cpu, memory) => {
    expect(of(spec)).toEqual({ seconds: 10, cpuSeconds: cpu * 10, memoryByteSeconds: memory * 10 });
  });

  it('counts each attempt, and not what is between them where that is known', () => {
    const spec = { containers: [container('1')] };
    const attempts = [attempt(2, 5), attempt(undefined, 6)];
    expect(usageOf(kubeJob(spec), { attempts }, ran).seconds).toBe(3 + 6);
    expect(usageOf(kubeJob(spec), { attempts, resumed: at(10) }, ran).seconds).toBe(3 + 2);
    expect(usageOf(kubeJob(spec), { attempts: [] }, { finished: at(5) })).toEqual({
      seconds: 0,
      cpuSeconds: 0,
      memoryByteSeconds: 0,
    });
  });
});
