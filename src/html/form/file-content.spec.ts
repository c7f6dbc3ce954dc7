import { describe, expect, it } from '@jest/globals';
import { fileContent, textValue } from './file-content.js';

const unnamed = { fileName: 'a.geo', mediaType: 'application/octet-stream' };
const geojson = { ...unnamed, fileName: 'a.geojson' };
const text = { type: 'string' };
const bytes = { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/tiff' };
const list = (items: object) => ({ type: 'array', items });

describe('a file of a form', () => {
  it.each([
    ['JSON where no text fits, whatever it is called', { type: 'object' }, unnamed, 'json'],
    ['JSON where no text fits in any way', { oneOf: [{ type: 'object' }, { type: 'array' }] }, unnamed, 'json'],
    ['a text where only texts fit, though it is JSON', text, geojson, 'text'],
    ['bytes where base64 is expected', bytes, unnamed, 'bytes'],
    ['JSON by its name where both fit', { oneOf: [text, { type: 'object' }] }, geojson, 'json'],
    ['JSON by its media type where both fit', {}, { ...unnamed, mediaType: 'application/geo+json' }, 'json'],
    ['a text where both fit, and nothing says JSON', { oneOf: [text, { type: 'object' }] }, unnamed, 'text'],
    ['bytes where texts or base64 fit', { oneOf: [text, bytes] }, unnamed, 'bytes'],
    ['a text where texts or base64 fit', { oneOf: [text, bytes] }, { ...unnamed, mediaType: 'text/csv' }, 'text'],
    ['an item where a list of texts is expected', list(text), unnamed, 'text'],
    ['the list itself, as JSON', list(text), geojson, 'json'],
    ['JSON where a list of objects is expected', list({ type: 'object' }), unnamed, 'json'],
  ])('is %s', (_what, schema, label, content) => {
    expect(fileContent(schema, label)).toBe(content);
  });

  it('is base64 where it is bytes, or no text', () => {
    expect(textValue('bytes', Buffer.from('ä'))).toBe('w6Q=');
    expect(textValue('text', Buffer.from('ä'))).toBe('ä');
    expect(textValue('text', Buffer.from([0xff]))).toBe('/w==');
  });
});
