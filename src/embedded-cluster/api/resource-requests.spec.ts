import { describe, expect, it } from '@jest/globals';
import type { Job, KeyedData, KubeObject } from '../objects/kubernetes-object.js';
import type { ApiClient } from '../testing/api-client.js';
import { CONFIG_MAPS, JOBS, configMap, job, refusalOf } from '../testing/objects.js';
import { withCluster } from '../testing/start-cluster.js';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };

describe('objects of the embedded cluster', () => {
  let client: ApiClient;
  withCluster((started) => (client = started));
  const refusal = (...call: Parameters<ApiClient['call']>) => refusalOf(client, ...call);

  describe('changes', () => {
    it('merges, patches by operations, and merges lists strategically', async () => {
      await client.call(
        'POST',
        JOBS,
        job('patched', {
          metadata: { name: 'patched', annotations: { a: '1', b: '2' }, finalizers: ['x.io/a', 'x.io/b'] },
        }),
      );
      const path = `${JOBS}/patched`;
      const merged = await client.call<Job>('PATCH', path, { metadata: { annotations: { a: null, c: '3' } } }, MERGE);
      expect(merged.body.metadata.annotations).toEqual({ b: '2', c: '3' });
      const operated = await client.call<Job>(
        'PATCH',
        path,
        [{ op: 'replace', path: '/metadata/annotations/b', value: '4' }],
        JSON_PATCH,
      );
      expect(operated.body.metadata.annotations).toEqual({ b: '4', c: '3' });
      const released = await client.call<Job>(
        'PATCH',
        path,
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/a'] } },
        STRATEGIC,
      );
      expect(released.body.metadata.finalizers).toEqual(['x.io/b']);
      const added = await client.call<Job>('PATCH', path, { metadata: { finalizers: ['x.io/c'] } }, STRATEGIC);
      expect(added.body.metadata.finalizers).toEqual(['x.io/b', 'x.io/c']);
      expect(
        await refusal('PATCH', path, [{ op: 'test', path: '/metadata/name', value: 'z' }], JSON_PATCH),
      ).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(await refusal('PATCH', path, {}, { 'content-type': 'application/apply-patch+yaml' })).toMatchObject({
        code: 415,
        reason: 'UnsupportedMediaType',
      });
      await client.call('PATCH', path, { metadata: { finalizers: null } }, MERGE);
    });

    it('refuses an outdated version and a change of what cannot change', async () => {
      const created = await client.call<Job>('POST', JOBS, job('strict'));
      const path = `${JOBS}/strict`;
      const outdated = { metadata: { resourceVersion: '1', annotations: { a: 'b' } } };
      expect(await refusal('PATCH', path, outdated, MERGE)).toEqual({
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on jobs.batch "strict": the object has been modified; please apply your changes to the latest version and try again',
      });
      expect(await refusal('PATCH', path, { metadata: { uid: 'other' } }, MERGE)).toMatchObject({
        code: 422,
        reason: 'Invalid',
      });
      expect(await refusal('PATCH', path, { spec: { completions: 2 } }, MERGE)).toMatchObject({
        code: 422,
        message: expect.stringContaining('field is immutable'),
      });
      const replaced = { ...created.body, metadata: { ...created.body.metadata, resourceVersion: '', uid: 'other' } };
      expect(await refusal('PUT', path, replaced)).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(await refusal('DELETE', path, { preconditions: { uid: 'other' } })).toMatchObject({
        code: 409,
        reason: 'Conflict',
      });
    });

    it('writes the status through its own path only, and a generation for each other spec', async () => {
      await client.call('POST', JOBS, job('status'));
      const path = `${JOBS}/status`;
      const ignored = await client.call<Job>(
        'PATCH',
        path,
        { status: { failed: 7 }, spec: { backoffLimit: 3 } },
        MERGE,
      );
      expect([ignored.body.status.failed, ignored.body.spec.backoffLimit, ignored.body.metadata.generation]).toEqual([
        undefined,
        3,
        2,
      ]);
      const { body } = await client.call<Job>(
        'PATCH',
        `${path}/status`,
        { status: { conditions: [{ type: 'X', status: 'True' }] }, spec: { backoffLimit: 4 } },
        STRATEGIC,
      );
      expect([body.status.conditions?.[0]?.type, body.spec.backoffLimit]).toEqual(['X', 3]);
    });

    it('stores nothing where nothing changes', async () => {
      const { body } = await client.call<KeyedData>('POST', CONFIG_MAPS, configMap('same'));
      const again = await client.call<KeyedData>('PATCH', `${CONFIG_MAPS}/same`, { data: { key: 'value' } }, MERGE);
      expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    });
  });

  describe('deletion', () => {
    it('waits for finalizers, takes no new ones, and leaves dependents that are orphaned', async () => {
      const { body: owner } = await client.call<KubeObject>('POST', CONFIG_MAPS, {
        metadata: { name: 'owner', finalizers: ['x.io/a'] },
      });
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid };
      await client.call('POST', CONFIG_MAPS, { metadata: { name: 'orphan', ownerReferences: [reference] } });
      await client.call('DELETE', `${CONFIG_MAPS}/owner`, { propagationPolicy: 'Orphan' });
      expect(
        await refusal(
          'PATCH',
          `${CONFIG_MAPS}/owner`,
          { metadata: { finalizers: ['x.io/a', 'x.io/b', 'orphan'] } },
          MERGE,
        ),
      ).toMatchObject({ code: 422 });
      const gone = client.watch(
        `${CONFIG_MAPS}?watch=true&timeoutSeconds=20&fieldSelector=metadata.name%3Downer`,
        ({ type }) => type === 'DELETED',
      );
      await client.call(
        'PATCH',
        `${CONFIG_MAPS}/owner`,
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/a'] } },
        STRATEGIC,
      );
      expect((await gone).at(-1)?.type).toBe('DELETED');
      expect(
        (await client.call<KubeObject>('GET', `${CONFIG_MAPS}/orphan`)).body.metadata.ownerReferences,
      ).toBeUndefined();
    });

    it('takes dependents along in the background', async () => {
      const { body: owner } = await client.call<KubeObject>('POST', CONFIG_MAPS, configMap('parent'));
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'parent', uid: owner.metadata.uid };
      await client.call('POST', CONFIG_MAPS, { metadata: { name: 'child', ownerReferences: [reference] } });
      const gone = client.watch(
        `${CONFIG_MAPS}?watch=true&timeoutSeconds=20&fieldSelector=metadata.name%3Dchild`,
        ({ type }) => type === 'DELETED',
      );
      await client.call('DELETE', `${CONFIG_MAPS}/parent`);
      expect((await gone).at(-1)?.type).toBe('DELETED');
    });

    it('takes a collection by its labels', async () => {
      for (const name of ['c1', 'c2']) await client.call('POST', CONFIG_MAPS, configMap(name, { collection: 'yes' }));
      await client.call('DELETE', `${CONFIG_MAPS}?labelSelector=collection`);
      expect(
        (await client.call<{ items: unknown[] }>('GET', `${CONFIG_MAPS}?labelSelector=collection`)).body.items,
      ).toEqual([]);
    });
  });
});
