import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { splitJob } from './execution-secret.js';

const OUTPUTS = { name: 'PYGEOAPI_K8S_MANAGER_OUTPUTS', value: '{"a":{"url":"http://x/?capability=abc"}}' };
const INPUTS = { name: 'PYGEOAPI_K8S_MANAGER_INPUTS', value: '{"password":"a$$b$$$$(HOME)"}' };
const ID = { name: 'PYGEOAPI_JOB_ID', value: '1' };

const job = (env: object[], args?: string[]): V1Job => ({
  metadata: { name: 'job-1', namespace: 'jobs', labels: { a: 'b' }, annotations: { c: 'd' } },
  spec: {
    backoffLimit: 1,
    template: {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [
          { name: 'side', env: [ID] },
          { name: 'main', image: 'x', env: env as [], ...(args && { args }) },
        ],
      },
    },
  },
});
const from = (key: string) => ({ name: key, valueFrom: { secretKeyRef: { name: 'job-1', key } } });

describe('the Secret of an execution', () => {
  it('takes capabilities and secret inputs as they reach the container, and leaves all else in the Job', () => {
    expect(splitJob(job([ID, INPUTS, OUTPUTS]), 'main', { inputs: true })).toEqual({
      kubeJob: job([ID, from(INPUTS.name), from(OUTPUTS.name)]),
      secret: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'job-1', namespace: 'jobs', labels: { a: 'b' } },
        immutable: true,
        type: 'Opaque',
        stringData: { [INPUTS.name]: '{"password":"a$b$$(HOME)"}', [OUTPUTS.name]: OUTPUTS.value },
      },
    });
  });

  it('leaves inputs that are not secret, with arguments, in the Job', () => {
    const split = splitJob(job([INPUTS, OUTPUTS], ['-p', 'x']), 'main', { inputs: false });
    expect(split?.kubeJob).toEqual(job([INPUTS, from(OUTPUTS.name)], ['-p', 'x']));
  });

  it('takes arguments that a processor may have made of secret inputs, but for those in which Kubernetes replaces names', () => {
    const split = splitJob(job([ID], ['-y', 'password: $$x', '$(PYGEOAPI_JOB_ID)']), 'main', { inputs: true });
    const [first, second] = ['PYGEOAPI_K8S_MANAGER_ARGUMENT_0', 'PYGEOAPI_K8S_MANAGER_ARGUMENT_1'] as const;
    expect(split?.kubeJob).toEqual(
      job([ID, from(first), from(second)], [`$(${first})`, `$(${second})`, '$(PYGEOAPI_JOB_ID)']),
    );
    expect(split?.secret.stringData).toEqual({ [first]: '-y', [second]: 'password: $x' });
  });

  it('is none where there is nothing to be hidden', () =>
    expect(splitJob(job([ID, INPUTS]), 'main', { inputs: false })).toBeUndefined());
});
