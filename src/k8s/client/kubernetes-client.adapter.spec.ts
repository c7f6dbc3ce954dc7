import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Readable } from 'node:stream';
import type { V1Job } from '@kubernetes/client-node';
import { ApiTransport } from './api-transport.js';
import { ApiKubernetesClient } from './kubernetes-client.adapter.js';
import { type KubernetesRequest, Observer } from '../../observation/observer.js';
import { KubernetesError } from './kubernetes-error.js';
import { eventually, failure, json, object, ScriptedApi, type Answer } from '../testing/scripted-api.js';

const JOBS = '/apis/batch/v1/namespaces/here/jobs';
const PODS = '/api/v1/namespaces/here/pods';

async function errorOf(promise: Promise<unknown>): Promise<KubernetesError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KubernetesError);
  return error as KubernetesError;
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('ApiKubernetesClient', () => {
  let api: ScriptedApi;
  let client: ApiKubernetesClient;

  const last = () => {
    const { method, url, headers, body } = api.requests.at(-1)!;
    return {
      method,
      path: url.pathname,
      type: headers['content-type'],
      body: body === '' ? undefined : JSON.parse(body),
    };
  };

  beforeEach(async () => {
    api = await new ScriptedApi().start();
    client = new ApiKubernetesClient(api.transport('s3cret'), 'here', 'scripted');
  });
  afterEach(() => api.stop());

  it('creates exactly the given Job and returns the answer as it is', async () => {
    const job: V1Job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', annotations: { a: 'ü' } } };
    api.answer(json({ ...job, metadata: { name: 'j', creationTimestamp: '2026-01-01T00:00:00Z' } }, 201));
    expect(await client.createJob(job)).toEqual({
      ...job,
      metadata: { name: 'j', creationTimestamp: '2026-01-01T00:00:00Z' },
    });
    expect(last()).toEqual({ method: 'POST', path: JOBS, type: 'application/json', body: job });
    expect(api.requests[0]!.headers.authorization).toBe('Bearer s3cret');
  });

  const hangUp: Answer = (response) => void response.destroy();
  const wanted: V1Job = { metadata: { name: 'j', annotations: { a: 'b' } } };

  it.each([
    ['was made nevertheless', [hangUp, json(object('j', 2, 'u', { a: 'b', more: 'c' }))], ['POST', 'GET']],
    ['was not made', [hangUp, failure(404, 'NotFound'), json(object('j', 2))], ['POST', 'GET', 'POST']],
    [
      'was made late',
      [hangUp, failure(404, 'NotFound'), failure(409, 'AlreadyExists'), json(object('j', 2, 'u', { a: 'b' }))],
      ['POST', 'GET', 'POST', 'GET'],
    ],
  ])('gives the Job whose creation was not answered, where it %s', async (_, answers, methods) => {
    api.answer(...answers);
    expect(await client.createJob(wanted)).toMatchObject({ metadata: { name: 'j' } });
    expect(api.requests.map(({ method }) => method)).toEqual(methods);
  });

  it('does not take another Job of the name for the one whose creation was not answered', async () => {
    api.answer(hangUp, json(object('j', 2, 'u', { a: 'x' })));
    expect((await errorOf(client.createJob(wanted))).failure).toBe('already-exists');
  });

  it('lists all Jobs and all pods, chunk by chunk', async () => {
    for (const [path, list] of [
      [JOBS, () => client.listJobs()],
      [PODS, () => client.listPods()],
    ] as const) {
      api.answer(json({ items: [object('a', 1)], metadata: { continue: 'more' } }), json({ items: [object('b', 2)] }));
      expect(await list()).toEqual([object('a', 1), object('b', 2)]);
      expect(api.requests.slice(-2).map(({ url }) => `${url.pathname}${url.search}`)).toEqual([
        `${path}?limit=500`,
        `${path}?limit=500&continue=more`,
      ]);
    }
  });

  it('gets a Job or a pod, and undefined where there is none', async () => {
    api.answer(json(object('j', 1)), failure(404, 'NotFound'), json(object('p', 1)));
    expect(await client.getJob('j')).toEqual(object('j', 1));
    expect(await client.getJob('k')).toBeUndefined();
    expect(await client.getPod('p')).toEqual(object('p', 1));
    expect(api.requests.map(({ url }) => url.pathname)).toEqual([`${JOBS}/j`, `${JOBS}/k`, `${PODS}/p`]);
  });

  it('patches a Job by a merge patch', async () => {
    api.answer(json(object('j', 2)));
    const patch = { metadata: { uid: 'u', annotations: { a: 'b', c: null } }, spec: { ttlSecondsAfterFinished: 5 } };
    expect(await client.patchJob('j', patch)).toEqual(object('j', 2));
    expect(last()).toEqual({ method: 'PATCH', path: `${JOBS}/j`, type: 'application/merge-patch+json', body: patch });
  });

  it.each([
    ['the Job is gone', [failure(404, 'NotFound')]],
    ['the Job has another uid', [failure(409, 'Conflict'), json(object('j', 2, 'other'))]],
    ['validation notices the other uid first', [failure(422, 'Invalid'), json(object('j', 2, 'other'))]],
    ['the Job has gone meanwhile', [failure(409, 'Conflict'), failure(404, 'NotFound')]],
  ])('patches and deletes nothing where %s', async (_, answers) => {
    api.answer(...answers, ...answers);
    expect(await client.patchJob('j', { metadata: { uid: 'u' } })).toBeUndefined();
    expect(await client.deleteJob('j', 'u')).toBe(false);
  });

  it.each([
    ['conflict', failure(409, 'Conflict')],
    ['invalid', failure(422, 'Invalid')],
  ])('rejects a patch of the right Job that is refused as %s', async (kind, refusal) => {
    api.answer(refusal, json(object('j', 2, 'u')));
    const error = await errorOf(client.patchJob('j', { metadata: { uid: 'u', resourceVersion: '1' } }));
    expect(error.failure).toBe(kind);
    expect(error.existing).toEqual(object('j', 2, 'u'));
    expect(inspect(error)).not.toContain('resourceVersion');
  });

  it('deletes in the foreground, on the condition of the uid', async () => {
    api.answer(json(object('j', 2)), json(object('j', 2)));
    expect(await client.deleteJob('j', 'u')).toBe(true);
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };
    expect(last()).toEqual({
      method: 'DELETE',
      path: `${JOBS}/j`,
      type: 'application/json',
      body: { ...options, preconditions: { uid: 'u' } },
    });
    await client.deleteJob('j');
    expect(last().body).toEqual(options);
  });

  it('deletes in the background where nothing of its pods is needed', async () => {
    api.answer(json(object('j', 2)));
    expect(await client.deleteJob('j', 'u', 'Background')).toBe(true);
    expect(last().body).toMatchObject({ propagationPolicy: 'Background', preconditions: { uid: 'u' } });
  });

  it('asks for what all pods of Jobs use at once', async () => {
    const items = [{ metadata: { name: 'p' }, timestamp: '2026-01-01T00:00:00Z', window: '15s', containers: [] }];
    api.answer(json({ kind: 'PodMetricsList', items }));
    expect(await client.listPodMetrics()).toEqual(items);
    expect(last()).toMatchObject({
      method: 'GET',
      path: '/apis/metrics.k8s.io/v1beta1/namespaces/here/pods',
    });
    expect(api.requests.at(-1)?.url.search).toBe('?labelSelector=job-name');
  });

  it('takes one finalizer off a pod', async () => {
    api.answer(json(object('p', 2)), failure(404, 'NotFound'));
    await client.removePodFinalizer('p', 'u', 'x.io/y');
    expect(last()).toEqual({
      method: 'PATCH',
      path: `${PODS}/p`,
      type: 'application/strategic-merge-patch+json',
      body: { metadata: { uid: 'u', '$deleteFromPrimitiveList/finalizers': ['x.io/y'] } },
    });
    await client.removePodFinalizer('p', 'u', 'x.io/y');
  });

  it('asks what it may do', async () => {
    api.answer(json({ status: { allowed: true } }, 201), json({ status: { allowed: false } }, 201));
    expect(await client.canI('get', 'pods', 'log')).toBe(true);
    expect(last().body.spec.resourceAttributes).toEqual({
      namespace: 'here',
      verb: 'get',
      group: '',
      resource: 'pods',
      subresource: 'log',
    });
    expect(await client.canI('update', 'leases.coordination.k8s.io')).toBe(false);
    expect(last().body.spec.resourceAttributes).toEqual({
      namespace: 'here',
      verb: 'update',
      group: 'coordination.k8s.io',
      resource: 'leases',
    });
  });

  it('lists secrets by name and labels, without asking for their values', async () => {
    const named = (name: string) => ({ metadata: { name, labels: { owner: name } } });
    api.answer(json({ items: [named('a')], metadata: { continue: 'more' } }), json({ items: [named('b')] }));
    expect(await client.listSecrets()).toEqual([named('a').metadata, named('b').metadata]);
    const [first, second] = api.requests.map(({ url, headers }) => [url.pathname + url.search, headers.accept]);
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, application/json, */*;q=0.8';
    expect(first).toEqual(['/api/v1/namespaces/here/secrets?limit=500', accept]);
    expect(second).toEqual(['/api/v1/namespaces/here/secrets?limit=500&continue=more', accept]);
  });

  it('creates events', async () => {
    api.answer(json({}, 201));
    const event = { metadata: { generateName: 'e-' }, involvedObject: { kind: 'Job', name: 'j' }, reason: 'Because' };
    await client.createEvent(event);
    expect(last()).toEqual({
      method: 'POST',
      path: '/api/v1/namespaces/here/events',
      type: 'application/json',
      body: event,
    });
  });

  it.each([
    [400, 'BadRequest', 'bad-request', false],
    [401, 'Unauthorized', 'unauthorized', false],
    [403, 'Forbidden', 'forbidden', false],
    [404, 'NotFound', 'not-found', false],
    [409, 'AlreadyExists', 'already-exists', false],
    [409, 'Conflict', 'conflict', true],
    [410, 'Expired', 'expired', true],
    [422, 'Invalid', 'invalid', false],
    [429, 'TooManyRequests', 'too-many-requests', true],
    [500, 'InternalError', 'failed', true],
    [503, 'ServiceUnavailable', 'unavailable', true],
    [504, 'Timeout', 'unavailable', true],
  ])('maps %i %s to %s', async (status, reason, kind, retryable) => {
    api.answer(failure(status, reason, 'the server says why', { 'retry-after': '7' }));
    const error = await errorOf(client.createJob({}));
    expect(error).toMatchObject({ failure: kind, status, retryAfterSeconds: 7, retryable });
    expect(error.message).toBe(`POST ${JOBS}: the server says why`);
  });

  it('keeps what a proxy in between has answered', async () => {
    api.answer((response) => void response.writeHead(502).end('<h1>no upstream</h1>'));
    const error = await errorOf(client.createJob({}));
    expect(error).toMatchObject({ failure: 'unavailable', status: 502 });
    expect(error.message).toContain('no upstream');
  });

  it('is unavailable where no server listens, or where it hangs up, and never shows the token', async () => {
    api.answer((response) => void response.destroy());
    expect(await errorOf(client.patchJob('j', {}))).toMatchObject({ failure: 'unavailable', status: undefined });
    await api.stop();
    const error = await errorOf(client.getJob('j'));
    expect(error.failure).toBe('unavailable');
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(error.message).not.toContain('s3cret');
    await api.start();
  });

  it('reads once more where the server has hung up, but does not write again', async () => {
    api.answer((response) => void response.destroy(), json(object('j', 1)));
    expect(await client.getJob('j')).toEqual(object('j', 1));
    api.answer((response) => void response.destroy());
    await errorOf(client.patchJob('j', {}));
    expect(api.requests).toHaveLength(3);
  });

  it('gives up on an answer that does not come, headers or body', async () => {
    const transport = new ApiTransport(api.kubeConfig());
    api.answer(
      () => undefined,
      (response) => void response.writeHead(200).write('{"half":'),
    );
    for (let call = 0; call < 2; call += 1) {
      const error = await errorOf(transport.json({ method: 'POST', path: '/x', timeout: 100 }));
      expect(error).toMatchObject({ failure: 'unavailable', message: 'POST /x: no answer within 0.1 s' });
    }
  });

  it('tells of an answer that is no JSON, and of credentials that cannot be had', async () => {
    api.answer((response) => void response.end('hello'));
    expect(await errorOf(client.getJob('j'))).toMatchObject({ failure: 'unavailable' });
    const kubeConfig = api.kubeConfig();
    kubeConfig.users = [{ name: 'me', authProvider: { name: 'tokenFile', config: { tokenFile: '/no/such/token' } } }];
    const error = await errorOf(new ApiTransport(kubeConfig).json({ method: 'GET', path: '/x' }));
    expect(error).toMatchObject({ failure: 'unauthorized' });
    expect(error.message).toContain('/no/such/token');
  });

  it('tells an observer of each request what was asked for and answered, but not of what the caller broke off', async () => {
    const told: KubernetesRequest[] = [];
    const observer = Object.assign(new Observer(), {
      kubernetesRequest: (request: KubernetesRequest) => void told.push(request),
    });
    const transport = new ApiTransport(api.kubeConfig(), observer);
    api.answer(
      json(object('j', 1)),
      failure(409, 'Conflict', 'changed'),
      (response) => void response.destroy(),
      (response) => void response.end(),
      () => undefined,
    );
    await transport.json({ method: 'GET', path: `${JOBS}/j` });
    await errorOf(transport.json({ method: 'PATCH', path: `${JOBS}/j`, body: {} }));
    await errorOf(transport.json({ method: 'POST', path: JOBS, body: {} }));
    (await transport.stream({ path: PODS, query: { watch: true }, idleTimeout: 0 })).resume();
    const abort = new AbortController();
    const broken = transport.json({ method: 'GET', path: PODS, signal: abort.signal });
    await eventually(() => api.requests.length === 5, 'the last request');
    abort.abort(new Error('enough'));
    await expect(broken).rejects.toThrow('enough');
    expect(told).toEqual([
      { verb: 'get', resource: 'jobs', status: 200, seconds: expect.any(Number) },
      { verb: 'patch', resource: 'jobs', status: 409, seconds: expect.any(Number) },
      { verb: 'create', resource: 'jobs', status: undefined, seconds: expect.any(Number) },
      { verb: 'watch', resource: 'pods', status: 200, seconds: expect.any(Number) },
    ]);
  });

  describe('reading a log', () => {
    it('gives the bytes as they are', async () => {
      api.answer((response) => void response.end(Buffer.from([0xff, 0x00, 0x0a])));
      const chunks: Buffer[] = [];
      for await (const chunk of await client.readLog('p', 'main', { limitBytes: 5 })) chunks.push(chunk as Buffer);
      expect([...Buffer.concat(chunks)]).toEqual([0xff, 0x00, 0x0a]);
      expect(api.requests[0]!.url.pathname).toBe(`${PODS}/p/log`);
      expect(Object.fromEntries(api.requests[0]!.url.searchParams)).toEqual({ container: 'main', limitBytes: '5' });
    });

    it('follows until the container has ended', async () => {
      api.answer((response) => {
        response.write('one\n');
        setImmediate(() => response.end('two\n'));
      });
      expect(await textOf(await client.readLog('p', 'main', { follow: true }))).toBe('one\ntwo\n');
      expect(api.requests[0]!.url.searchParams.get('follow')).toBe('true');
    });

    it('rejects with what the server says', async () => {
      api.answer(
        failure(400, 'BadRequest', 'container "main" is waiting to start'),
        failure(404, 'NotFound', 'pods "p"'),
      );
      const waiting = await errorOf(client.readLog('p', 'main'));
      expect(waiting.failure).toBe('bad-request');
      expect(waiting.message).toContain('container "main" is waiting to start');
      expect((await errorOf(client.readLog('p', 'main'))).failure).toBe('not-found');
    });

    it.each([
      ['does not know the pod', 404, 'NotFound', 'not-on-node'],
      ['cannot tell who asks', 401, 'Unauthorized', 'unavailable'],
      ['cannot tell who may ask', 403, 'Forbidden', 'unavailable'],
    ])('may succeed later where the node %s', async (_, code, reason, expected) => {
      const message = 'the server could not find the requested resource ( pods/log p)';
      api.answer(failure(code, reason, message, {}, { name: 'p', kind: 'pods/log' }));
      const { failure: found, retryable, words } = await errorOf(client.readLog('p', 'main'));
      expect([found, retryable, words]).toEqual([expected, true, message]);
    });

    it('destroys the stream with an error where the connection breaks, even if nobody listens', async () => {
      const cut = (response: { write(text: string): void; destroy(): void }): void => {
        response.write('half a li');
        setTimeout(() => response.destroy(), 20);
      };
      api.answer(cut, cut);
      await expect(textOf(await client.readLog('p', 'main', { follow: true }))).rejects.toThrow();
      const unheard = await client.readLog('p', 'main', { follow: true });
      unheard.resume();
      await eventually(() => unheard.destroyed, 'the end');
      expect(unheard.errored).not.toBeNull();
    });

    it('ends where the caller aborts, before and after the answer', async () => {
      api.answer((response) => void response.write('one\n'));
      const abort = new AbortController();
      const stream = await client.readLog('p', 'main', { follow: true, signal: abort.signal });
      abort.abort();
      await eventually(() => stream.destroyed, 'the end');
      const reason = new Error('not wanted any more');
      await expect(client.readLog('p', 'main', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
});
