import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Configuration, type EnvironmentSettings } from '../config/configuration.js';
import { FolderObjectStore } from './folder.object-store.js';
import { makeObjectStore, ObjectStoreModule } from './object-store.module.js';
import { ObjectStore } from './object-store.js';
import { bodyOf, expectFailure } from './testing/describe-object-store.js';
import { UnconfiguredObjectStore } from './unconfigured.object-store.js';

const bucket = { endpoint: 'https://s3.example.com', key: 'key', secret: 'hidden', name: 'logs', pathPrefix: '' };

describe('the object store', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'object-store-module-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('is the folder objects of the data folder, or the bucket, as chosen', async () => {
    const descriptions = await Promise.all([
      makeObjectStore('folder', { bucket, dataDir }),
      makeObjectStore('s3', { bucket, dataDir }),
    ]);
    expect(descriptions.map(({ description }) => description)).toEqual([
      `folder ${dataDir}/objects`,
      'bucket logs at https://s3.example.com',
    ]);
  });

  it('signs with a temporary key, and addresses the bucket by the host, where that is set', async () => {
    const addressOf = async (more: object): Promise<URL> => {
      const store = await makeObjectStore('s3', { bucket: { ...bucket, ...more }, dataDir }, 'eu-central-1');
      return new URL((await store.address('a/b', { seconds: 60 })) ?? '');
    };
    const plain = await addressOf({});
    expect([plain.host, plain.pathname]).toEqual(['s3.example.com', '/logs/a/b']);
    expect(plain.searchParams.get('X-Amz-Credential')).toMatch(/^key\/\d{8}\/eu-central-1\/s3\/aws4_request$/);
    expect(plain.searchParams.has('X-Amz-Security-Token')).toBe(false);
    const other = await addressOf({ addressing: 'virtual-host', sessionToken: 'for a while' });
    expect([other.host, other.pathname]).toEqual(['logs.s3.example.com', '/a/b']);
    expect(other.searchParams.get('X-Amz-Security-Token')).toBe('for a while');
  });

  it('needs no key where the SDK shall find one', async () => {
    const { endpoint, name, pathPrefix } = bucket;
    const chained = { endpoint, name, pathPrefix, credentials: 'default-chain' as const };
    const { description } = await makeObjectStore('s3', { bucket: chained, dataDir });
    expect(description).toBe('bucket logs at https://s3.example.com');
    const missing = await makeObjectStore('s3', { bucket: { ...chained, name: undefined }, dataDir });
    await expectFailure(missing.check(), 'not-configured', true, /PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME$/);
  });

  it('names the settings that it misses, and rejects everything', async () => {
    const store = await makeObjectStore('s3', { bucket: { pathPrefix: '', key: 'key', name: 'logs' }, dataDir });
    expect(store).toBeInstanceOf(UnconfiguredObjectStore);
    const names = /PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT, PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET$/;
    for (const call of [
      store.check(),
      store.head('k'),
      store.read('k'),
      store.remove('k'),
      store.create('k', bodyOf('x'), { contentType: 'text/plain', size: 1 }),
    ]) {
      await expectFailure(call, 'not-configured', true, names);
    }
  });

  it('is provided to every module, cleans up at start, and closes at shutdown', async () => {
    const folder = join(dataDir, 'objects');
    await mkdir(folder);
    await writeFile(join(folder, '.new-old'), '');
    await utimes(join(folder, '.new-old'), 0, 0);
    class Choice {
      readonly store = 'folder';
    }
    @Module({
      providers: [
        Choice,
        { provide: Configuration, useValue: { environment: { bucket, dataDir } as EnvironmentSettings, server: {} } },
      ],
      exports: [Choice, Configuration],
    })
    class SettingsModule {}
    const testing = await Test.createTestingModule({
      imports: [
        ObjectStoreModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Choice],
          useFactory: (choice: Choice) => choice.store,
        }),
      ],
    }).compile();
    await testing.init();
    expect(testing.get(ObjectStore)).toBeInstanceOf(FolderObjectStore);
    await expect(readdir(folder)).resolves.toEqual([]);
    await testing.close();
  });
});
