import { beforeAll, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { AdmissionService } from './admission.service.js';
import { AdmissionBed, nameOf } from './testing/admission-bed.js';

beforeAll(() => Logger.overrideLogger(false));

it('starts a job whose turn it took and could not carry out before it led no more, once it leads again', async () => {
  const bed = new AdmissionBed({ maxRunning: 1 });
  bed.addJob('a');
  const { patchJob } = bed.cluster.client;
  let isAway = true;
  bed.cluster.client.patchJob = async (...given) => {
    if (isAway) throw new KubernetesError('unavailable', 'the webhook is away', 503);
    return patchJob(...given);
  };
  const { cache, line, reconciler, leader } = bed.server();
  let tell = (_isLeader: boolean): void => undefined;
  const election = Object.assign(leader, {
    start: () => undefined,
    onChange: (listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    },
  });
  const queues = new WorkQueues();
  const service = new AdmissionService(cache, line, reconciler, election as unknown as LeaderElection, queues);
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  service.onModuleInit();
  await settle();
  expect(bed.starts).toEqual([]);
  isAway = false;
  election.isLeader = false;
  tell(false);
  election.isLeader = true;
  tell(true);
  await settle();
  expect(bed.starts).toEqual([nameOf(1)]);
  await service.beforeApplicationShutdown();
});
