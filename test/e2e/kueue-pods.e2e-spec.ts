import { expect, it } from '@jest/globals';
import { describeWithKueue, type TestQueues, withQueues } from '../support/kueue.js';
import { type StatusInfo, type TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

type Attempted = StatusInfo & {
  readonly attempts?: readonly {
    readonly cause: { readonly type: string; readonly message: string };
    readonly uncounted?: true;
  }[];
};

/** Kueue's integration of pods takes those with its label, whatever made them. */
const processes = (queues: TestQueues) => `
  of-pods:
    type: process
    processor: &pods
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute, dismiss] }
      command:
        - sh
        - -c
        - >-
          trap 'echo asked to end; exit 143' TERM; run=$(cat /proc/sys/kernel/random/uuid); echo working $run;
          i=0; while [ $i -lt 12 ]; do i=$((i+1)); sleep 1; done; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result $run
      resources: { requests: { cpu: 800m }, limits: { cpu: 800m } }
      pod_labels: { kueue.x-k8s.io/queue-name: batch, kueue.x-k8s.io/priority-class: ${queues.low} }
      retries: 2
  urgent:
    type: process
    processor:
      <<: *pods
      command: [sh, -c, "sleep 15"]
      pod_labels: { kueue.x-k8s.io/queue-name: batch, kueue.x-k8s.io/priority-class: ${queues.high} }
`;

describeWithKueue('a job whose pods are queued by the pod integration of a real Kueue', () => {
  let bed: TestBed;
  withQueues(processes, (made) => (bed = made));

  const seen = (what: string, id: string, test: (status: Attempted) => boolean) =>
    eventually(
      what,
      async () => {
        const status = (await bed.status(id)) as Attempted;
        return test(status) ? status : Promise.reject(new Error(JSON.stringify(status)));
      },
      120_000,
    );

  it('is preempted, which is counted, says so in words of Kueue, and is tried again', async () => {
    const id = await bed.submit('of-pods');
    await eventually('its first line', async () => (await bed.log(id)).includes('working'), 120_000);
    const urgent = await bed.submit('urgent');
    const preempted = {
      cause: {
        type: 'preempted',
        message: expect.stringMatching(/queueing system: Preempted to accommodate a workload/),
      },
    };
    const again = await seen('the attempt', id, ({ attempts }) => attempts?.length === 1);
    expect(again).toMatchObject({
      status: 'running',
      message: expect.stringMatching(/^Attempt [12] of at most 3/),
      attempts: [preempted],
    });
    expect(again).not.toHaveProperty('attempts.0.uncounted');
    await seen('its next pod waiting', id, ({ message }) => /its queueing system lets it run/.test(message));
    await bed.delete(`/jobs/${urgent}`);
    expect(await seen('its end', id, ({ finished }) => finished !== undefined)).toMatchObject({
      status: 'successful',
      attempts: [preempted],
    });
    await bed.cluster.allReleased();
    const [first = '', last = ''] = await Promise.all(
      ['?attempt=1', ''].map(async (query) => (await bed.get(`/jobs/${id}/logs${query}`)).text()),
    );
    const result = await bed.result(id);
    expect(last).toContain(result);
    expect(first).toMatch(/working \S+\nasked to end/);
    expect(result).not.toContain(/working (\S+)/.exec(first)?.[1]);
  });
});
