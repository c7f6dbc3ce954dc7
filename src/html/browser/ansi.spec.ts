import { describe, expect, it } from '@jest/globals';
import { Look } from './ansi.js';

const E = '\u001b';
const shown = (...lines: string[]) => {
  const look = new Look();
  return lines.map((line) => look.segments(line).map(({ text, classes }) => (classes ? `<${classes}>${text}` : text)));
};

describe('a line of a terminal', () => {
  it.each([
    ['plain', 'a < b', ['a < b']],
    ['coloured', `a${E}[31mred${E}[0m b`, ['a', '<fg-red>red', ' b']],
    ['bright, bold and underlined', `${E}[1;4;92mx`, ['<fg-green bold underlined>x']],
    ['with a background', `${E}[30;43mx${E}[49my`, ['<fg-black bg-yellow>x', '<fg-black>y']],
    ['of 256 colours, and of all', `${E}[38;5;196mx${E}[48;2;1;2;31my`, ['x', 'y']],
    ['written over', 'half\rwhole\r', ['whole']],
    ['with a title and a cursor that moves', `${E}]0;title\u0007a${E}[2K${E}[1Ab`, ['ab']],
    ['with a sequence that is none', `${E}[31`, ['[31']],
    ['empty', '', []],
  ])('%s', (_, line, segments) => expect(shown(line)).toEqual([segments]));

  it('goes on as the one before it ended', () =>
    expect(shown(`${E}[31mred`, 'still', `${E}[mno more`)).toEqual([['<fg-red>red'], ['<fg-red>still'], ['no more']]));
});
