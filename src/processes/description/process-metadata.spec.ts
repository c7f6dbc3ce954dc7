import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '../schema/json-schema.js';
import { declaredMediaType } from './process-metadata.js';

describe('the media type that an output declares', () => {
  it.each([
    ['text/csv', 'text/csv'],
    // As a block of YAML ends.
    ['text/csv; header=present\n', 'text/csv; header=present'],
    ['text/plain; title=–', undefined],
    ['a/b\r\nx: y', undefined],
    [5, undefined],
  ])('of contentMediaType %j is %j', (contentMediaType, mediaType) =>
    expect(declaredMediaType({ schema: { type: 'string', contentMediaType } as JsonSchema })).toBe(mediaType),
  );
});
