import { describe, expect, it, test } from '@jest/globals';
import { load, manager } from './testing/loading.js';

const loaded = (content: string, environment: NodeJS.ProcessEnv = {}) =>
  load(manager + content, { environment }).configuration;

/** What a process of this metadata is described by. */
const metadataOf = (metadata: string) =>
  loaded(`resources: { p: { type: process, processor: { name: Some, metadata: { ${metadata} } } } }`).processes[0]
    ?.processor['metadata'] as Record<string, unknown>;

describe('a text of a process', () => {
  test.each([
    ['version: 1.0', { version: '1.0' }],
    ['version: 1.10', { version: '1.10' }],
    ['version: 1_000', { version: '1_000' }],
    ['version: 0x10', { version: '0x10' }],
    ['version: 2026-01-01', { version: '2026-01-01' }],
    ['title: 5', { title: '5' }],
    ['title: on', { title: 'on' }],
    ['title: { en: 1.0, de: 12:30 }', { title: { en: '1.0', de: '12:30' } }],
    ['keywords: [2026, 1.0, 2026-01-01, no]', { keywords: ['2026', '1.0', '2026-01-01', 'no'] }],
    ['keywords: { en: [1.50] }', { keywords: { en: ['1.50'] } }],
    ['links: [{ href: https://example.org, rel: about, title: 1.0 }]', { links: [{ title: '1.0' }] }],
    ['inputs: { a: { title: 1.0, schema: {} } }', { inputs: { a: { title: '1.0' } } }],
    [
      'outputs: { a: { keywords: [1.0], schema: { title: 1.0 } } }',
      { outputs: { a: { keywords: ['1.0'], schema: { title: '1.0' } } } },
    ],
    [
      'inputs: { a: { schema: { type: string, enum: [2025, 1.0], default: 1.0 } } }',
      { inputs: { a: { schema: { enum: ['2025', '1.0'], default: '1.0' } } } },
    ],
    [
      'inputs: { a: { schema: { properties: { title: { type: string, const: 1.0, title: 2.0 } } } } }',
      { inputs: { a: { schema: { properties: { title: { const: '1.0', title: '2.0' } } } } } },
    ],
  ])('is what was written: %s', (metadata, expected) => {
    expect(metadataOf(metadata)).toMatchObject(expected);
  });

  it('is what the environment holds', () => {
    const content = `resources:
  p:
    type: process
    processor:
      name: Some
      metadata:
        title: '\${TITLE}'
        version: \${VERSION}`;
    const [process] = loaded(content, { VERSION: '1.0' }).processes;
    expect(process?.processor['metadata']).toEqual({ title: '${TITLE}', version: '1.0' });
  });

  it('is found behind aliases and merges', () => {
    const content = `resources:
  p:
    type: process
    processor: &p { name: Some, metadata: &m { version: 1.0, title: &t 5 } }
  q: { type: process, processor: { <<: *p, metadata: { <<: *m, description: *t } } }`;
    expect(loaded(content).processes.map(({ processor }) => processor['metadata'])).toEqual([
      { version: '1.0', title: '5' },
      { version: '1.0', title: '5', description: '5' },
    ]);
  });
});

describe('data', () => {
  test.each([
    ['inputs: { a: { minOccurs: 0, schema: { type: number, minimum: 1.0, default: 2.0, enum: [1.0] } } }'],
    ['inputs: { a: { schema: { type: object, default: { title: 1.0, on: true } } } }'],
    ['example: { inputs: { title: 1.0 } }'],
    ['outputs: { a: { schema: { uniqueItems: true, maxItems: 0x10 } } }'],
  ])('stays what it is: %s', (metadata) => {
    expect(JSON.stringify(metadataOf(metadata))).not.toMatch(/"[\d.x]+"|"true"/);
  });
});

it('texts of the server are what was written', () => {
  const { metadata } = loaded(`metadata:
  identification: { title: 1.0, description: { en: 2026-01-01 }, keywords: [2026, 1.10] }
  license: { name: 4.0 }
  contact: { postalcode: 01067, phone: 1_000 }`);
  expect(metadata).toMatchObject({
    identification: { title: '1.0', description: { en: '2026-01-01' }, keywords: ['2026', '1.10'] },
    license: { name: '4.0' },
    contact: { postalcode: '01067', phone: '1_000' },
  });
});
