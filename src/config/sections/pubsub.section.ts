import { Allow, IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import { OneOf, Section, Text, YamlBoolean } from '../constraints.js';
import { validateDefinition } from '../validation.js';

/** The broker that is told of executions: `pubsub` of the file, as pygeoapi 0.23 has it. */
export interface PubSubSettings {
  readonly protocol: 'http' | 'mqtt';
  /** `http`, `https`, `mqtt` or `mqtts`; without user, password and trailing slash. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Stands before the path of each process, whose channel that is; undefined: nothing does. */
  readonly channel?: string;
  /** Whether the API names the broker nowhere. */
  readonly hidden: boolean;
}

type Client = PubSubSettings['protocol'] | 'kafka';

/** pygeoapi takes the short name of a client, or the path of its class. */
const clients: Readonly<Record<string, Client>> = {
  HTTP: 'http',
  MQTT: 'mqtt',
  Kafka: 'kafka',
  'pygeoapi.pubsub.http.HTTPPubSubClient': 'http',
  'pygeoapi.pubsub.mqtt.MQTTPubSubClient': 'mqtt',
  'pygeoapi.pubsub.kafka.KafkaPubSubClient': 'kafka',
};
/** `tcp` is what pygeoapi takes for plain MQTT as well. */
const schemes: Readonly<Record<PubSubSettings['protocol'], readonly string[]>> = {
  http: ['http', 'https'],
  mqtt: ['mqtt', 'mqtts', 'tcp'],
};

class BrokerDefinition {
  @Text()
  url!: string;

  @IsOptional()
  @Text()
  channel?: string | null;

  @IsOptional()
  @YamlBoolean()
  hidden?: boolean | null;

  /** pygeoapi's, for Kafka. */
  @Allow()
  sasl_mechanism?: unknown;

  @Allow()
  sasl_security_protocol?: unknown;
}

class PubSubDefinition {
  @OneOf(Object.keys(clients).slice(0, 3))
  name!: string;

  @Section(() => BrokerDefinition)
  broker!: BrokerDefinition;
}

interface Read {
  /** Undefined where nothing is published. */
  readonly settings?: PubSubSettings;
  readonly faults: readonly ConfigurationFault[];
  readonly unknownKeys: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * `pubsub` of the file. No message shows the address, in which a password may stand.
 * @param password `PUBSUB_BROKER_PASSWORD`: in the place of the address's
 * @param serverUrl `server.url`, which every message holds
 */
export function readPubSub(
  content: unknown,
  file: string,
  { password, serverUrl }: { password?: string; serverUrl?: string | null },
): Read {
  if (content === undefined || content === null) return { faults: [], unknownKeys: [], warnings: [] };
  const known = withShortName(content);
  const { value, faults, unknownKeys } = validateDefinition(PubSubDefinition, known, file, 'pubsub');
  const client = clients[value.name];
  if (faults.length > 0 || client === undefined) return { faults: withoutAddress(faults), unknownKeys, warnings: [] };
  if (client === 'kafka') return { faults: [], unknownKeys, warnings: [`${file}: pubsub.name: ${NO_KAFKA}`] };
  const { url, channel, hidden } = value.broker;
  const broker = parseBroker(url, client);
  const found = [
    ...(broker ? [] : [{ path: 'pubsub.broker.url', message: `${addressOf(client)} (the value is not shown)` }]),
    ...channelFaults(channel, client),
    ...(serverUrl ? [] : [{ path: 'server.url', message: 'must be set where pubsub is: every message holds it' }]),
  ];
  if (!broker || found.length > 0) return { faults: found, unknownKeys, warnings: [] };
  const settings: PubSubSettings = {
    protocol: client,
    ...broker,
    ...(password === undefined ? {} : { password }),
    ...(channel ? { channel } : {}),
    hidden: hidden ?? false,
  };
  return { settings, faults: [], unknownKeys, warnings: [] };
}

const NO_KAFKA =
  'Kafka is not taken, and nothing is published: HTTP and MQTT are; a bridge from MQTT to Kafka is part of many brokers ' +
  '(see docs/pubsub.md)';

/** A class that pygeoapi names by its path, by its short name. */
function withShortName(content: unknown): unknown {
  const { name } = content as { name?: unknown };
  const client = typeof name === 'string' && Object.hasOwn(clients, name) ? clients[name] : undefined;
  const short = Object.keys(clients).find((key) => clients[key] === client);
  return client === undefined || short === name ? content : { ...(content as object), name: short };
}

/** What stands at the broker is not shown, of whatever type it is. */
function withoutAddress(faults: readonly ConfigurationFault[]): ConfigurationFault[] {
  return faults.map(({ path, message }) =>
    path === 'pubsub.broker.url' && !message.endsWith('(is not set)')
      ? { path, message: 'must be the address of a broker (the value is not shown)' }
      : { path, message },
  );
}

function addressOf(client: PubSubSettings['protocol']): string {
  const [first = '', ...others] = schemes[client].map((scheme) => `${scheme}://`);
  return `must be an ${[first, ...others].join(' or ')} address of a broker, without query and fragment`;
}

function parseBroker(
  text: string,
  client: PubSubSettings['protocol'],
): Pick<PubSubSettings, 'url' | 'username' | 'password'> | undefined {
  const url = URL.parse(text);
  if (!url || !schemes[client].includes(url.protocol.slice(0, -1))) return undefined;
  if (url.hostname === '' || url.search !== '' || url.hash !== '') return undefined;
  // Of MQTT the address is a host and a port.
  if (client === 'mqtt' && url.pathname.length > 1) return undefined;
  const scheme = url.protocol === 'tcp:' ? 'mqtt:' : url.protocol;
  return {
    url: `${scheme}//${url.host}${url.pathname}`.replace(/\/+$/, ''),
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
  };
}

/** A percent sign that encodes nothing is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** MQTT 3.1.1, section 4.7: what is published to holds no wildcards. */
function channelFaults(channel: string | null | undefined, client: PubSubSettings['protocol']): ConfigurationFault[] {
  if (client !== 'mqtt' || !channel || !/[+#\0]/.test(channel)) return [];
  const message = `must be a topic of MQTT, without + and # (is ${JSON.stringify(channel)})`;
  return [{ path: 'pubsub.broker.channel', message }];
}
