import { request } from 'node:https';
import { describe, expect, it } from '@jest/globals';

import type { ApiClient } from '../testing/api-client.js';
import { JOBS, job, refusalOf } from '../testing/objects.js';
import { startCluster, withCluster } from '../testing/start-cluster.js';

describe('the namespaces of the embedded cluster', () => {
  it('are those that it was started with', async () => {
    const started = await startCluster({ namespaces: ['mine', 'of-jobs'] });
    try {
      const { body } = await started.client.call<{ items: { metadata: { name: string } }[] }>(
        'GET',
        '/api/v1/namespaces',
      );
      expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['default', 'kube-system', 'mine', 'of-jobs']);
    } finally {
      await started.stop();
    }
  });
});

describe('the API of the embedded cluster', () => {
  let client: ApiClient;
  withCluster((started) => (client = started));
  const refusal = (...call: Parameters<ApiClient['call']>) => refusalOf(client, ...call);

  describe('who may ask', () => {
    it('refuses a request without the token', async () => {
      const { code, body } = await client.call('GET', '/api', undefined, { authorization: 'Bearer wrong' });
      expect({ code, body }).toMatchObject({ code: 401, body: { kind: 'Status', reason: 'Unauthorized', code: 401 } });
    });

    it('refuses another Host, even with the token', async () => {
      const { code, body } = await client.call('GET', '/api', undefined, { host: 'example.com' });
      expect({ code, body }).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
      expect((await client.call('GET', '/api', undefined, { host: `localhost:${client.url.port}` })).code).toBe(200);
    });

    it('shows a certificate for 127.0.0.1 by the authority in the kubeconfig only', async () => {
      const anybody = new Promise((_resolve, reject) => request(new URL('/api', client.url)).on('error', reject).end());
      await expect(anybody).rejects.toThrow(/certificate/);
    });
  });

  it('answers discovery and health', async () => {
    expect((await client.call('GET', '/healthz')).bytes.toString()).toBe('ok');
    expect((await client.call('GET', '/version')).body).toMatchObject({ major: '1', minor: '34' });
    const { body } = await client.call<{ resources: { name: string }[] }>('GET', '/apis/batch/v1');
    expect(body.resources.map(({ name }) => name)).toEqual(['jobs', 'jobs/status']);
    expect((await client.call('GET', '/apis/apps/v1')).code).toBe(404);
  });

  it('allows everything to whoever asks what is allowed', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { code, body } = await client.call('POST', path, { spec: { resourceAttributes: { verb: 'get' } } });
    expect({ code, body }).toMatchObject({
      code: 201,
      body: { kind: 'SelfSubjectAccessReview', status: { allowed: true } },
    });
  });

  describe('what is refused', () => {
    const container = { name: 'a', image: 'b' };
    const spec = (podSpec: object): object => ({
      spec: { template: { spec: { restartPolicy: 'Never', ...podSpec } } },
    });

    it.each([
      ['an unknown Job', ['GET', `${JOBS}/nope`], 404, 'NotFound', 'jobs.batch "nope" not found'],
      [
        'an unknown resource',
        ['GET', '/apis/batch/v1/namespaces/default/foos'],
        404,
        'NotFound',
        'the server could not find the requested resource',
      ],
      [
        'a Job in no namespace',
        ['POST', '/apis/batch/v1/namespaces/none/jobs', job('a')],
        404,
        'NotFound',
        'namespaces "none" not found',
      ],
      [
        'another namespace',
        ['POST', JOBS, job('a', { metadata: { name: 'a', namespace: 'x' } })],
        400,
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      ],
      [
        'a POST to a name',
        ['POST', `${JOBS}/a`, job('a')],
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      ],
      [
        'no containers',
        ['POST', JOBS, job('a', spec({ containers: [] }))],
        422,
        'Invalid',
        'Job.batch "a" is invalid: spec.template.spec.containers: Required value',
      ],
      [
        'no image, and two of a name',
        ['POST', JOBS, job('a', spec({ containers: [{ name: 'a' }, container] }))],
        422,
        'Invalid',
        'Job.batch "a" is invalid: [spec.template.spec.containers[0].image: Required value, spec.template.spec.containers[1].name: Duplicate value: "a"]',
      ],
      [
        'no restart policy',
        ['POST', JOBS, job('a', { spec: { template: { spec: { containers: [container] } } } })],
        422,
        'Invalid',
        'Job.batch "a" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
      [
        'annotations over 256 KiB',
        ['POST', JOBS, job('a', { metadata: { name: 'a', annotations: { a: 'x'.repeat(262_144) } } })],
        422,
        'Invalid',
        'Job.batch "a" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
      ],
      [
        'a body over 3 MiB',
        ['POST', JOBS, job('a', { x: 'x'.repeat(3_200_000) })],
        413,
        'RequestEntityTooLarge',
        'Request entity too large: limit is 3145728',
      ],
      [
        'no name',
        ['POST', JOBS, job('')],
        422,
        'Invalid',
        'Job.batch "" is invalid: metadata.name: Required value: name or generateName is required',
      ],
      [
        'server-side apply',
        ['PATCH', `${JOBS}/a`, {}, { 'content-type': 'application/apply-patch+yaml' }],
        404,
        'NotFound',
        'jobs.batch "a" not found',
      ],
      [
        'a broken label selector',
        ['GET', `${JOBS}?labelSelector=a%20b`],
        400,
        'BadRequest',
        'unable to parse requirement: "a b"',
      ],
      [
        'an unknown field',
        ['GET', `${JOBS}?fieldSelector=foo%3Dbar`],
        400,
        'BadRequest',
        'field label "foo" not supported for Job',
      ],
      [
        'a foreign page',
        ['GET', `${JOBS}?limit=2&continue=abc`],
        400,
        'BadRequest',
        'invalid continue token: continue key is not valid',
      ],
    ] as [string, Parameters<ApiClient['call']>, number, string, string][])(
      '%s',
      async (_what, call, code, reason, message) => {
        expect(await refusal(...call)).toEqual({ code, reason, message });
      },
    );

    it('a name with capitals, a name of 64 characters, an object of 2 MB, a name that is taken', async () => {
      expect(await refusal('POST', JOBS, job('Bad_Name'))).toMatchObject({
        code: 422,
        message: expect.stringContaining('a lowercase RFC 1123 subdomain'),
      });
      expect(await refusal('POST', JOBS, job('a'.repeat(64)))).toMatchObject({
        code: 422,
        message: expect.stringContaining('must be no more than 63 characters'),
      });
      const large = spec({ containers: [{ ...container, env: [{ name: 'A', value: 'x'.repeat(2_000_000) }] }] });
      expect(await refusal('POST', JOBS, job('large', large))).toMatchObject({
        code: 422,
        reason: 'Invalid',
        message: expect.stringContaining('request is too large'),
      });
      await client.call('POST', JOBS, job('taken'));
      expect(await refusal('POST', JOBS, job('taken'))).toEqual({
        code: 409,
        reason: 'AlreadyExists',
        message: 'jobs.batch "taken" already exists',
      });
    });
  });
});
