import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../../config/configuration-error.js';
import { loadPlugins, type LoadPluginsOptions } from './plugins.js';
import { Processor } from '../processor.js';

@Processor('one')
class One {}
@Processor('two')
class Two {}
class Nameless extends Two {}
class Helper {}

@Module({ providers: [Helper] })
class HelperModule {}
@Module({ providers: [Two] })
class TwoModule {}
const dynamic = { module: class DynamicModule {}, providers: [{ provide: One, useFactory: () => new One() }] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugins-'));
  await writeFile(join(folder, 'plugin.mjs'), '');
});
afterAll(() => rm(folder, { recursive: true }));

function load(specifiers: readonly string[], exported: object, after?: LoadPluginsOptions['after']) {
  const plugins = specifiers.map((specifier, at) => ({ specifier, path: `plugins[${at}]`, folder }));
  const asked: string[] = [];
  const imported = async (specifier: string, from: string) => {
    expect(from).toBe(folder);
    asked.push(specifier);
    return exported;
  };
  return { asked, loaded: loadPlugins({ file: 'c.yaml', plugins }, { load: imported, ...(after ? { after } : {}) }) };
}

describe('plugins', () => {
  it.each([
    ['default and named exports', { default: One, two: Two }, [One, Two], []],
    ['one class, exported twice', { default: One, One }, [One], []],
    ['modules', { default: HelperModule, Helper }, [], [HelperModule]],
    ['a class beside the module that provides it', { default: TwoModule, Two, One }, [One], [TwoModule]],
    ['a dynamic module', { default: dynamic, One }, [], [dynamic]],
  ])('bring %s', async (_, exported, processors, modules) => {
    expect(await load(['some-package'], exported).loaded).toEqual([{ specifier: 'some-package', processors, modules }]);
  });

  it('are paths from the configuration file on, absolute ones, addresses, and names of packages', async () => {
    const path = join(folder, 'plugin.mjs');
    const url = pathToFileURL(path).href;
    const { asked, loaded } = load(['./plugin.mjs', path, url, '@scope/name/part'], { One });
    await loaded;
    expect(asked).toEqual([url, url, url, '@scope/name/part']);
  });

  it.each([
    ['./none.mjs', {}, /^is not there: there is no file .*none\.mjs$/],
    ['name', {}, /^must export a class with @Processor .* \(exports nothing\)$/],
    ['name', { a: 1, Helper }, /\(exports a, Helper\)$/],
    ['name', { Nameless }, /^exports Nameless, which extends a processor but has no name of its own/],
  ])('that cannot be used are named: %s with %p', async (specifier, exported, message) => {
    const { loaded } = load(['name-of-a-good-one', specifier].slice(1), exported);
    const error: unknown = await loaded.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    const [fault] = (error as ConfigurationError).faults;
    expect(fault?.path).toBe('plugins[0]');
    expect(fault?.message.replace(`plugin "${specifier}" `, '')).toMatch(message);
  });

  it('that never load are given up', async () => {
    const plugins = [{ specifier: 'slow', path: 'plugins[0]', folder }];
    const loaded = loadPlugins(
      { file: 'c.yaml', plugins },
      {
        load: () => new Promise(() => undefined),
        after: (milliseconds, callback) => {
          expect(milliseconds).toBe(30_000);
          queueMicrotask(callback);
          return () => undefined;
        },
      },
    );
    await expect(loaded).rejects.toThrow('c.yaml: plugins[0]: plugin "slow" did not load within 30 s');
  });
});
