import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findCondition } from './objects/kubernetes-object.js';
import type { ApiClient } from './testing/api-client.js';
import { shell, type Scenario } from './testing/scenarios.js';
import { enter, targets } from './testing/targets.js';

describe.each(targets)('pods on the %s cluster', (_kind, start) => {
  let client: ApiClient;
  let scenario: Scenario;
  let namespace: string;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ client, scenario, namespace, end } = await enter(await start()));
  });

  afterAll(() => end());

  it('runs all containers of a pod at once, and names them in the log of the pod', async () => {
    await scenario.createJob('two', { containers: [shell('echo one'), shell('echo two', { name: 'other' })] });
    const job = await scenario.jobEnded('two');
    expect(findCondition(job.status.conditions, 'Complete')).toBeDefined();
    const [pod] = await scenario.podsOf('two');
    const log = `${scenario.pods}/${pod?.metadata.name}/log`;
    expect((await client.call<string>('GET', `${log}?container=other`)).body).toBe('two\n');
    const { code, body } = await client.call('GET', log);
    expect({ code, body }).toMatchObject({
      code: 400,
      body: {
        message: `a container name must be specified for pod ${pod?.metadata.name}, choose one of: [main other]`,
      },
    });
    const unknown = await client.call('GET', `${log}?container=nope`);
    expect(unknown.body).toMatchObject({
      code: 400,
      message: `container nope is not valid for pod ${pod?.metadata.name}`,
    });
  });

  it('gives a container its variables, expands references, and hands over Secrets, ConfigMaps and fields', async () => {
    await client.call('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      metadata: { name: 's' },
      stringData: { key: 'hush' },
    });
    await client.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name: 'c' },
      data: { key: 'value' },
    });
    await scenario.createJob('variables', {
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['printf'],
          args: ['%s|', '$(A)', '$(B)', '$(C)', '$(D)', '$(E)', '$(NOPE)', '$$(A)'],
          env: [
            { name: 'A', value: 'é "a"' },
            { name: 'B', value: '$(A)-$$(A)-$(NOPE)' },
            { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } },
            { name: 'D', valueFrom: { configMapKeyRef: { name: 'c', key: 'key' } } },
            { name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          ],
        },
      ],
    });
    await scenario.jobEnded('variables');
    const [pod] = await scenario.podsOf('variables');
    const { body } = await client.call<string>('GET', `${scenario.pods}/${pod?.metadata.name}/log`);
    expect(body.split('|')).toEqual(['é "a"', 'é "a"-$(A)-$(NOPE)', 'hush', 'value', namespace, '$(NOPE)', '$(A)', '']);
  });

  it('keeps the container waiting when a Secret is missing', async () => {
    await scenario.createJob('secret', {
      containers: [shell('true', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'nope', key: 'k' } } }] })],
    });
    const pod = await scenario.podUntil(
      'secret',
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.message).toBe('secret "nope" not found');
    await client.call('DELETE', `${scenario.jobs}/secret`, { propagationPolicy: 'Background' });
  });

  it('shares an emptyDir between init container and container', async () => {
    const volumeMounts = [{ name: 'data', mountPath: 'data' }];
    await scenario.createJob('volume', {
      volumes: [{ name: 'data', emptyDir: {} }],
      initContainers: [shell('echo shared > data/file', { name: 'first', volumeMounts })],
      containers: [shell('cat data/file', { volumeMounts })],
    });
    await scenario.jobEnded('volume');
    const [pod] = await scenario.podsOf('volume');
    expect((await client.call<string>('GET', `${scenario.pods}/${pod?.metadata.name}/log`)).body).toBe('shared\n');
  });

  it('returns 5 MiB of output and bytes that are no text as they were written', async () => {
    const script =
      'printf "\\377\\000\\001"; i=0; while [ $i -lt 80 ]; do head -c 65535 /dev/zero | tr "\\000" x; echo; i=$((i+1)); done; printf end';
    await scenario.createJob('large', { containers: [shell(script)] });
    await scenario.jobEnded('large');
    const [pod] = await scenario.podsOf('large');
    const { bytes } = await client.call('GET', `${scenario.pods}/${pod?.metadata.name}/log`);
    const line = Buffer.alloc(65_536, 'x');
    line[65_535] = 0x0a;
    const expected = Buffer.concat([
      Buffer.from([0xff, 0, 1]),
      ...Array.from({ length: 80 }, () => line),
      Buffer.from('end'),
    ]);
    expect(bytes.length).toBe(expected.length);
    expect(bytes.equals(expected)).toBe(true);
  });

  it('follows a log until the container ends', async () => {
    await scenario.createJob('follow', { containers: [shell('for i in 1 2 3; do echo line $i; sleep 0.3; done')] });
    const pod = await scenario.podUntil('follow', ({ status }) => status.phase === 'Running');
    const { body } = await client.call<string>('GET', `${scenario.pods}/${pod.metadata.name}/log?follow=true`);
    expect(body).toBe('line 1\nline 2\nline 3\n');
    const tail = await client.call<string>(
      'GET',
      `${scenario.pods}/${pod.metadata.name}/log?tailLines=2&timestamps=true`,
    );
    expect(tail.body).toMatch(/^\d{4}-\S+Z line 2\n\d{4}-\S+Z line 3\n$/);
    const limited = await client.call<string>('GET', `${scenario.pods}/${pod.metadata.name}/log?limitBytes=8`);
    expect(limited.body).toBe('line 1\nl');
  });

  it('leaves a pod that nothing can place pending, with the reason', async () => {
    await scenario.createJob('nowhere', { nodeSelector: { nope: 'x' }, containers: [shell('true')] });
    const pod = await scenario.podUntil('nowhere', ({ status }) =>
      (status.conditions ?? []).some(({ reason }) => reason === 'Unschedulable'),
    );
    expect(pod.status.conditions?.[0]?.message).toContain(
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
    );
    await client.call('DELETE', `${scenario.jobs}/nowhere`, { propagationPolicy: 'Background' });
  });
});
