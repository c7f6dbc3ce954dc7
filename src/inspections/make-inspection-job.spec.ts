import { describe, expect, it, test } from '@jest/globals';
import { jobIdOf } from '../k8s/names.js';
import { digestOf, makeInspectionJob, type WantedInspection } from './make-inspection-job.js';

const wanted: WantedInspection = {
  entryId: 'notebooks',
  manager: 'pygeoapi-job-manager',
  podSpec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'image:1' }] },
  mainContainerName: 'main',
  deadlineSeconds: 600,
};

describe('the Kubernetes Job of an inspection', () => {
  it('is this', () => {
    const labels = {
      'app.kubernetes.io/managed-by': 'ogc-processes-k8s',
      'app.kubernetes.io/component': 'inspection',
      'processes.pygeoapi.io/manager': 'pygeoapi-job-manager',
      'processes.pygeoapi.io/inspection': digestOf(wanted),
    };
    expect(makeInspectionJob(wanted, { namespace: 'geo', number: 2, failures: 1 })).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `inspect-${digestOf(wanted)}-2`,
        namespace: 'geo',
        labels,
        annotations: {
          'processes.pygeoapi.io/format-version': '1',
          'processes.pygeoapi.io/inspected': 'notebooks',
          'processes.pygeoapi.io/main-container': 'main',
          'processes.pygeoapi.io/inspection-number': '2',
          'processes.pygeoapi.io/inspection-failures': '1',
        },
      },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 600,
        ttlSecondsAfterFinished: 8_640_000,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'main', image: 'image:1' }],
            automountServiceAccountToken: false,
          },
        },
      },
    });
  });

  test.each(['pygeoapi-job-', 'inspect-', ''])('is none of the jobs with the prefix %j', (prefix) => {
    const { metadata } = makeInspectionJob(wanted, { namespace: 'geo', number: 1, failures: 0 });
    expect(jobIdOf(prefix, metadata?.name ?? '')).toBeUndefined();
  });

  test.each<Partial<WantedInspection>>([
    { entryId: 'other' },
    { manager: 'other' },
    { podSpec: { containers: [{ name: 'main', image: 'image:2' }] } },
    { mainContainerName: 'other' },
  ])('is another with another %j, but not with another deadline', (change) => {
    expect(digestOf({ ...wanted, ...change })).not.toBe(digestOf(wanted));
    expect(digestOf({ ...wanted, deadlineSeconds: 5 })).toBe(digestOf(wanted));
  });
});
