import { describe, expect, it } from '@jest/globals';
import { readPlugins } from './plugins.section.js';

describe('plugins of the file', () => {
  it('are paths and names of packages, each with the folder that it counts from', () => {
    expect(readPlugins(['./a.mjs', '@b/c'], '/etc/server')).toEqual({
      references: [
        { specifier: './a.mjs', path: 'plugins[0]', folder: '/etc/server' },
        { specifier: '@b/c', path: 'plugins[1]', folder: '/etc/server' },
      ],
      faults: [],
    });
  });

  it.each([[undefined], [null], [[]]])('are none in %j', (plugins) => {
    expect(readPlugins(plugins, '/')).toEqual({ references: [], faults: [] });
  });

  it.each([
    ['./a.mjs', 'plugins', 'must be a list of paths or package names (is "./a.mjs")'],
    [{ a: 1 }, 'plugins', 'must be a list of paths or package names (is a mapping)'],
    [['a', 5], 'plugins[1]', 'must be a path or the name of a package (is 5)'],
    [['  '], 'plugins[0]', 'must be a path or the name of a package (is "  ")'],
  ])('cannot be %j', (plugins, path, message) => {
    expect(readPlugins(plugins, '/').faults).toEqual([{ path, message }]);
  });
});
