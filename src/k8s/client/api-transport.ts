import type { Readable } from 'node:stream';
import { HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { Observer } from '../../observation/observer.js';
import { inCallSpan, traceHeaders } from '../../tracing/tracing.js';
import { verbAndResource } from './api-paths.js';
import { ClusterClock } from '../time/cluster-clock.js';
import { errorOfAnswer, errorOfConnection } from './kubernetes-failures.js';
import { KubernetesError } from './kubernetes-error.js';
import type { PooledKubeConfig } from '../connection/pooled-kube-config.js';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/api` or `/apis` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** What is preferred to plain JSON. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds until the whole answer must be there; default 30,000. */
  readonly timeout?: number;
}

export interface StreamRequest extends Pick<ApiRequest, 'path' | 'query' | 'signal'> {
  /** Milliseconds without a byte after which the connection counts as broken; 0: never. */
  readonly idleTimeout: number;
}

/** An answer with the status that it came with. */
interface Answered<T> {
  readonly status: number;
  readonly value: T;
}

const DEFAULT_TIMEOUT = 30_000;
/** For so long what the kubeconfig says of credentials counts, milliseconds: it reads files and compares certificates each time that it is asked. */
const CREDENTIALS_COUNT = 1000;
/** What undici and Node call a kept-alive connection that the server had closed already. */
const CONNECTION_CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Requests to the Kubernetes API as its JSON, without the client library's models: timestamps stay strings. Everything rejects with
 * `KubernetesError`, or with the signal's reason where the caller's signal was aborted.
 */
export class ApiTransport {
  #credentials?: { readonly context: RequestContext; readonly askedAt: number };

  /** @param clusterClock is told what time it is in the cluster */
  constructor(
    private readonly kubeConfig: PooledKubeConfig,
    private readonly observer: Observer = new Observer(),
    private readonly clusterClock = new ClusterClock(),
  ) {}

  json<T>(apiRequest: ApiRequest): Promise<T> {
    const { verb, resource } = verbAndResource(apiRequest.method, apiRequest.path);
    const attributes = { 'http.request.method': apiRequest.method, 'url.path': apiRequest.path };
    return inCallSpan(`kubernetes ${verb} ${resource}`, attributes, (span) =>
      this.#observed(apiRequest, () =>
        this.#json<T>(apiRequest, (status) => span?.setAttribute('http.response.status_code', status)),
      ),
    );
  }

  async #json<T>(apiRequest: ApiRequest, onStatus: (status: number) => void): Promise<Answered<T>> {
    const { signal: abort, timeout = DEFAULT_TIMEOUT } = apiRequest;
    const what = `${apiRequest.method} ${apiRequest.path}`;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeout);
    const signal = abort === undefined ? deadline.signal : AbortSignal.any([abort, deadline.signal]);
    try {
      const { statusCode, headers, body } = await this.#sendAgainIfClosed(what, apiRequest, signal, timeout);
      onStatus(statusCode);
      const text = await body.text();
      if (statusCode >= 300) throw errorOfAnswer(what, statusCode, text, header(headers['retry-after']));
      return { status: statusCode, value: JSON.parse(text) as T };
    } catch (error) {
      if (abort?.aborted) throw abort.reason;
      if (deadline.signal.aborted)
        throw new KubernetesError('unavailable', `${what}: no answer within ${timeout / 1000} s`);
      throw errorOfConnection(what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The answer's bytes as they come; rejects where the answer is an error. A connection that breaks later destroys the stream with an error, which
   * is never uncaught, even if nobody listens any more.
   */
  async stream(streamRequest: StreamRequest): Promise<Readable> {
    const isWatch = streamRequest.query?.['watch'] === true;
    return this.#observed({ ...streamRequest, method: 'GET' }, () => this.#stream(streamRequest), isWatch);
  }

  async #stream(streamRequest: StreamRequest): Promise<Answered<Readable>> {
    const { path, signal, idleTimeout } = streamRequest;
    const what = `GET ${path}`;
    try {
      const answer = await this.#send(what, { ...streamRequest, method: 'GET' }, signal, idleTimeout);
      answer.body.on('error', () => undefined);
      if (answer.statusCode < 300) return { status: answer.statusCode, value: answer.body };
      throw errorOfAnswer(what, answer.statusCode, await answer.body.text(), header(answer.headers['retry-after']));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw errorOfConnection(what, error);
    }
  }

  /** What its caller broke off says nothing of the API server. */
  async #observed<T>(
    { method, path, signal }: Pick<ApiRequest, 'method' | 'path' | 'signal'>,
    call: () => Promise<Answered<T>>,
    isWatch = false,
  ): Promise<T> {
    const began = performance.now();
    const tell = (status: number | undefined): void =>
      this.observer.kubernetesRequest({
        ...verbAndResource(method, path, isWatch),
        status,
        seconds: (performance.now() - began) / 1000,
      });
    try {
      const { status, value } = await call();
      tell(status);
      return value;
    } catch (error) {
      if (!signal?.aborted) tell(error instanceof KubernetesError ? error.status : undefined);
      throw error;
    }
  }

  /** Reading is safe to repeat: once more at once where the server had closed the idle connection. */
  async #sendAgainIfClosed(
    what: string,
    apiRequest: ApiRequest,
    signal: AbortSignal,
    timeout: number,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#send(what, apiRequest, signal, timeout);
    } catch (error) {
      const closed = CONNECTION_CLOSED.has(codeOf(error) ?? '');
      if (!closed || apiRequest.method !== 'GET') throw error;
      return this.#send(what, apiRequest, signal, timeout);
    }
  }

  async #send(
    what: string,
    { method, path, query = {}, body, contentType = 'application/json', accept }: ApiRequest,
    signal: AbortSignal | undefined,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    signal?.throwIfAborted();
    const server = this.kubeConfig.getCurrentCluster()?.server.replace(/\/+$/, '');
    const url = new URL(`${server}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const context = await this.#authenticated(what, url.origin);
    const headers: Record<string, string> = {
      ...context.getHeaders(),
      ...traceHeaders(),
      accept: [accept, 'application/json, */*;q=0.8'].filter(Boolean).join(', '),
    };
    if (body !== undefined) headers['content-type'] = contentType;
    const asked = this.clusterClock.asks();
    const answer = await request(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: context.getDispatcher(),
      signal,
      headersTimeout: DEFAULT_TIMEOUT,
      bodyTimeout,
    });
    this.clusterClock.answered(header(answer.headers['date']), asked);
    if (answer.statusCode === 401) this.#credentials = undefined;
    return answer;
  }

  /** Headers and connections for the cluster. @throws KubernetesError */
  async #authenticated(what: string, server: string): Promise<RequestContext> {
    const now = performance.now();
    if (this.#credentials && now - this.#credentials.askedAt < CREDENTIALS_COUNT) return this.#credentials.context;
    const context = new RequestContext(server, HttpMethod.GET);
    try {
      await this.kubeConfig.applySecurityAuthentication(context);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new KubernetesError('unauthorized', `${what}: no credentials: ${reason}`, undefined, undefined, {
        cause: error,
      });
    }
    this.#credentials = { context, askedAt: now };
    return context;
  }
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
