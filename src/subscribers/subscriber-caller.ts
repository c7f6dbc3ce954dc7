import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { request, type Dispatcher } from 'undici';
import { SubscriberSecrets } from '../access/subscriber-secrets.js';
import { Configuration } from '../config/configuration.js';
import { AllowedHosts } from '../outbound/allowed-hosts.js';
import { createOutboundDispatcher, isAddressNotAllowed } from '../outbound/outbound-dispatcher.js';
import { inCallSpan, traceHeaders } from '../tracing/tracing.js';
import type { Answer } from './delivery-plan.js';
import { webhookHeaders } from './signature.js';

/** How long a subscriber may take, milliseconds. */
const TIMEOUT = 15_000;
/** How long until it takes the connection, milliseconds. */
const CONNECT_TIMEOUT = 5_000;
/** So much of what a subscriber answers is read, bytes, so that the connection can be used again. */
const ANSWER_LIMIT = 16 * 1024;

export interface Message {
  readonly id: string;
  readonly uri: string;
  /** JSON. */
  readonly body: Buffer;
  /** Address of the job. */
  readonly monitor: string;
  /** Of the job; absent: nobody. */
  readonly owner?: string;
}

/** Calls subscribers, at allowed addresses only. */
@Injectable()
export class SubscriberCaller implements OnApplicationShutdown {
  private readonly dispatcher: Dispatcher;

  constructor(
    { environment }: Configuration,
    private readonly secrets: SubscriberSecrets,
  ) {
    const { allowedHosts } = environment.subscribers;
    this.dispatcher = createOutboundDispatcher(new AllowedHosts(allowedHosts), {
      connectTimeout: CONNECT_TIMEOUT,
      headersTimeout: TIMEOUT,
      bodyTimeout: TIMEOUT,
    });
  }

  /**
   * One attempt. Never rejects because of the subscriber; nothing of its address is in what is returned.
   * @throws the signal's reason
   */
  call(message: Message, now: Date, signal: AbortSignal): Promise<Answer> {
    return inCallSpan('tell subscriber', { 'http.request.method': 'POST' }, async (span) => {
      const answer = await this.post(message, now, signal);
      if (answer.verdict !== 'delivered') span?.setStatus({ code: SpanStatusCode.ERROR, message: answer.text });
      return answer;
    });
  }

  private async post({ id, uri, body, monitor, owner }: Message, now: Date, signal: AbortSignal): Promise<Answer> {
    const url = new URL(uri);
    const [user, password] = [decoded(url.username), decoded(url.password)];
    url.username = url.password = url.hash = '';
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.dispatcher,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'ogc-processes-k8s',
          link: `<${monitor}>; rel="monitor"`,
          ...(user || password
            ? { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
            : {}),
          ...traceHeaders(),
          ...webhookHeaders(id, body, this.secrets.ofOwner(owner), now),
        },
        body,
      });
      await answer.body.dump({ limit: ANSWER_LIMIT }).catch(() => undefined);
      return judge(answer.statusCode, answer.headers['retry-after']);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return isAddressNotAllowed(error)
        ? { text: 'address-not-allowed', verdict: 'give-up' }
        : { text: wordFor(error), verdict: 'retry' };
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}

/** A percent sign that encodes nothing is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Any 2xx is a receipt, 410 wants no more (Standard Webhooks); redirects are not followed. */
export function judge(status: number, retryAfter?: string | string[]): Answer {
  const text = String(status);
  if (status >= 200 && status < 300) return { text, verdict: 'delivered' };
  if (status === 410) return { text, verdict: 'give-up' };
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return { text, verdict: 'retry', ...(seconds === undefined ? {} : { retryAfter: seconds * 1000 }) };
}

/** Of OpenSSL, such as `UNABLE_TO_VERIFY_LEAF_SIGNATURE` where the authority is not known, and Node's own. */
const OF_TLS = /CERT|TLS|SSL|^UNABLE_TO_|^INVALID_/;
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  UND_ERR_CONNECT_TIMEOUT: 'no-answer',
  UND_ERR_HEADERS_TIMEOUT: 'no-answer',
  UND_ERR_BODY_TIMEOUT: 'no-answer',
  ETIMEDOUT: 'no-answer',
};

/** A word of our own, for an error's text names addresses. */
export function wordFor(error: unknown): string {
  const { name, code = '' } = error as { name?: string; code?: unknown };
  if (name === 'TimeoutError') return 'no-answer';
  const text = String(code);
  return WORDS[text] ?? (OF_TLS.test(text) ? 'certificate-not-accepted' : 'connection-failed');
}
