import { isMapping } from '../../config/validation.js';

/** What an answer may take, whole: milliseconds, and bytes. */
interface Bounds {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** Of providers: documents, sets of keys and claims are far below. */
const BOUNDS: Bounds = { milliseconds: 5_000, bytes: 1024 ** 2 };

/** The provider does not answer, or not what it has to. The message holds nothing secret. */
export class ProviderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProviderError';
  }
}

/**
 * Asks the provider: bounded in time and size, and following no redirect, so that nobody else gets what is sent.
 * @throws ProviderError where no whole answer comes
 */
export async function boundedFetch(url: string, init: RequestInit = {}, bounds = BOUNDS): Promise<Response> {
  const { host } = new URL(url);
  const signals = [AbortSignal.timeout(bounds.milliseconds), ...(init.signal ? [init.signal] : [])];
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) });
    const bytes = await readUpTo(response, bounds.bytes, host);
    const { status, statusText, headers } = response;
    return new Response(mayHaveBody(status) ? bytes : null, { status, statusText, headers });
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError(`${host} does not answer (${reasonOf(error, bounds)})`, { cause: error });
  }
}

/** The JSON object at an address. @throws ProviderError */
export async function fetchJson(url: string, bounds = BOUNDS): Promise<Record<string, unknown>> {
  const response = await boundedFetch(url, { headers: { accept: 'application/json' } }, bounds);
  if (response.status !== 200) throw new ProviderError(`${url} answers ${response.status}`);
  const content: unknown = await response.json().catch(() => undefined);
  if (!isMapping(content)) throw new ProviderError(`${url} answers no JSON object`);
  return content;
}

async function readUpTo(response: Response, most: number, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > most) throw new ProviderError(`${host} answers more than ${most} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** https://fetch.spec.whatwg.org/#null-body-status */
const mayHaveBody = (status: number): boolean => ![101, 204, 205, 304].includes(status);

function reasonOf(error: unknown, { milliseconds }: Bounds): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `not within ${milliseconds / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code ?? error.message;
}
