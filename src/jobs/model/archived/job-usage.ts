import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import type { JobUsage } from '../../../archive/records/archived-job.js';
import { scalarOf } from '../../../k8s/quantity.js';
import type { JobRecord } from '../job-record.js';
import { allUsed, toUsed, type Used } from '../run/used.js';

type Resource = 'cpu' | 'memory';

/**
 * What a job that has ended took: what its pod template requests, for as long as its containers ran. Of attempts that were noted each
 * counts from its own start; of the last one only the end is known, so that it counts from the job's start, the end of the one before, or
 * from when its Job was resumed, whatever was last.
 * @param used what the last pod used, where the cluster told
 */
export function usageOf(
  kubeJob: V1Job,
  { attempts, resumed }: Pick<JobRecord, 'attempts' | 'resumed'>,
  { started, finished }: { readonly started?: Date; readonly finished: Date },
  used?: Used,
): JobUsage {
  const ran = attempts.map((attempt) =>
    attempt.started === undefined ? 0 : Date.parse(attempt.finished) - Date.parse(attempt.started),
  );
  const before = attempts.map((attempt) => Date.parse(attempt.finished));
  const from = Math.max(started?.getTime() ?? Infinity, resumed instanceof Date ? resumed.getTime() : 0, ...before);
  const milliseconds = [...ran, finished.getTime() - from].reduce((sum, each) => sum + Math.max(0, each), 0);
  const seconds = milliseconds / 1000;
  const measured = allUsed([...attempts.map((attempt) => toUsed(attempt.used)), used]);
  const pod = kubeJob.spec?.template.spec;
  return {
    seconds,
    cpuSeconds: requestOf(pod, 'cpu') * seconds,
    memoryByteSeconds: requestOf(pod, 'memory') * seconds,
    ...(measured ? { usedCpuSeconds: measured.cpuSeconds, usedMemoryByteSeconds: measured.memoryByteSeconds } : {}),
  };
}

/** As the scheduler counts it: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers */
function requestOf(pod: V1PodSpec | undefined, resource: Resource): number {
  if (!pod) return 0;
  const of = (container: V1Container) =>
    scalarOf(container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource]);
  const sum = (containers: readonly V1Container[]) => containers.reduce((all, each) => all + of(each), 0);
  const isSidecar = ({ restartPolicy }: V1Container) => restartPolicy === 'Always';
  const initial = pod.initContainers ?? [];
  const together = sum(pod.containers ?? []) + sum(initial.filter(isSidecar));
  const first = Math.max(0, ...initial.filter((each) => !isSidecar(each)).map(of));
  return Math.max(together, first) + scalarOf(pod.overhead?.[resource]);
}
