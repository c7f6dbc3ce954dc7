import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from './objects/kubernetes-object.js';
import type { ApiClient, WatchEvent } from './testing/api-client.js';
import { CONFIG_MAPS, JOBS, configMap, job, refusalOf } from './testing/objects.js';
import { withCluster } from './testing/start-cluster.js';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

describe('lists and watches of the embedded cluster', () => {
  let client: ApiClient;
  withCluster((started) => (client = started));
  const refusal = (...call: Parameters<ApiClient['call']>) => refusalOf(client, ...call);

  describe('lists', () => {
    const names = async (query: string): Promise<string[]> =>
      (await client.call<{ items: KubeObject[] }>('GET', `${CONFIG_MAPS}?${query}`)).body.items.map(
        ({ metadata }) => metadata.name,
      );

    it.each([
      ['t%3Da', ['l1', 'l3']],
      ['set%3Dl,t!%3Da', ['l2', 'l4']],
      ['t+in+(a,b)', ['l1', 'l2', 'l3']],
      ['set%3Dl,t+notin+(a)', ['l2', 'l4']],
      ['set%3Dl,!t', ['l4']],
      ['t', ['l1', 'l2', 'l3']],
    ])('selects by the labels %s', async (selector, expected) => {
      const labelled = [
        ['l1', 'a'],
        ['l2', 'b'],
        ['l3', 'a'],
        ['l4', undefined],
      ] as const;
      for (const [name, t] of labelled)
        await client.call('POST', CONFIG_MAPS, configMap(name, { set: 'l', ...(t && { t }) }));
      expect(await names(`labelSelector=${selector}`)).toEqual(expected);
    });

    it('shows all pages as the list was at its first page', async () => {
      for (let index = 0; index < 5; index++)
        await client.call('POST', CONFIG_MAPS, configMap(`page-${index}`, { page: 'yes' }));
      interface List {
        items: KubeObject[];
        metadata: { continue?: string; remainingItemCount?: number; resourceVersion: string };
      }
      const first = (await client.call<List>('GET', `${CONFIG_MAPS}?labelSelector=page&limit=2`)).body;
      expect(first.metadata.remainingItemCount).toBe(3);
      expect(Object.keys(first.items[0] ?? {})).toEqual(['metadata', 'data']);
      await client.call('DELETE', `${CONFIG_MAPS}/page-3`);
      await client.call('POST', CONFIG_MAPS, configMap('page-25', { page: 'yes' }));
      const rest = (
        await client.call<List>('GET', `${CONFIG_MAPS}?labelSelector=page&limit=10&continue=${first.metadata.continue}`)
      ).body;
      expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['page-2', 'page-3', 'page-4']);
      expect(rest.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    });

    it('tells that a page has expired when many lists were begun since', async () => {
      for (let index = 0; index < 3; index++)
        await client.call('POST', CONFIG_MAPS, configMap(`old-${index}`, { old: 'yes' }));
      const { body } = await client.call<{ metadata: { continue: string } }>('GET', `${CONFIG_MAPS}?limit=1`);
      for (let index = 0; index < 40; index++) await client.call('GET', `${CONFIG_MAPS}?limit=1`);
      expect(await refusal('GET', `${CONFIG_MAPS}?limit=1&continue=${body.metadata.continue}`)).toMatchObject({
        code: 410,
        reason: 'Expired',
      });
    });

    it('shows jobs as a table', async () => {
      await client.call('POST', JOBS, job('tabled'));
      const { body } = await client.call<{
        kind: string;
        columnDefinitions: { name: string; priority: number }[];
        rows: { cells: unknown[] }[];
      }>('GET', `${JOBS}?fieldSelector=metadata.name%3Dtabled`, undefined, TABLE);
      expect(body.kind).toBe('Table');
      expect(body.columnDefinitions.filter(({ priority }) => priority === 0).map(({ name }) => name)).toEqual([
        'Name',
        'Status',
        'Completions',
        'Duration',
        'Age',
      ]);
      expect(body.rows[0]?.cells.slice(0, 3)).toEqual(['tabled', 'Running', '0/1']);
    });
  });

  describe('watches', () => {
    const path = (query: string): string => `${CONFIG_MAPS}?watch=true&timeoutSeconds=20&labelSelector=w&${query}`;
    const summary = (events: WatchEvent<KubeObject>[]): string[] =>
      events.map(({ type, object }) => `${type} ${object.metadata.name}`);

    it('tell what is there and what changes, and objects that enter or leave the selection', async () => {
      await client.call('POST', CONFIG_MAPS, configMap('w1', { w: 'yes' }));
      const seen = client.watch<KubeObject>(
        path(''),
        ({ type, object }) => type === 'DELETED' && object.metadata.name === 'w1',
      );
      await client.call('POST', CONFIG_MAPS, configMap('w2'));
      await client.call('PATCH', `${CONFIG_MAPS}/w2`, { metadata: { labels: { w: 'yes' } } }, MERGE);
      await client.call('PATCH', `${CONFIG_MAPS}/w2`, { data: { key: 'other' } }, MERGE);
      await client.call('PATCH', `${CONFIG_MAPS}/w2`, { metadata: { labels: null } }, MERGE);
      await client.call('DELETE', `${CONFIG_MAPS}/w1`);
      const [first, ...others] = summary(await seen);
      expect(first).toBe('ADDED w1');
      expect(['ADDED w2', 'MODIFIED w2', 'DELETED w2', 'DELETED w1'].slice(-others.length)).toEqual(others);
      expect(others.at(-1)).toBe('DELETED w1');
    });

    it('resume after a version without losing a change', async () => {
      const { body } = await client.call<{ metadata: { resourceVersion: string } }>(
        'GET',
        `${CONFIG_MAPS}?labelSelector=w`,
      );
      await client.call('POST', CONFIG_MAPS, configMap('w3', { w: 'yes' }));
      await client.call('PATCH', `${CONFIG_MAPS}/w3`, { data: { key: 'other' } }, MERGE);
      await client.call('DELETE', `${CONFIG_MAPS}/w3`);
      const seen = await client.watch<KubeObject>(
        path(`resourceVersion=${body.metadata.resourceVersion}`),
        ({ type }) => type === 'DELETED',
      );
      expect(summary(seen)).toEqual(['ADDED w3', 'MODIFIED w3', 'DELETED w3']);
    });

    it('end with a bookmark at their timeout', async () => {
      const query =
        'watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3Dnone';
      const seen = await client.watch<KubeObject>(`${CONFIG_MAPS}?${query}`, () => false);
      expect(seen.map(({ type }) => type)).toEqual(['BOOKMARK']);
      expect(Number(seen[0]?.object.metadata.resourceVersion)).toBeGreaterThan(1);
    });

    it('come as tables, with the columns in the first', async () => {
      const response = await client.open(
        'GET',
        `${CONFIG_MAPS}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dl1`,
        undefined,
        TABLE,
      );
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      const event = JSON.parse(Buffer.concat(chunks).toString().split('\n')[0] ?? '') as WatchEvent<{
        kind: string;
        columnDefinitions: unknown[];
        rows: { cells: unknown[] }[];
      }>;
      expect([
        event.type,
        event.object.kind,
        event.object.columnDefinitions.length,
        event.object.rows[0]?.cells.slice(0, 2),
      ]).toEqual(['ADDED', 'Table', 3, ['l1', 1]]);
    });
  });
});
