import { Agent, request } from 'undici';
import type { PubSubSettings } from '../config/configuration.js';
import { Broker, BrokerError, type Message, wordFor } from './broker.js';
import { CLOUD_EVENT_MEDIA_TYPE } from './cloud-event.js';

/** How long until the connection is taken, milliseconds. */
const CONNECT_TIMEOUT = 5_000;
/** So much of an answer is read, bytes, so that the connection can be used again. */
const ANSWER_LIMIT = 16 * 1024;
/** They are about the message itself: another would be taken. */
const REFUSALS: readonly number[] = [400, 413, 415, 422];

/** Posts each event, whole, to the address of its channel (CloudEvents HTTP protocol binding 1.0, structured content mode). */
export class HttpBroker extends Broker {
  readonly isConnected = true;
  private agent: Agent | undefined;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(private readonly settings: PubSubSettings) {
    super();
    const { username, password } = settings;
    const credentials = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
    this.headers = {
      'content-type': CLOUD_EVENT_MEDIA_TYPE,
      'user-agent': 'ogc-processes-k8s',
      ...(username !== undefined || password !== undefined ? { authorization: `Basic ${credentials}` } : {}),
    };
  }

  onLost(): void {}

  async connect(): Promise<void> {}

  async publish({ address, event }: Message, signal: AbortSignal): Promise<void> {
    const status = await this.post(`${this.settings.url}/${address}`, JSON.stringify(event), signal);
    if (status >= 200 && status < 300) return;
    throw new BrokerError(`it answers ${status}`, REFUSALS.includes(status));
  }

  async close(): Promise<void> {
    const { agent } = this;
    this.agent = undefined;
    await agent?.destroy();
  }

  private async post(url: string, body: string, signal: AbortSignal): Promise<number> {
    this.agent ??= new Agent({ connect: { timeout: CONNECT_TIMEOUT }, connections: 1, pipelining: 1 });
    const { agent: dispatcher, headers } = this;
    try {
      const answer = await request(url, { method: 'POST', dispatcher, headers, body, signal });
      await answer.body.dump({ limit: ANSWER_LIMIT }).catch(() => undefined);
      return answer.statusCode;
    } catch (error) {
      signal.throwIfAborted();
      throw new BrokerError(wordFor(error));
    }
  }
}
