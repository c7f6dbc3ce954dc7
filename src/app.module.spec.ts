import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppModule, ProcessesServerModule, type ProcessesServerOptions } from './app.module.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-module-'));
  await writeFile(join(folder, 'config.yaml'), 'plugins: [./missing.mjs]\n');
});
afterAll(() => rm(folder, { recursive: true }));

class OwnProcessor {}
class PluginProcessor {}
class OwnModule {}
class PluginModule {}

const plugins = [{ specifier: 'x', processors: [PluginProcessor], modules: [PluginModule] }];
const options = (): ProcessesServerOptions => ({
  environment: { PYGEOAPI_CONFIG: 'config.yaml' },
  workingDirectory: folder,
  imports: [OwnModule],
  providers: [OwnProcessor],
});

/** What the options and the plugins bring: the part that is awaited. */
async function partsOf({ imports }: DynamicModule) {
  const parts = await (imports ?? []).find((part) => part instanceof Promise);
  return { imports: parts?.imports, providers: parts?.providers };
}

const expected = { imports: [OwnModule, PluginModule], providers: [OwnProcessor, PluginProcessor] };

describe('the module', () => {
  it('takes modules and providers of its user and of the plugins', async () => {
    const module = ProcessesServerModule.forRoot({ ...options(), plugins });
    expect(module.module).toBe(AppModule);
    expect(await partsOf(module)).toEqual(expected);
  });

  it('loads the plugins of the configuration itself', async () => {
    const module = ProcessesServerModule.forRoot(options());
    await expect(partsOf(module)).rejects.toThrow('config.yaml: plugins[0]: plugin "./missing.mjs" is not there');
  });

  it('takes options that are made of what a function injects', async () => {
    const events: string[] = [];
    @Injectable()
    class Secrets {
      readonly file = 'config.yaml';
      onModuleDestroy(): void {
        events.push('closed');
      }
    }
    @Module({ providers: [Secrets], exports: [Secrets] })
    class SecretsModule {}
    const module = await ProcessesServerModule.forRootAsync({
      imports: [SecretsModule],
      inject: [Secrets],
      useFactory: async (secrets: Secrets) => ({
        ...options(),
        plugins,
        environment: { PYGEOAPI_CONFIG: secrets.file },
      }),
    });
    expect(module.module).toBe(ProcessesServerModule);
    expect(await partsOf(module)).toEqual(expected);
    expect(events).toEqual(['closed']);
  });

  it('says what is wrong with options that are made', async () => {
    const made = ProcessesServerModule.forRootAsync({
      useFactory: () => ({ ...options(), environment: { PYGEOAPI_CONFIG: 'none.yaml' } }),
    });
    await expect(made).rejects.toThrow('none.yaml');
  });

  it('wraps a root module of its user', () => {
    expect(ProcessesServerModule.forRoot({ root: OwnModule }).imports).toEqual([OwnModule]);
  });
});
