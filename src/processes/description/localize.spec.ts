import { describe, expect, it, test } from '@jest/globals';
import { localize, localizeKeywords, negotiateLanguages } from '../../ogc/languages.js';
import { localizeDescription } from './localize.js';

describe('negotiating the language', () => {
  const available = ['en-US', 'de-DE', 'fr'];
  test.each([
    [undefined, undefined, ['en-US', 'de-DE', 'fr']],
    [undefined, 'de', ['de-DE', 'en-US', 'fr']],
    [undefined, 'es, fr;q=0.5, de;q=0.9', ['de-DE', 'fr', 'en-US']],
    [undefined, 'fr-CA', ['fr', 'en-US', 'de-DE']],
    ['fr', 'de', ['fr', 'de-DE', 'en-US']],
    ['es', 'de', ['de-DE', 'en-US', 'fr']],
    [undefined, ';;;,=', ['en-US', 'de-DE', 'fr']],
  ])('lang=%s and Accept-Language %s give %j', (lang, header, expected) => {
    expect(negotiateLanguages(lang, header, available)).toEqual(expected);
  });
});

describe('localizing', () => {
  test.each([
    ['a plain text', 'Title', 'Title'],
    ['no text', undefined, undefined],
    ['the exact language', { en: 'Title', 'de-DE': 'Titel' }, 'Titel'],
    ['a text of the same primary language', { fr: 'Titre', de: 'Titel' }, 'Titel'],
    ['a later language', { fr: 'Titre', 'en-GB': 'Title' }, 'Title'],
    ['any language rather than none', { fr: 'Titre' }, 'Titre'],
  ])('gives %s', (_, text, expected) => {
    expect(localize(text, ['de-DE', 'en-US'])).toBe(expected);
  });

  it('localizes keywords', () => {
    expect(localizeKeywords(['a'], ['de'])).toEqual(['a']);
    expect(localizeKeywords({ en: ['hello'], de: ['hallo'] }, ['de'])).toEqual(['hallo']);
  });

  it('makes a process of plain texts and leaves schemas alone', () => {
    const description = {
      id: 'buffer',
      version: '1.0.0',
      title: { en: 'Buffer', de: 'Puffer' },
      keywords: { en: ['buffer'] },
      jobControlOptions: ['async-execute'] as const,
      outputTransmission: ['value'] as const,
      links: [],
      inputs: {
        distance: {
          title: { de: 'Abstand' },
          schema: { type: 'object', title: { de: 'no text' } },
          minOccurs: 0,
          unit: 'm',
        },
      },
      outputs: { area: { description: { en: 'Area', de: 'Fläche' }, schema: true } },
      example: { inputs: { distance: 1 } },
    };
    expect(localizeDescription(description, ['de'])).toEqual({
      id: 'buffer',
      version: '1.0.0',
      title: 'Puffer',
      keywords: ['buffer'],
      jobControlOptions: ['async-execute'],
      outputTransmission: ['value'],
      links: [],
      inputs: {
        distance: { title: 'Abstand', schema: { type: 'object', title: { de: 'no text' } }, minOccurs: 0, unit: 'm' },
      },
      outputs: { area: { description: 'Fläche', schema: true } },
      example: { inputs: { distance: 1 } },
    });
  });
});
