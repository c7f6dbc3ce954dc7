import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import type { Configuration, PubSubSettings } from '../config/configuration.js';
import { asyncApiDocument } from './asyncapi-document.js';

const asyncApiSchema = JSON.parse(
  readFileSync('node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json', 'utf8'),
) as object;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(asyncApiSchema);

const metadata: Configuration['metadata'] = {
  identification: {
    title: { en: 'A title', de: 'Ein Titel' },
    description: '',
    keywords: ['a', 'a', 'b'],
    url: 'https://a.example',
  },
  license: { name: 'CC-BY', url: 'no address' },
  contact: { name: 'Somebody', email: 'you@example.org', url: 'Contact URL', phone: '1' },
};
const mqtt: PubSubSettings = {
  protocol: 'mqtt',
  url: 'mqtts://broker.example:8883',
  username: 'user',
  password: 'hunter2',
  channel: 'my/channel',
  hidden: false,
};
const http: PubSubSettings = { protocol: 'http', url: 'https://ntfy.example/hooks', channel: 'a:b', hidden: false };

function documentOf(pubsub: PubSubSettings, ids = ['hello', 'with~and+', 'größe']) {
  const configuration = { metadata, server: { languages: ['en'] }, pubsub } as unknown as Parameters<
    typeof asyncApiDocument
  >[0];
  return asyncApiDocument(
    configuration,
    ids.map((id) => ({ id })),
    'https://api.example',
    '1.2.3',
  ) as unknown as Record<string, Record<string, Record<string, unknown>>>;
}

describe('the AsyncAPI document', () => {
  it.each([
    ['over MQTT', mqtt],
    ['over HTTP', http],
    ['with a hidden broker', { ...mqtt, hidden: true }],
  ])('is valid by the official schema of AsyncAPI 3.0.0: %s', (_, settings) => {
    validate(documentOf(settings));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('says where the broker is, and what it asks for, without user and password', () => {
    const document = documentOf(mqtt);
    expect(document['servers']?.['default']).toEqual({
      host: 'broker.example:8883',
      protocol: 'mqtts',
      security: [{ $ref: '#/components/securitySchemes/broker' }],
    });
    expect(JSON.stringify(document)).not.toMatch(/hunter2|"user"/);
    expect(documentOf(http)['servers']?.['default']).toEqual({
      host: 'ntfy.example',
      pathname: '/hooks',
      protocol: 'https',
    });
  });

  it('says nothing of a hidden broker', () => {
    expect(JSON.stringify(documentOf({ ...mqtt, hidden: true }))).not.toMatch(/broker\.example|securitySchemes/);
  });

  it('has a channel for each process, by the address that is published to', () => {
    const { channels, operations } = documentOf(mqtt);
    expect(channels?.['notify-hello']).toMatchObject({
      address: 'my/channel/processes/hello',
      'x-ogc-link': { href: 'https://api.example/processes/hello' },
    });
    expect(channels?.['notify-with~and+']?.['address']).toBe('my/channel/processes/with~and%2B');
    expect(operations?.['publish-with~and+']?.['channel']).toEqual({ $ref: '#/channels/notify-with~0and%2B' });
    expect(documentOf(http)['channels']?.['notify-hello']?.['address']).toBe('a-b-processes-hello');
    expect(
      documentOf({ ...http, channel: undefined } as PubSubSettings)['channels']?.['notify-hello']?.['address'],
    ).toBe('processes-hello');
  });
});
