import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import type { Configuration } from '../../config/configuration.js';
import type { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../../k8s/names.js';
import { JobCreation } from './job-creation.js';
import { JobSecrets } from './job-secrets.js';

const secret: V1Secret = { metadata: { name: 'job-1' }, stringData: { a: 'b' } };
const made = (annotations = {}): V1Job => ({ metadata: { name: 'job-1', uid: 'uid-1', annotations } });

/** @param answers to creations of the Secret, one after the other */
function secretsWith(answers: (KubernetesError | undefined)[], { asked = true, granted = true, job = made() } = {}) {
  const calls: unknown[] = [];
  const client = {
    canI: async (...right: string[]) => (calls.push(right), granted),
    createJob: async () => (calls.push('create job'), job),
    createSecret: async ({ metadata }: V1Secret) => {
      calls.push(metadata?.ownerReferences);
      const answer = answers.shift();
      if (answer) throw answer;
    },
    deleteJob: async (...which: string[]) => (calls.push(['delete', ...which]), true),
  } as unknown as KubernetesClient;
  const secrets = new JobSecrets(client, { environment: { jobSecrets: asked } } as Configuration);
  return { calls, secrets, creation: new JobCreation(client, secrets) };
}
const owner = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job-1', uid: 'uid-1' }];

describe('the Secrets of executions', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  beforeAll(() => Logger.overrideLogger(['warn']));
  afterAll(() => warn.mockRestore());

  it.each([
    [{ asked: true, granted: true }, true, 0],
    [{ asked: true, granted: false }, false, 1],
    [{ asked: false, granted: true }, false, 0],
  ])('are made where they are asked for and may be, else it is said once: %j', async (how, is, warnings) => {
    warn.mockClear();
    const { secrets, calls } = secretsWith([], how);
    await secrets.onModuleInit();
    expect([secrets.isAvailable, warn.mock.calls.length]).toEqual([is, warnings]);
    expect(calls).toEqual(how.asked ? [['create', 'secrets']] : []);
  });

  it('are made after their Jobs, which own them', async () => {
    const { creation, calls } = secretsWith([]);
    await creation.create(made(), 'hello', secret);
    expect(calls).toEqual(['create job', owner]);
  });

  it('are not made for a Job that another request has made', async () => {
    const other = made({ [ownAnnotation.transfer]: 'of another' });
    const { creation, calls } = secretsWith([], { job: other });
    expect(await creation.create(made(), 'hello', secret)).toBe(other);
    expect(calls).toEqual(['create job']);
  });

  it('are asked for again where no answer came, and are there then', async () => {
    const lost = new KubernetesError('unavailable', 'ECONNRESET');
    const { creation, calls } = secretsWith([lost, new KubernetesError('already-exists', '', 409)]);
    await creation.create(made(), 'hello', secret);
    expect(calls).toEqual(['create job', owner, owner]);
  });

  it('take their Jobs with them where they cannot be made', async () => {
    const { creation, calls } = secretsWith([new KubernetesError('forbidden', 'exceeded quota', 403)]);
    await expect(creation.create(made(), 'hello', secret)).rejects.toThrow('quota');
    expect(calls).toEqual(['create job', owner, ['delete', 'job-1', 'uid-1']]);
  });
});
