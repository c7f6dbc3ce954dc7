import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { variables } from './variables.js';

describe('docs/operations/configuration.md', () => {
  it('lists every variable with its flag, default and meaning, in the order of the help text', () => {
    const table = readFileSync('docs/operations/configuration.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, ...cells]) => cells.slice(0, 4));
    expect(table).toEqual(
      variables.map(({ name, flag, default: standard = '', text }) => [
        `\`${name}\``,
        flag === undefined ? '' : `\`--${flag}\``,
        standard,
        text,
      ]),
    );
  });
});
