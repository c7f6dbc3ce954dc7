import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../configuration-error.js';
import { loadConfiguration } from '../load-configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'pubsub-'));

function load(pubsub: string, environment: Readonly<Record<string, string>> = {}, server = '{url: http://a.example/}') {
  writeFileSync(join(folder, 'c.yaml'), `server: ${server}\npubsub: ${pubsub}\nresources: {}\n`);
  const variables = { PYGEOAPI_CONFIG: 'c.yaml', ...environment };
  return loadConfiguration({ environment: variables, workingDirectory: folder });
}
const settingsOf = (pubsub: string, environment = {}) => load(pubsub, environment).configuration.pubsub;
function faultsOf(pubsub: string, environment = {}, server?: string): string {
  try {
    load(pubsub, environment, server);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('There are no faults.');
}

describe('the broker', () => {
  it.each([
    [
      '{name: MQTT, broker: {url: "mqtt://localhost:1883", channel: messages/a/data, hidden: false}}',
      { protocol: 'mqtt', url: 'mqtt://localhost:1883', channel: 'messages/a/data', hidden: false },
    ],
    [
      '{name: HTTP, broker: {url: "https://ntfy.sh", channel: messages-a-data, hidden: true}}',
      { protocol: 'http', url: 'https://ntfy.sh', channel: 'messages-a-data', hidden: true },
    ],
    [
      '{name: MQTT, broker: {url: "mqtts://everyone:p%40ss@broker.example"}}',
      { protocol: 'mqtt', url: 'mqtts://broker.example', username: 'everyone', password: 'p@ss', hidden: false },
    ],
    [
      '{name: pygeoapi.pubsub.http.HTTPPubSubClient, broker: {url: "http://u:p@127.0.0.1:8080/hook/"}}',
      { protocol: 'http', url: 'http://127.0.0.1:8080/hook', username: 'u', password: 'p', hidden: false },
    ],
    [
      '{name: MQTT, broker: {url: "tcp://localhost", channel: null}}',
      { protocol: 'mqtt', url: 'mqtt://localhost', hidden: false },
    ],
  ])('is read as pygeoapi has it: %s', (text, settings) => {
    const { configuration, warnings } = load(text);
    expect(configuration.pubsub).toEqual(settings);
    expect(warnings.filter((warning) => warning.includes('pubsub'))).toEqual([]);
  });

  it('has its password from the address, a variable in it, or a variable of its own, which goes before', () => {
    const text = '\n  name: MQTT\n  broker:\n    url: mqtt://user:${BROKER_PASSWORD}@broker.example';
    expect(settingsOf(text, { BROKER_PASSWORD: 'in-the-address' })).toMatchObject({ password: 'in-the-address' });
    expect(
      settingsOf(text, { BROKER_PASSWORD: 'in-the-address', PUBSUB_BROKER_PASSWORD: 'any/thing: @#?' }),
    ).toMatchObject({ url: 'mqtt://broker.example', username: 'user', password: 'any/thing: @#?' });
  });

  it('is none without the section, where it is empty, and where it is Kafka, which is said', () => {
    expect(settingsOf('')).toBeUndefined();
    const { configuration, warnings } = load(
      '{name: Kafka, broker: {url: "tcp://localhost:9092", channel: a, sasl_mechanism: PLAIN, hidden: true}}',
    );
    expect(configuration.pubsub).toBeUndefined();
    expect(warnings).toContainEqual(expect.stringMatching(/^c\.yaml: pubsub\.name: Kafka is not taken/));
  });

  it('names unknown keys', () => {
    const { warnings } = load('{name: MQTT, broker: {url: "mqtt://localhost", chanel: a}}');
    expect(warnings).toContain('c.yaml: pubsub.broker.chanel: unknown key, ignored');
  });
});

describe('what cannot be used of it', () => {
  it.each([
    ['1', 'pubsub: must be a mapping'],
    ['{}', 'pubsub.name: must be one of HTTP, MQTT, Kafka (is not set)'],
    ['{name: AMQP, broker: {url: "mqtt://a"}}', 'pubsub.name: must be one of HTTP, MQTT, Kafka (is "AMQP")'],
    ['{name: MQTT}', 'pubsub.broker: must be a mapping'],
    ['{name: MQTT, broker: {}}', 'pubsub.broker.url: must be text (is not set)'],
    [
      '{name: MQTT, broker: {url: "https://a"}}',
      'pubsub.broker.url: must be an mqtt:// or mqtts:// or tcp:// address of a broker',
    ],
    ['{name: HTTP, broker: {url: "https://a/?x=1"}}', 'without query and fragment'],
    ['{name: MQTT, broker: {url: "mqtt://a", channel: "a/#"}}', 'pubsub.broker.channel: must be a topic of MQTT'],
    ['{name: MQTT, broker: {url: "mqtt://a", hidden: 3}}', 'pubsub.broker.hidden: must be true or false (is 3)'],
  ])('is said with its place: %s', (text, message) => expect(faultsOf(text)).toContain(message));

  it('is an address of the server that is not set', () => {
    expect(faultsOf('{name: MQTT, broker: {url: "mqtt://a"}}', {}, '{}')).toContain('server.url: must be set');
  });

  it.each(['mqtt://user:hunter2/x@broker', 'mqtt://user:hunter2@', 'ftp://user:hunter2@broker', '["hunter2"]'])(
    'shows no password: %s',
    (url) => {
      const text = `{name: MQTT, broker: {url: ${url.startsWith('[') ? url : JSON.stringify(url)}}}`;
      expect(faultsOf(text)).toContain('pubsub.broker.url: must be');
      expect(faultsOf(text)).not.toContain('hunter2');
    },
  );
});
