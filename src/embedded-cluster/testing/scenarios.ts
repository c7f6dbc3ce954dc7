import { expect } from '@jest/globals';
import type { V1PodSpec } from '@kubernetes/client-node';
import { isTerminal, type ClusterEvent, type Job, type Pod } from '../objects/kubernetes-object.js';
import { ApiClient } from './api-client.js';

type Container = V1PodSpec['containers'][number];

/** One namespace of a cluster, embedded or real, with what scenarios need. */
export class Scenario {
  constructor(
    readonly client: ApiClient,
    readonly namespace: string,
  ) {}

  get jobs(): string {
    return `/apis/batch/v1/namespaces/${this.namespace}/jobs`;
  }

  get pods(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`;
  }

  get events(): string {
    return `/api/v1/namespaces/${this.namespace}/events`;
  }

  async createJob(
    name: string,
    template: Partial<V1PodSpec>,
    spec: object = {},
    podMetadata: object = {},
  ): Promise<Job> {
    const { code, body } = await this.client.call<Job>('POST', this.jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: {
        backoffLimit: 0,
        ...spec,
        template: {
          metadata: podMetadata,
          spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, ...template },
        },
      },
    });
    expect({ code, reason: (body as { message?: string }).message }).toEqual({ code: 201, reason: undefined });
    return body;
  }

  /** Waits, by a watch, until the Job is as told; fails after a minute. @returns every state that was seen */
  async jobUntil(name: string, holds: (job: Job) => boolean): Promise<Job[]> {
    return this.until<Job>(this.jobs, `metadata.name=${name}`, '', holds);
  }

  async jobEnded(name: string): Promise<Job> {
    const states = await this.jobUntil(name, (job) =>
      (job.status.conditions ?? []).some(({ type }) => type === 'Complete' || type === 'Failed'),
    );
    return last(states);
  }

  async podUntil(job: string, holds: (pod: Pod) => boolean): Promise<Pod> {
    return last(await this.until<Pod>(this.pods, '', `job-name=${job}`, holds));
  }

  async podEnded(job: string): Promise<Pod> {
    return this.podUntil(job, isTerminal);
  }

  async podsOf(job: string): Promise<Pod[]> {
    return (await this.client.call<{ items: Pod[] }>('GET', `${this.pods}?labelSelector=job-name%3D${job}`)).body.items;
  }

  async eventReasons(kind: string, name: string, awaited: string): Promise<string[]> {
    const fields = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const seen = await this.until<ClusterEvent>(this.events, fields, '', ({ reason }) => reason === awaited);
    return seen.map(({ reason = '' }) => reason);
  }

  private async until<T>(path: string, fields: string, labels: string, holds: (object: T) => boolean): Promise<T[]> {
    const query = new URLSearchParams({
      watch: 'true',
      timeoutSeconds: '60',
      fieldSelector: fields,
      labelSelector: labels,
    });
    const events = await this.client.watch<T>(
      `${path}?${query.toString()}`,
      ({ object, type }) => type !== 'DELETED' && holds(object),
    );
    const objects = events.map(({ object }) => object);
    const end = objects.at(-1);
    if (end === undefined || !holds(end))
      throw new Error(`not seen within a minute at ${path}; last: ${JSON.stringify(end)}`);
    return objects;
  }
}

function last<T>(list: readonly T[]): T {
  const item = list.at(-1);
  if (item === undefined) throw new Error('empty');
  return item;
}

export function shell(script: string, more: Partial<Container> = {}): Container {
  return { name: 'main', image: 'busybox', command: ['sh', '-c', script], ...more };
}

/** What differs from one run to the next, left out. */
export function essence(job: Job): object {
  const { conditions, startTime, completionTime, ...counts } = job.status;
  return {
    ...counts,
    started: startTime !== undefined,
    completed: completionTime !== undefined,
    conditions: (conditions ?? []).map(({ type, status, reason, message }) => ({ type, status, reason, message })),
  };
}

/** What differs from one run to the next, left out. */
export function podEssence(pod: Pod): object {
  const { phase, reason, conditions, containerStatuses, initContainerStatuses } = pod.status;
  const container = ({
    name,
    ready,
    started,
    restartCount,
    state,
  }: NonNullable<typeof containerStatuses>[number]): object => ({
    name,
    ready,
    started,
    restartCount,
    state: state.terminated
      ? { exitCode: state.terminated.exitCode, reason: state.terminated.reason }
      : state.waiting
        ? { waiting: state.waiting.reason }
        : 'running',
  });
  return {
    phase,
    reason,
    conditions: Object.fromEntries(
      (conditions ?? []).map(({ type, status, reason: why }) => [type, why ? `${status} ${why}` : status]),
    ),
    init: (initContainerStatuses ?? []).map(container),
    containers: (containerStatuses ?? []).map(container),
  };
}
