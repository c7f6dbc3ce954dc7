import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import { checkServerIdentity } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';

export interface Answer<T> {
  readonly code: number;
  readonly body: T;
  readonly bytes: Buffer;
}

interface Kubeconfig {
  readonly clusters: { cluster: Record<string, string> }[];
  readonly users: { user: Record<string, string> }[];
}

/** A bare client of any Kubernetes API (embedded or real), so that specs see what is on the wire. */
export class ApiClient {
  readonly url: URL;
  private readonly agent: Agent;
  private readonly authorization: Record<string, string>;

  constructor(kubeconfigPath: string) {
    const { clusters, users } = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
    const { cluster = {} } = clusters[0] ?? {};
    const { user = {} } = users[0] ?? {};
    const decoded = (text: string | undefined): Buffer | undefined => (text ? Buffer.from(text, 'base64') : undefined);
    this.url = new URL(cluster.server ?? '');
    this.authorization = user.token ? { authorization: `Bearer ${user.token}` } : {};
    this.agent = new Agent({
      keepAlive: true,
      // Also where a request names another host.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(this.url.hostname, certificate),
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    });
  }

  async call<T = Record<string, never>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await this.open(method, path, body, headers);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const isJson = response.headers['content-type']?.includes('json');
    return {
      code: response.statusCode ?? 0,
      body: (isJson ? JSON.parse(bytes.toString()) : bytes.toString()) as T,
      bytes,
    };
  }

  /** The answer as it comes. */
  open(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const options: RequestOptions = {
      method,
      agent: this.agent,
      headers: {
        ...this.authorization,
        ...(content !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      request(new URL(path, this.url), options, resolve).on('error', reject).end(content);
    });
  }

  /** A watch's events, until `until` holds for one. */
  async watch<T>(path: string, until: (event: WatchEvent<T>) => boolean): Promise<WatchEvent<T>[]> {
    const response = await this.open('GET', path);
    const events: WatchEvent<T>[] = [];
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const event = JSON.parse(text.slice(0, end)) as WatchEvent<T>;
        text = text.slice(end + 1);
        events.push(event);
        if (until(event)) {
          response.destroy();
          return events;
        }
      }
    }
    return events;
  }

  close(): void {
    this.agent.destroy();
  }
}

export interface WatchEvent<T> {
  readonly type: string;
  readonly object: T;
}
