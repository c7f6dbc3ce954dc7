import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Promise<string>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server on loopback that answers each request by what the script says for its method, in order; the last answer repeats. */
export class ScriptedS3 {
  readonly requests: SeenRequest[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor(private readonly script: Readonly<Record<string, readonly Answer[]>>) {}

  static async start(script: Readonly<Record<string, readonly Answer[]>>): Promise<ScriptedS3> {
    const started = new ScriptedS3(script);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  seen(method: string): SeenRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const method = request.method ?? '';
    const answers = this.script[method] ?? [];
    const answer = answers[Math.min(this.seen(method).length, answers.length - 1)] ?? status(405);
    const body = new Promise<string>((resolve) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      request.on('close', () => resolve(text));
    });
    this.requests.push({ method, path: request.url ?? '', headers: request.headers, body });
    answer(request, response);
  }
}

/** Answers once the request has been read. */
export function status(code: number, errorCode?: string, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    request.on('end', () => answerNow(code, errorCode, headers)(request, response));
    request.resume();
  };
}

/** Answers before the request's body has been read. */
export function answerNow(code: number, errorCode?: string, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/xml', ...headers });
    response.end(
      errorCode && `<Error><Code>${errorCode}</Code><Message>key dev-key secret dev-secret</Message></Error>`,
    );
  };
}

export const silence: Answer = () => undefined;
export const hangUp: Answer = (request) => request.socket.destroy();
