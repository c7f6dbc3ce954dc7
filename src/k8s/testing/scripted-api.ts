import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ApiTransport } from '../client/api-transport.js';
import { PooledKubeConfig } from '../connection/pooled-kube-config.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

/** An API server on loopback that answers each request with the next answer of its script; requests beyond it wait for the next answer. */
export class ScriptedApi {
  readonly requests: ReceivedRequest[] = [];
  readonly #script: Answer[] = [];
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #sockets = new Set<Socket>();
  #server = this.#makeServer();
  #port = 0;
  connections = 0;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Breaks all connections and refuses new ones, until it is started again on the same port. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = this.#makeServer();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  answer(...answers: Answer[]): this {
    for (const answer of answers) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#script.push(answer);
      else waiting(answer);
    }
    return this;
  }

  kubeConfig(token?: string): PooledKubeConfig {
    const kubeConfig = new PooledKubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'scripted', server: this.url, skipTLSVerify: false },
      { name: 'me', token },
    );
    return kubeConfig;
  }

  transport(token?: string): ApiTransport {
    return new ApiTransport(this.kubeConfig(token));
  }

  #makeServer(): ReturnType<typeof createServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received: ReceivedRequest = {
          method: request.method ?? '',
          url: new URL(request.url ?? '', this.url),
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        };
        this.requests.push(received);
        const answer = this.#script.shift();
        if (answer !== undefined) void answer(response, received);
        else this.#waiting.push((late) => void late(response, received));
      });
    });
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    return server;
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function failure(
  code: number,
  reason: string,
  message = reason,
  headers: Record<string, string> = {},
  details?: object,
): Answer {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }, code, headers);
}

/** An object of the API as the informer's specs need it. */
export function object(
  name: string,
  resourceVersion: string | number,
  uid = `uid-${name}`,
  annotations?: object,
): object {
  return { metadata: { name, uid, resourceVersion: String(resourceVersion), ...(annotations ? { annotations } : {}) } };
}

export function list(resourceVersion: string | number, items: readonly object[], next?: string): Answer {
  return json({ kind: 'JobList', metadata: { resourceVersion: String(resourceVersion), continue: next }, items });
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** A watch that the spec writes to. */
export class ScriptedWatch {
  readonly opened: Promise<URLSearchParams>;
  #open!: (parameters: URLSearchParams) => void;
  #response?: ServerResponse;

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  readonly answer: Answer = (response, request) => {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#open(request.url.searchParams);
  };

  send(type: WatchEventType, eventObject: object): void {
    this.write(`${JSON.stringify({ type, object: eventObject })}\n`);
  }

  write(bytes: string | Uint8Array): void {
    this.#response?.write(bytes);
  }

  end(): void {
    this.#response?.end();
  }

  cut(): void {
    this.#response?.destroy();
  }
}

/** Waits until the condition holds; fails after five seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
