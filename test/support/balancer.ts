import { Agent, request } from 'node:http';
import type { TestReplica } from './test-bed.js';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

export type Send = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<Answer>;

/** Sends requests to one address. @param agent says whether connections are kept */
export const sendTo =
  (url: string, agent: Agent): Send =>
  (method, path, headers = {}, body) =>
    send(url + path, method, headers, body, agent);

/**
 * Sends requests to the ready replicas in turn over kept-alive connections, as the clients of a Service do. Only what was refused before anything was sent is sent
 * elsewhere, as a Service would; any other failure is the client's.
 */
export class Balancer {
  private readonly targets = new Map<TestReplica, { readonly agent: Agent; ready: boolean }>();
  private readonly probing: NodeJS.Timeout;
  private next = 0;

  constructor() {
    this.probing = setInterval(() => void this.probe(), 200);
  }

  async add(...replicas: readonly TestReplica[]): Promise<void> {
    for (const replica of replicas) {
      this.targets.set(replica, { agent: new Agent({ keepAlive: true }), ready: false });
    }
    await this.probe();
  }

  remove(replica: TestReplica): void {
    this.targets.get(replica)?.agent.destroy();
    this.targets.delete(replica);
  }

  send: Send = async (method, path, headers = {}, body) => {
    for (let tries = 0; ; tries += 1) {
      const ready = [...this.targets].filter(([, target]) => target.ready);
      const [replica, target] = ready[(this.next += 1) % ready.length] ?? [];
      if (!replica || !target) throw new Error('no replica is ready');
      try {
        return await send(replica.url + path, method, headers, body, target.agent);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || tries > 3) throw error;
      }
    }
  };

  stop(): void {
    clearInterval(this.probing);
    for (const { agent } of this.targets.values()) agent.destroy();
  }

  private async probe(): Promise<void> {
    await Promise.all(
      [...this.targets].map(async ([replica, target]) => {
        target.ready = await replica.get('/health/ready').then(
          async (response) => (await response.arrayBuffer(), response.ok),
          () => false,
        );
      }),
    );
  }
}

function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  agent: Agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const all = { ...headers, ...(content === undefined ? {} : { 'content-type': 'application/json' }) };
    const sent = request(url, { method, agent, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject).end(content);
  });
}
