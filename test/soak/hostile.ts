import { randomUUID } from 'node:crypto';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { TOKEN } from '../support/test-bed.js';

/** Another address than that of the load, which must not pay for what this client does. */
const ADDRESS = '127.0.0.2';
/** Requests that are under way, each of them for a few seconds only: slow readers and followers. */
const MOST_HELD = 12;
const HELD_MS = 5_000;
/** At most four requests a second. */
const PAUSE_MS = 250;
const LARGE = 1_048_576;

/** What it tries, each in turn. */
type Attempt = (client: HostileClient, url: string, job: string | undefined) => Promise<void>;

const attempts: Readonly<Record<string, Attempt>> = {
  // Of processes that ask for none anybody may dismiss jobs, and those are the load's.
  'wrong token': (client, url) =>
    client.sends('POST', `${url}/processes/environment/execution`, '{"inputs": {}}', { authorization: 'Bearer wrong' }),
  'dismissal of no job': (client, url) => client.sends('DELETE', `${url}/jobs/${randomUUID()}`),
  'large body to an unknown path': (client, url) => client.sends('POST', `${url}/unknown`, Buffer.alloc(LARGE, ' ')),
  'large body to an unknown process': (client, url) =>
    client.sends('POST', `${url}/processes/unknown/execution`, Buffer.alloc(LARGE, ' ')),
  'faulty inputs': (client, url) =>
    client.sends(
      'POST',
      `${url}/processes/inputs/execution`,
      JSON.stringify({ inputs: { text: Array.from({ length: 20_000 }, (_, n) => n) } }),
    ),
  'body that is no JSON': (client, url) => client.sends('POST', `${url}/processes/inputs/execution`, '{"inputs": '),
  'long headers': (client, url) =>
    client.sends('GET', `${url}/processes`, undefined, { accept: 'text/html;q=0.1,'.repeat(400) }),
  'slow reader': (client, url, job) =>
    job === undefined ? Promise.resolve() : client.holds(`${url}/jobs/${job}/results`, {}),
  'follower that does not read': (client, url, job) =>
    job === undefined
      ? Promise.resolve()
      : client.holds(`${url}/jobs/${job}/logs`, { accept: 'text/event-stream', authorization: `Bearer ${TOKEN}` }),
};

/** A client that makes no job and means no good, within bounds: beside the load of a soak, which has to lose nothing by it. */
export class HostileClient {
  /** How often it did what. */
  readonly done = new Map<string, number>();
  /** Answers by status; 0: broken off. */
  readonly answers = new Map<number, number>();
  /** What was answered as a fault of the server. */
  readonly failures: string[] = [];
  private readonly agent = new Agent({ localAddress: ADDRESS });
  private readonly held = new Set<ClientRequest>();

  /**
   * @param anyServer the address of one of the servers, another each time
   * @param anyJob the id of some job of the load
   */
  async runUntil(over: () => boolean, anyServer: () => string, anyJob: () => string | undefined): Promise<void> {
    const names = Object.keys(attempts);
    for (let number = 0; !over(); number += 1) {
      const name = names[number % names.length] ?? '';
      await attempts[name]?.(this, anyServer(), anyJob());
      this.done.set(name, (this.done.get(name) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    for (const each of this.held) each.destroy();
    this.agent.destroy();
  }

  /** Resolves once it is answered or broken off. */
  sends(method: string, url: string, body?: Buffer | string, headers: Readonly<Record<string, string>> = {}) {
    return new Promise<void>((resolve) => {
      const own =
        body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request(url, { method, agent: this.agent, headers: { ...own, ...headers } }, (response) => {
        this.note(response, `${method} ${url}`);
        response.resume().once('close', resolve);
      });
      sent.setTimeout(HELD_MS, () => sent.destroy());
      sent.once('error', () => {
        this.note();
        resolve();
      });
      sent.end(body);
    });
  }

  /** Asks, and reads nothing of the answer for a while. */
  holds(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
    if (this.held.size >= MOST_HELD) return Promise.resolve();
    const sent = request(url, { agent: false, localAddress: ADDRESS, headers }, (response) =>
      this.note(response, `GET ${url}`),
    );
    this.held.add(sent);
    const end = setTimeout(() => sent.destroy(), HELD_MS);
    sent.on('error', () => undefined);
    sent.once('close', () => {
      clearTimeout(end);
      this.held.delete(sent);
    });
    sent.end();
    return Promise.resolve();
  }

  private note(response?: IncomingMessage, request = ''): void {
    const status = response?.statusCode ?? 0;
    // Whatever it asks, and whatever is away: a server knows what to say of it.
    if (status === 500)
      response?.once('data', (body: Buffer) => {
        const text = body.toString();
        // Of a job that has failed the standard wants results to be answered so.
        if (!text.includes('"title":"Job failed"')) this.failures.push(`${request}: ${text.slice(0, 500)}`);
      });
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
  }
}
