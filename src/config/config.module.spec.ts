import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { ConfigurationModule, loadConfiguration } from './config.module.js';
import { Configuration } from './configuration.js';
import { temporaryFolder } from './testing/temporary-files.js';

@Injectable()
class Consumer {
  constructor(
    readonly configuration: Configuration,
    readonly service: ConfigService,
  ) {}
}

@Module({ providers: [Consumer], exports: [Consumer] })
class ConsumerModule {}

const folders: { remove: () => void }[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  folders.splice(0).forEach((folder) => folder.remove());
});

async function start() {
  const folder = temporaryFolder({
    'c.yaml': 'odd: 1\nserver: {manager: {name: pygeoapi_k8s_manager.KubernetesManager}}',
  });
  folders.push(folder);
  const options = {
    environment: {
      PYGEOAPI_CONFIG: 'c.yaml',
      PYGEOAPI_K8S_MANAGER_API_TOKEN: 'hidden-token',
      PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_SECRET: 'hidden-secret',
      PYGEOAPI_K8S_MANAGER_NAMESPACE: 'jobs',
    },
    overrides: { K8S_CLUSTER: 'embedded' },
    workingDirectory: folder.path,
  };
  const loaded = loadConfiguration(options);
  const module = await Test.createTestingModule({
    imports: [ConfigurationModule.forRoot({ ...options, loaded }), ConsumerModule],
  }).compile();
  return { loaded, module, consumer: module.get(Consumer) };
}

describe('ConfigurationModule', () => {
  it('gives the configuration to every module', async () => {
    const { loaded, consumer } = await start();
    expect(consumer.configuration).toBe(loaded.configuration);
    expect(consumer.configuration.environment).toMatchObject({ apiToken: 'hidden-token', cluster: 'embedded' });
  });

  it("gives the environment's settings through Nest's ConfigService, without secrets", async () => {
    const { consumer } = await start();
    expect(consumer.service.get('environment.namespace')).toBe('jobs');
    expect(consumer.service.get('environment.cluster')).toBe('embedded');
    expect(JSON.stringify(consumer.service.get('environment'))).not.toContain('hidden');
  });

  it('leaves the environment of the process alone', async () => {
    const before = { ...process.env };
    await start();
    expect({ ...process.env }).toEqual(before);
  });

  it('logs the warnings once, at start', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { module } = await start();
    expect(warn).not.toHaveBeenCalled();
    await module.init();
    expect(warn.mock.calls).toEqual([['c.yaml: odd: unknown key, ignored']]);
    await module.close();
  });

  it('fails at once where the configuration is wrong', () => {
    expect(() => ConfigurationModule.forRoot({ environment: { PYGEOAPI_CONFIG: '/nowhere.yaml' } })).toThrow(
      '/nowhere.yaml: the file: cannot be read: there is no such file',
    );
  });
});
