import { describe, expect, it } from '@jest/globals';
import { offeredFormats } from './output-formats.js';

const image = { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' };
const gml = { type: 'string', contentMediaType: 'application/gml+xml; version=3.2' };
const geojson = { type: 'object', contentMediaType: 'application/geo+json' };

describe('the formats of an output', () => {
  it.each([
    ['text', { type: 'string' }, ['text/plain', 'text/csv']],
    ['a number', { type: 'number' }, ['application/json', 'text/csv']],
    ['an image', image, ['image/png', 'text/csv']],
    ['several', { oneOf: [gml, geojson] }, [gml.contentMediaType, geojson.contentMediaType, 'text/csv']],
    [
      'one for several types',
      { contentMediaType: 'text/x', anyOf: [{ type: 'string' }, { type: 'number' }] },
      ['text/x', 'text/csv'],
    ],
    ['any', {}, []],
    ['some of any', { oneOf: [gml, {}] }, []],
  ])('of %s are those of its schema, and what jobs give without saying so', (_name, schema, expected) => {
    expect(offeredFormats({ schema }, 'text/csv').mediaTypes).toEqual(expected);
  });

  it.each([
    ['image/png', true],
    ['IMAGE/PNG', true],
    ['image/jpeg', false],
    ['application/gml+xml', true],
    ['application/gml+xml;version=3.2', true],
    ['application/gml+xml; version=3.1', false],
    ['', false],
  ])('can be asked for as %s: %s', (asked, expected) => {
    expect(offeredFormats({ schema: { oneOf: [image, gml] } }, 'text/csv').hasMediaType(asked)).toBe(expected);
  });

  it('have the encodings of text or of bytes, and any where the schema does not say', () => {
    const encodings = (schema: object) =>
      ['base64', 'binary', 'UTF-8', 'utf8', 'gzip'].filter((asked) =>
        offeredFormats({ schema } as never, 'a/b').hasEncoding(asked),
      );
    expect(encodings(image)).toEqual(['base64', 'binary']);
    expect(encodings(geojson)).toEqual(['UTF-8', 'utf8']);
    expect(encodings({})).toHaveLength(5);
  });

  it('of an output that is not described are any', () => {
    expect(offeredFormats(undefined, 'text/csv').hasMediaType('image/png')).toBe(true);
  });
});
