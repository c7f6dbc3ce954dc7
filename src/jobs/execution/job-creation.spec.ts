import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import type { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError, type KubernetesFailure } from '../../k8s/client/kubernetes-error.js';
import { MisconfiguredError, UnavailableError } from '../../ogc/domain-errors.js';
import { JobCreation, MOST_CREATIONS } from './job-creation.js';
import type { JobSecrets } from './job-secrets.js';

const kubeJob: V1Job = { metadata: { name: 'the-job' } };
const existing: V1Job = { metadata: { name: 'the-job', uid: 'existing' } };
const made: V1Job = { metadata: { name: 'the-job', uid: 'made' } };

/** Answers of the API server to one POST after the other. */
function creationWith(answers: (V1Job | KubernetesError | Promise<V1Job>)[], found: V1Job | undefined = existing) {
  const calls: string[] = [];
  const client = {
    createJob: async () => {
      calls.push('create');
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof KubernetesError) throw answer;
      return answer;
    },
    getJob: async () => (calls.push('get'), found),
  } as unknown as KubernetesClient;
  return { calls, creation: new JobCreation(client, withoutSecrets) };
}
const withoutSecrets = {} as JobSecrets;
const refusal = (failure: KubernetesFailure, message = '', status?: number, retryAfter?: number) =>
  new KubernetesError(failure, message, status, retryAfter);
const noAnswer = refusal('unavailable', 'ECONNRESET');
const taken = refusal('already-exists', '', 409);

describe('the creation of a Job', () => {
  it('gives what was made', async () =>
    expect(await creationWith([made]).creation.create(kubeJob, 'hello')).toBe(made));

  it('gives the Job that has the name already', async () => {
    const { creation, calls } = creationWith([taken]);
    expect(await creation.create(kubeJob, 'hello')).toBe(existing);
    expect(calls).toEqual(['create', 'get']);
  });

  it('is asked for again where the answer did not come, and finds what was made', async () => {
    const { creation, calls } = creationWith([noAnswer, taken], made);
    expect(await creation.create(kubeJob, 'hello')).toBe(made);
    expect(calls).toEqual(['create', 'create', 'get']);
  });

  it('is tried again where the Job that had the name is gone', async () => {
    const answers = [taken, made];
    const client = {
      createJob: async () => {
        const answer = answers.shift();
        if (answer instanceof KubernetesError) throw answer;
        return answer;
      },
      getJob: async () => undefined,
    } as unknown as KubernetesClient;
    expect(await new JobCreation(client, withoutSecrets).create(kubeJob, 'hello')).toBe(made);
  });

  it.each([
    [refusal('too-many-requests', 'slow down', 429, 7), 7, /asked too much/],
    [refusal('too-many-requests', 'slow down', 429), 1, /asked too much/],
    [refusal('forbidden', 'jobs.batch "x" is forbidden: exceeded quota: jobs, used: 1', 403), 30, /quota/],
    [refusal('forbidden', 'jobs.batch "x" is forbidden: status unknown for quota: jobs', 403), 30, /quota/],
    [refusal('conflict', 'Operation cannot be fulfilled on resourcequotas', 409), 1, /nothing was created/],
    [refusal('unavailable', 'etcd away', 503, 3), 3, /nothing was created/],
    [refusal('failed', 'etcdserver: request timed out', 500), 5, /nothing was created/],
    [
      refusal(
        'failed',
        'Internal error occurred: failed calling webhook "mjob.kb.io": failed to call webhook: Post',
        500,
      ),
      5,
      /webhook "mjob\.kb\.io" does not answer; nothing was created/,
    ],
    [noAnswer, 5, /is not known/],
  ])('that fails with %s can be tried again after %s seconds', async (error, seconds, message) => {
    const failure = await creationWith([error])
      .creation.create(kubeJob, 'hello')
      .catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(UnavailableError);
    expect(failure).toMatchObject({ retryAfterSeconds: seconds, message: expect.stringMatching(message) });
  });

  it.each([
    refusal('forbidden', 'jobs.batch is forbidden: User "x" cannot create', 403),
    refusal('invalid', 'spec.template', 422),
    refusal('not-found', 'namespaces "x" not found', 404),
  ])('that fails with %s cannot', async (error) =>
    expect(creationWith([error]).creation.create(kubeJob, 'hello')).rejects.toBeInstanceOf(MisconfiguredError),
  );

  it('is refused while too many others wait, and goes on once they do not', async () => {
    let answer: (job: V1Job) => void = () => undefined;
    const { creation } = creationWith([new Promise<V1Job>((resolve) => (answer = resolve))]);
    const waiting = Array.from({ length: MOST_CREATIONS }, () => creation.create(kubeJob, 'hello'));
    await expect(creation.create(kubeJob, 'hello')).rejects.toMatchObject({ retryAfterSeconds: 1 });
    answer(made);
    await Promise.all(waiting);
    expect(await creation.create(kubeJob, 'hello')).toBe(made);
  });
});
