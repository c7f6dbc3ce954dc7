import { describe, expect, it } from '@jest/globals';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { INFO_PATH } from '../../src/http/info.js';
import { DOCS_PATH } from '../../src/http/docs-page.js';
import { TRANSFER_PATH } from '../../src/transfer/transfer.routes.js';
import { API_SEGMENTS } from '../../src/visualisations/names.js';

const source = join(import.meta.dirname, '../../src');
type Metadata = string | string[] | undefined;
const pathsOf = (target: object): string[] => [(Reflect.getMetadata('path', target) as Metadata) ?? []].flat();

/** Paths of the routes of all controllers, as Nest keeps them. */
async function controllerPaths(): Promise<string[]> {
  const files = globSync('**/*.controller.{ts,tsx}', { cwd: source });
  const modules = (await Promise.all(files.map((file) => import(join(source, file))))) as Record<string, unknown>[];
  const controllers = modules
    .flatMap((exported) => Object.values(exported))
    .filter((value) => typeof value === 'function');
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    const routes = Object.getOwnPropertyNames(prototype).flatMap((name) => pathsOf(prototype[name] ?? {}));
    return pathsOf(controller).flatMap((base) => routes.map((route) => `${base}/${route}`));
  });
}

describe('the paths of the API, which no visualisation may take where both share a host', () => {
  it('are those of all its routes', async () => {
    const paths = [...(await controllerPaths()), DOCS_PATH, INFO_PATH, TRANSFER_PATH];
    const segments = paths
      .map((path) => path.split('/').find((part) => part !== ''))
      .filter((part) => part !== undefined);
    expect([...new Set(segments)].toSorted()).toEqual(API_SEGMENTS);
  });
});
