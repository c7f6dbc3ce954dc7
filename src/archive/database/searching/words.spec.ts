import { describe, expect, it } from '@jest/globals';
import { rarest, wordsOf } from './words.js';

describe('the words of a text that is searched for', () => {
  it.each([
    ['flood map', ['flood ', ' map']],
    ['of 2024-07', ['of ', ' 2024-', '-07']],
    // "gr" may be part of a word, and has no trigram then.
    ['größe fehlt', [' fehlt']],
    ['a größeres', [' gr', 'eres']],
    ['xy', []],
  ])('of "%s" are %j', (text, words) => expect(wordsOf(text)).toEqual(words));
});

describe('the rarest word', () => {
  it.each([
    ['the one that the sample has least', [300, 1], ' map'],
    ['none where all are frequent', [300, 2], undefined],
    ['the longest of those that it has as little', [0, 0], 'flood '],
  ])('is %s', (_, counts, word) => expect(rarest(['flood ', ' map'], counts)).toBe(word));

  it('is none where two are as long, of which one may be everywhere else', () =>
    expect(rarest(['error ', ' 40000'], [0, 0])).toBeUndefined());

  it('is none of a single word', () => expect(rarest(['flood'], [0])).toBeUndefined());
});
