import { describe, expect, it } from '@jest/globals';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import type { Access } from '../../access/access.js';
import { WAITING } from '../../admission/line/admission.js';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import type { Configuration } from '../../config/configuration.js';
import { ownAnnotation } from '../../k8s/names.js';
import { TooManyJobsError } from '../../ogc/domain-errors.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { LimitedCallers } from '../limits/limited-callers.js';
import { JobAdmission } from './job-admission.js';
import type { JobCreation } from './job-creation.js';

const access = { hashOf: async () => 'hash' } as unknown as Access;
const secret: V1Secret = { metadata: { name: 'secret' } };
const jobOf = (name: string, annotations = {}): V1Job => ({ metadata: { name, annotations } });
const waiting = (name: string): V1Job => jobOf(name, { [ownAnnotation.admission]: WAITING });

function admissionOf(manager: object, create: JobCreation['create'] = async (kubeJob) => kubeJob): JobAdmission {
  const configuration = { server: { manager }, access: {} } as Configuration;
  const line = new AdmissionLine(configuration, { find: () => undefined } as unknown as ProcessRegistry);
  const limits = { assertRoom: () => undefined, make: (...given: readonly (() => unknown)[]) => given[3]?.() };
  return new JobAdmission(line, access, { create } as JobCreation, limits as unknown as LimitedCallers, configuration);
}

describe('the admission of a job', () => {
  const caller = { headers: {} };

  it.each([
    [{ maxRunning: 1 }, {}, { place: 'line', lineCaller: 'hash' }],
    [{ maxRunning: 1 }, { queueName: 'batch' }, { place: 'queue' }],
    [{}, {}, {}],
  ])('is by turns where limits hold and no queue decides: %j %j', async (manager, settings, entry) => {
    expect(await admissionOf(manager).entryOf({ id: 'hello' }, settings, caller, undefined)).toEqual(entry);
  });

  it.each([waiting('a'), jobOf('a')])('makes the Secret of a Job, too: %j', async (kubeJob) => {
    const made: unknown[] = [];
    const admission = admissionOf({ maxRunning: 1 }, async (...given) => {
      made.push(given);
      return kubeJob;
    });
    await admission.create(kubeJob, 'hello', secret);
    expect(made).toEqual([[kubeJob, 'hello', secret]]);
  });

  it('refuses a Job that is to wait while as many as may are being made, and no other', async () => {
    const first = Promise.withResolvers<V1Job>();
    const admission = admissionOf({ maxRunning: 1, maxWaiting: 1 }, (kubeJob) =>
      kubeJob.metadata?.name === 'a' ? first.promise : Promise.resolve(kubeJob),
    );
    const making = admission.create(waiting('a'), 'hello');
    await expect(admission.create(waiting('b'), 'hello')).rejects.toBeInstanceOf(TooManyJobsError);
    expect(() => admission.assertRoom({ place: 'line' })).toThrow(TooManyJobsError);
    admission.assertRoom({});
    await admission.create(jobOf('c'), 'hello');
    first.reject(new Error('not made'));
    await expect(making).rejects.toThrow('not made');
    await new Promise((resolve) => setImmediate(resolve));
    await admission.create(waiting('b'), 'hello');
  });
});
