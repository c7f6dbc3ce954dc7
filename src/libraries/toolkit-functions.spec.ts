import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { toolkitFunctions } from './toolkit-functions.js';

describe('toolkitFunctions', () => {
  it('are those that Nest imports from the whole toolkit', () => {
    const imported = globSync('node_modules/@nestjs/*/dist/**/*.js')
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/import \{([^}]*)\} from 'es-toolkit\/compat'/g)])
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.trim());
    expect([...new Set(imported)].toSorted()).toEqual([...toolkitFunctions].toSorted());
  });
});
