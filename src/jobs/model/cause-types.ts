import { Injectable } from '@nestjs/common';
import { ProblemTypes, type ProblemTypeText } from '../../ogc/problem-types.js';
import type { CauseType } from './job-outcome.js';

/** Causes for which jobs fail, as the types of problems that their results are answered with. */
const CAUSES: Readonly<Record<CauseType, ProblemTypeText>> = {
  'image-pull-failed': {
    title: 'The image cannot be pulled',
    status: 500,
    meaning:
      "The cluster could not pull the container image of the process within its start deadline. The job's program never ran.",
    remedies: [
      'Operator: check the name and the tag of the image, and that its registry answers.',
      'Operator: for a private registry, add image_pull_secrets to the process.',
      'Try again where the registry was away for a while.',
    ],
  },
  unschedulable: {
    title: 'No node can take the job',
    status: 500,
    meaning:
      'No node of the cluster had the room, or the properties, that the process asks for before its start deadline was over.',
    remedies: [
      'Try again later: other jobs may hold the room.',
      'Operator: lower resources.requests of the process, check its node_selector, tolerations and volumes, or add nodes.',
      'Operator: raise start_deadline_seconds where nodes are added on demand.',
    ],
  },
  'not-started': {
    title: 'The job did not start in time',
    status: 500,
    meaning:
      'The containers of the job were not running when its start deadline was over, for a reason that the cluster did not name more exactly.',
    remedies: [
      'Try again.',
      'Operator: look at the events of the pod; raise start_deadline_seconds where starting takes long.',
    ],
  },
  'not-admitted': {
    title: 'The job waited too long',
    status: 500,
    meaning:
      'The job was still waiting in its queue, or suspended, when the time was over that its process lets it wait (queue_deadline_seconds). It does not start any more.',
    remedies: [
      'Try again later, or with a higher priority where the process offers one.',
      'Operator: raise queue_deadline_seconds, or the quota of the queue; see the message for what was lacking.',
    ],
  },
  'queue-not-found': {
    title: 'There is no such queue',
    status: 500,
    meaning: 'The queue in which the job was to wait does not exist, or not any more, or takes no jobs.',
    remedies: ['Operator: make the LocalQueue that queue_name names in the namespace of the jobs, or name another.'],
  },
  deactivated: {
    title: 'The job was put aside',
    status: 500,
    meaning:
      'The queueing system, or an administrator, put the job aside (its Workload was deactivated), and nobody put it back in time.',
    remedies: [
      'Operator: the message says why; set spec.active of the Workload to put such a job back while it waits.',
      'Operator: where pods did not become ready in time, look at what kept them.',
    ],
  },
  'container-not-created': {
    title: 'The container cannot be created',
    status: 500,
    meaning:
      'The image was there, but its container could not be made or started: the command does not exist, a volume, secret or config map is missing, or the security context is refused.',
    remedies: [
      'Operator: the message of the cause says what the cluster refused; correct the definition of the process.',
    ],
  },
  'out-of-memory': {
    title: 'The job ran out of memory',
    status: 500,
    meaning: 'A container used more memory than its limit allows and was killed.',
    remedies: ['Execute with less input.', 'Operator: raise resources.limits.memory of the process.'],
  },
  'deadline-exceeded': {
    title: 'The job ran too long',
    status: 500,
    meaning: 'The job ran longer than its deadline allows and was ended.',
    remedies: ['Execute with less input.', 'Operator: raise active_deadline_seconds of the process.'],
  },
  evicted: {
    title: 'The job was evicted',
    status: 500,
    meaning:
      'The cluster took the job off its node: the node ran short of memory or disk, was drained, or something more urgent needed the room.',
    remedies: [
      'Execute again: nothing is wrong with the request.',
      'Operator: set resources.requests to what the process really needs, and retries above 0 so that the cluster tries again by itself.',
    ],
  },
  'pod-deleted': {
    title: 'The pod was deleted',
    status: 500,
    meaning: 'Somebody or something deleted the pod of the job while it ran.',
    remedies: ['Execute again.', 'Operator: find out who deletes pods of this namespace.'],
  },
  preempted: {
    title: 'The job was preempted',
    status: 500,
    meaning:
      'A queueing system of the cluster took the place of the job for another one. Where its whole Job waits in a queue that run does not count, and another follows.',
    remedies: [
      'Wait, where another attempt follows; else execute again: nothing is wrong with the request.',
      'Operator: set retries above 0 so that the cluster tries again by itself, or a higher priority.',
    ],
  },
  suspended: {
    title: 'The job was suspended',
    status: 500,
    meaning:
      'The Job was suspended while it ran, by a queueing system or by hand. That run does not count; the next begins when the Job is resumed.',
    remedies: [
      'Wait.',
      'Operator: spec.suspend of the Job says whether it is suspended; resume it, or look at its queue.',
    ],
  },
  'non-zero-exit': {
    title: 'The program failed',
    status: 500,
    meaning: "The job's program ended with an exit code other than 0, which says that it failed.",
    remedies: [
      'Read the log of the job: its last lines mostly say why.',
      'Check the inputs; the exit code stands in the cause of the job.',
    ],
  },
  'result-lost': {
    title: 'The result was lost',
    status: 500,
    meaning:
      'The job ended, but its log, in which the result stands, could not be read to its beginning or at all before it was gone.',
    remedies: [
      'Execute again.',
      'Operator: let processes with large output write their result to a file; keep the finalizer of this server running.',
    ],
  },
  'result-too-large': {
    title: 'The result is too large',
    status: 500,
    meaning:
      'The result is larger than what can be kept: without an object store it has to fit an annotation of the Job.',
    remedies: ['Ask for less output.', 'Operator: configure an object store.'],
  },
  'result-damaged': {
    title: 'The result is damaged',
    status: 500,
    meaning:
      'What was collected of a result is not what the job said that it is: its size, its digest or its encoding does not fit. Nothing of it is served.',
    remedies: [
      'Execute again.',
      "Operator: the message names the output, what was expected and what was found; correct the image's markers where it always fails.",
    ],
  },
  'record-disputed': {
    title: 'What is recorded of the job is not believed',
    status: 500,
    meaning:
      'The job has ended, but what stands on its Job about its outcome or results was not written by a server, or belongs to another job. It is not shown, and nothing is made anew of it.',
    remedies: [
      'Execute again.',
      'Operator: find out who changed the annotations that the message names; take away the right to patch Jobs.',
      'Operator: put back the annotations that were changed, and their signatures; or delete the job.',
    ],
  },
  'result-incomplete': {
    title: 'The result is incomplete',
    status: 500,
    meaning:
      'The job ended while a file that it uploaded as a result was not whole; or a result that was whole is shorter in the object store now.',
    remedies: [
      'Execute again.',
      'Operator: let the image wait until its uploads have ended, and fail when one fails.',
      'Operator: of a job that is successful, look at the object, whose key "detail" of the problem names.',
    ],
  },
  'result-invalid': {
    title: 'The results contradict the description',
    status: 500,
    meaning:
      'The job gave a result for an output that its process does not have, one output twice, or, where its process has results validated, one that does not fit its media type or schema.',
    remedies: [
      "Operator: bring the image's output ids and the outputs in the definition of the process together.",
      'Operator: result_validation: warn tells of results that do not fit in the status only.',
    ],
  },
  'result-missing': {
    title: 'A result is missing',
    status: 500,
    meaning: 'The job ended well and gave no result for an output, although its process demands one.',
    remedies: [
      'Execute again.',
      'Operator: correct the image, or the outputs in the definition of the process; result_validation: warn tells of it in the status only.',
    ],
  },
  failed: {
    title: 'The job failed',
    status: 500,
    meaning: 'The job failed, and the cluster says nothing more exact about it.',
    remedies: ['Read the message and the log of the job.', 'Execute again.'],
  },
};

/** Every cause. */
export const CAUSE_TYPES: readonly CauseType[] = Object.keys(CAUSES) as CauseType[];

/** Documents the causes of failed jobs at the addresses that their problems carry. */
@Injectable()
export class CauseTypes {
  constructor(types: ProblemTypes) {
    types.add(CAUSES);
  }
}
