import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { getGlobalDispatcher } from 'undici';
import type { Dispatcher } from 'undici';
import { Observer } from '../../observation/observer.js';
import { inCallSpan, traceHeaders } from '../../tracing/tracing.js';
import { verbAndResource } from './api-paths.js';
import { ClusterClock } from '../time/cluster-clock.js';
import { errorOfAnswer, errorOfConnection } from './kubernetes-failures.js';
import { KubernetesError } from './kubernetes-error.js';
import type { PooledKubeConfig } from '../connection/pooled-kube-config.js';
import { wholeAnswer, type WholeAnswer } from './whole-answer.js';

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

/** A request that is ready to be sent. */
interface Prepared {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions;
  readonly onHeaders: (status: number, headers: IncomingHttpHeaders) => void;
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
    const what = `${apiRequest.method} ${apiRequest.path}`;
    try {
      const { status, headers, text } = await this.#sendAgainIfClosed(what, apiRequest, onStatus);
      if (status >= 300) throw errorOfAnswer(what, status, text, header(headers['retry-after']));
      return { status, value: JSON.parse(text) as T };
    } catch (error) {
      if (apiRequest.signal?.aborted) throw apiRequest.signal.reason;
      throw errorOfConnection(what, error);
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
      const { dispatcher, options, onHeaders } = await this.#prepare(what, { ...streamRequest, method: 'GET' });
      const answer = await dispatcher.request({ ...options, signal, bodyTimeout: idleTimeout });
      onHeaders(answer.statusCode, answer.headers);
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
    onStatus: (status: number) => void,
  ): Promise<WholeAnswer> {
    const { timeout = DEFAULT_TIMEOUT, signal } = apiRequest;
    const end = performance.now() + timeout;
    const late = () => new KubernetesError('unavailable', `${what}: no answer within ${timeout / 1000} s`);
    let isAnswered = false;
    const send = async () => {
      const { dispatcher, options, onHeaders } = await this.#prepare(what, apiRequest);
      return wholeAnswer(dispatcher, options, {
        timeout: end - performance.now(),
        late,
        signal,
        onHeaders: (status, headers) => {
          isAnswered = true;
          onStatus(status);
          onHeaders(status, headers);
        },
      });
    };
    try {
      return await send();
    } catch (error) {
      const closed = CONNECTION_CLOSED.has(codeOf(error) ?? '') && !isAnswered;
      if (!closed || apiRequest.method !== 'GET') throw error;
      return send();
    }
  }

  /** @throws KubernetesError, the signal's reason */
  async #prepare(
    what: string,
    { method, path, query = {}, body, contentType = 'application/json', accept, signal }: ApiRequest,
  ): Promise<Prepared> {
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
    return {
      dispatcher: context.getDispatcher() ?? getGlobalDispatcher(),
      options: {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: DEFAULT_TIMEOUT,
        // The whole answer has a deadline, or says how long it may be silent.
        bodyTimeout: 0,
      },
      onHeaders: (status, answered) => {
        this.clusterClock.answered(header(answered['date']), asked);
        if (status === 401) this.#credentials = undefined;
      },
    };
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
