import type { TestQueues } from '../support/kueue.js';

/** A process whose jobs wait in a queue of Kueue, one after another: asked to end, it ends well, and without a result. */
export const queued = (queues: TestQueues) => `
  queued:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute, dismiss] }
      command:
        - sh
        - -c
        - >-
          trap 'exit 0' TERM; echo begun; i=0; while [ $i -lt 8 ]; do i=$((i+1)); sleep 1; done;
          echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo result of $PYGEOAPI_JOB_ID
      resources: { requests: { cpu: 800m }, limits: { cpu: 800m } }
      queue_name: batch
      queue_priority: ${queues.low}
      allowed_queue_priorities: [${queues.high}]
`;
