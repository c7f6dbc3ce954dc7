import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import { ObjectCache } from './object-cache.js';

const object = (name: string, version: number, uid = name): KubernetesObject => ({
  metadata: { name, uid, resourceVersion: String(version) },
});

function makeCache(): {
  cache: ObjectCache<string>;
  changes: string[];
  made: string[];
  list: (version: number, items: KubernetesObject[]) => void;
} {
  const changes: string[] = [];
  const made: string[] = [];
  const cache = new ObjectCache<string>(
    ({ metadata: { name = '', uid = '', resourceVersion = '' } = {} }) => ({
      name,
      uid,
      version: resourceVersion,
      makeRecord: () => {
        made.push(`${uid}@${resourceVersion}`);
        return `${uid}@${resourceVersion}`;
      },
    }),
    ({ name, previous, record }) => changes.push(`${name}: ${previous} > ${record}`),
  );
  const list = (version: number, items: KubernetesObject[]): void => {
    const pass = cache.beginList(String(version));
    for (const item of items) pass.add(item);
    pass.finish();
  };
  return { cache, changes, made, list };
}

describe('ObjectCache', () => {
  it('believes the list alone when the storage was restored from a backup', () => {
    const { cache, list } = makeCache();
    list(10, [object('a', 9), object('lost', 8)]);
    list(5, [object('a', 2)]);
    expect([...cache.values()]).toEqual(['a@2']);
    cache.takeOver(object('a', 6));
    expect(cache.get('a')).toBe('a@6');
  });

  it('keeps what is newer than the list, and the deletion of another object of the name does not touch it', () => {
    const { cache, changes, list } = makeCache();
    list(10, [object('a', 9)]);
    cache.takeOver(object('a', 15, 'second'));
    list(12, [object('a', 11)]);
    cache.apply('DELETED', object('a', 13));
    expect(cache.get('a')).toBe('second@15');
    expect(changes).toEqual(['a: undefined > a@9', 'a: a@9 > undefined', 'a: undefined > second@15']);
  });

  it('makes one record of a state, however often it comes', () => {
    const { cache, made, list } = makeCache();
    list(10, [object('a', 9)]);
    cache.takeOver(object('b', 11));
    expect(cache.has({ name: 'b', uid: 'b', version: '11' })).toBe(true);
    cache.apply('ADDED', object('b', 11));
    cache.takeOver(object('b', 11));
    list(12, [object('a', 9), object('b', 11)]);
    expect(made).toEqual(['a@9', 'b@11']);
    expect(cache.has({ name: 'b', uid: 'b', version: '10' })).toBe(false);
    expect(cache.has({ name: 'b', uid: 'another', version: '11' })).toBe(false);
    expect(cache.version).toBe('12');
  });
});
