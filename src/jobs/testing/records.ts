import type { JobRecord } from '../model/job-record.js';
import type { ContainerRecord, PodRecord } from '../model/pod-record.js';

export const JOB_ID = '0198c5a0-0000-7000-8000-000000000001';
export const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds));

export function aJob(overrides: Partial<JobRecord> = {}): JobRecord {
  return {
    jobId: JOB_ID,
    name: `pygeoapi-job-${JOB_ID}`,
    uid: 'job-uid',
    resourceVersion: '1',
    processId: 'hello',
    created: at(0),
    deleting: false,
    stopped: false,
    suspended: false,
    failedPods: 0,
    backoffLimit: 0,
    retriesInfrastructure: false,
    attempts: [],
    collection: 'pending',
    startDeadlineSeconds: 600,
    resultsExpired: false,
    mainContainer: 'main',
    messages: {},
    ...overrides,
  };
}

export function aContainer(overrides: Partial<ContainerRecord> = {}): ContainerRecord {
  return { name: 'main', image: 'busybox', init: false, state: 'waiting', hasRun: false, ...overrides };
}

export function anEndedContainer(exitCode: number, overrides: Partial<ContainerRecord> = {}): ContainerRecord {
  return aContainer({
    state: 'terminated',
    hasRun: true,
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: at(2),
    finishedAt: at(5),
    ...overrides,
  });
}

export function aPod(overrides: Partial<PodRecord> = {}): PodRecord {
  return {
    name: `pygeoapi-job-${JOB_ID}-abcde`,
    uid: 'pod-uid',
    resourceVersion: '1',
    jobName: `pygeoapi-job-${JOB_ID}`,
    jobUid: 'job-uid',
    created: at(1),
    deleting: false,
    held: true,
    tracked: true,
    scheduled: true,
    phase: 'Pending',
    containers: [aContainer()],
    ...overrides,
  };
}

export function aSucceededPod(overrides: Partial<PodRecord> = {}): PodRecord {
  return aPod({ phase: 'Succeeded', containers: [anEndedContainer(0)], ...overrides });
}

export function aFailedPod(exitCode: number, overrides: Partial<PodRecord> = {}): PodRecord {
  return aPod({ phase: 'Failed', containers: [anEndedContainer(exitCode)], ...overrides });
}
