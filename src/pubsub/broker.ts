import type { CloudEvent } from './cloud-event.js';

/** An event, and where it goes. */
export interface Message {
  /** The channel as the broker's protocol writes it. */
  readonly address: string;
  readonly event: CloudEvent;
}

/** The broker could not be reached, or did not take a message. The text names no address, user or password. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';

  constructor(
    message: string,
    /** Another try would be answered the same. */
    readonly isFinal = false,
  ) {
    super(message);
  }
}

/** Who takes messages. One message at a time. */
export abstract class Broker {
  /** Whether there is nothing to do but to publish. */
  abstract readonly isConnected: boolean;

  /** @param lost called when a connection that there was has ended by itself */
  abstract onLost(lost: () => void): void;

  /** @throws BrokerError; the signal's reason */
  abstract connect(signal: AbortSignal): Promise<void>;

  /** Resolves once the broker has said that it has it. @throws BrokerError; the signal's reason */
  abstract publish(message: Message, signal: AbortSignal): Promise<void>;

  abstract close(): Promise<void>;
}

/** Of OpenSSL, such as `UNABLE_TO_VERIFY_LEAF_SIGNATURE` where the authority is not known, and Node's own. */
const OF_TLS = /CERT|TLS|SSL|^UNABLE_TO_|^INVALID_/;
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host',
  EHOSTUNREACH: 'no answer',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_HEADERS_TIMEOUT: 'no answer',
  UND_ERR_BODY_TIMEOUT: 'no answer',
};

/** A word of our own, for an error's text names addresses. */
export function wordFor(error: unknown): string {
  if (error instanceof BrokerError) return error.message;
  const { name, code, cause } = (error ?? {}) as { name?: string; code?: unknown; cause?: unknown };
  if (name === 'TimeoutError') return 'no answer';
  const text = typeof code === 'string' ? code : '';
  if (text === '' && cause !== undefined) return wordFor(cause);
  return WORDS[text] ?? (OF_TLS.test(text) ? 'certificate not accepted' : 'connection failed');
}
