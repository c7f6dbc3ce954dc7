import type { MqttClient } from 'mqtt';
import { randomBytes } from 'node:crypto';
import type { PubSubSettings } from '../config/configuration.js';
import { Broker, BrokerError, type Message, wordFor } from './broker.js';

/** How long until the broker has taken the connection, milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long the end of the connection may take, milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/** What a broker says that takes no connection (MQTT 3.1.1, section 3.2.2.3). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it refuses the client id',
  3: 'it is not available',
  4: 'it refuses user and password',
  5: 'it does not authorize the user',
};

/**
 * Publishes over MQTT 3.1.1 as pygeoapi does: at least once (QoS 1), not retained, in a clean session, over TLS where the
 * address is `mqtts`. Who reconnects is whoever calls {@link connect}.
 */
export class MqttBroker extends Broker {
  private client: MqttClient | undefined;
  private lost: () => void = () => undefined;

  constructor(private readonly settings: PubSubSettings) {
    super();
  }

  get isConnected(): boolean {
    return this.client?.connected === true;
  }

  onLost(lost: () => void): void {
    this.lost = lost;
  }

  async connect(signal: AbortSignal): Promise<void> {
    if (this.isConnected) return;
    await this.close();
    // Only who publishes by it pays for loading it.
    const { default: mqtt } = await import('mqtt');
    const { url, username, password } = this.settings;
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clean: true,
      clientId: `ogc-processes-${randomBytes(4).toString('hex')}`,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT,
      queueQoSZero: false,
    });
    this.client = client;
    // Errors that nobody waits for are told by the end of the connection.
    client.on('error', () => undefined);
    await this.until(client, signal, (done) => client.once('connect', () => done()));
    client.on('close', () => {
      if (this.client === client) this.lost();
    });
  }

  async publish({ address, event }: Message, signal: AbortSignal): Promise<void> {
    const { client } = this;
    if (!client) throw new BrokerError('connection lost');
    await this.until(client, signal, (done) => {
      client.publish(address, JSON.stringify(event), { qos: 1, retain: false }, (error) => done(error ?? undefined));
    });
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (!client) return;
    if (!client.connected) return void client.end(true);
    // Nobody waits for a broker that does not answer. A second end() would be none: the client is ending already.
    const timer = setTimeout(() => client.stream.destroy(), CLOSE_TIMEOUT);
    await client.endAsync().catch(() => undefined);
    clearTimeout(timer);
  }

  /** What fails leaves no connection behind. */
  private async until(
    client: MqttClient,
    signal: AbortSignal,
    begin: (done: (error?: Error) => void) => void,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason as Error);
    const closed = (): void => reject(new BrokerError('connection lost'));
    signal.addEventListener('abort', abort, { once: true });
    client.on('close', closed).on('error', reject);
    try {
      signal.throwIfAborted();
      begin((error) => (error ? reject(error) : resolve()));
      await promise;
    } catch (error) {
      this.client = undefined;
      client.end(true);
      signal.throwIfAborted();
      throw new BrokerError(refusalOf(error) ?? wordFor(error));
    } finally {
      signal.removeEventListener('abort', abort);
      client.off('close', closed).off('error', reject);
    }
  }
}

function refusalOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? REFUSALS[code] : undefined;
}
