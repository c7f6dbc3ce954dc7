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
        { provide: Configuration, useValue: { environment: { bucket, dataDir } as EnvironmentSettings } },
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
