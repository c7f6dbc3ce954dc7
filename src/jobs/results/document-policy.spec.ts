import { expect, it } from '@jest/globals';
import { documentPolicy } from './document-policy.js';

it.each([
  'text/html',
  'TEXT/HTML; charset=utf-8',
  'application/xhtml+xml',
  'image/svg+xml',
  'application/xml',
  'text/xml',
  'application/gml+xml',
  'multipart/x-mixed-replace',
  'application/pdfx',
  'text/javascript',
  'application/octet-stream',
  '',
])('a result of %s is opened in a sandbox', (mediaType) => {
  expect(documentPolicy(mediaType)).toMatch(/^sandbox;/);
});

it.each(['application/json', 'text/plain', 'image/png', 'application/pdf', 'application/geo+json'])(
  'a result of %s is not',
  (mediaType) => {
    expect(documentPolicy(mediaType)).toBeUndefined();
  },
);
