import { randomUUID } from 'node:crypto';
import type { Receiver } from '../support/receiver.js';
import type { TestClient } from '../support/test-client.js';
import { sha256 } from './compared-logs.js';

/** How a job of the load has to end. */
export interface Expectation {
  readonly process: string;
  readonly status: 'successful' | 'failed' | 'dismissed';
  /** What its result contains. */
  readonly result?: string;
  /** SHA-256 of its result, and of what its log has beneath its headings: 64 hexadecimal digits. */
  readonly digests?: { readonly result: string; readonly log: string };
  /** The id that the same request gave when it was sent again, with its `Idempotency-Key`. */
  readonly again?: string;
  /** Where a subscriber waits to be told of its success. */
  readonly subscriber?: string;
  /** What somebody did to it, so that it may end otherwise. */
  disturbed?: 'pod deleted' | 'Job deleted';
  /** A client wants it removed after its end, and may have been answered that it is. */
  removed?: 'wanted' | 'answered';
}

export interface Surroundings {
  /** One of the servers, another each time. */
  readonly anyServer: () => TestClient;
  readonly receiver: Receiver;
}

type Kind = (surroundings: Surroundings, number: number) => Promise<readonly [id: string, Expectation]>;

/** How often a client sends a request that was not answered; between two tries there is half a second. */
const MOST_TRIES = 60;

const idOf = (response: Response): string =>
  /[0-9a-f-]{36}/.exec(response.headers.get('location') ?? response.headers.get('link') ?? '')?.[0] ??
  fail(`an execution answered ${response.status}`);

function fail(message: string): never {
  throw new Error(message);
}

async function inputs(client: TestClient, text: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await client.execute('inputs', { text }, { headers });
  await response.arrayBuffer();
  return idOf(response);
}

const small =
  (headers?: Readonly<Record<string, string>>): Kind =>
  async ({ anyServer }, number) => {
    const result = `job ${number}`;
    return [await inputs(anyServer(), result, headers), { process: 'inputs', status: 'successful', result }];
  };

const asynchronous =
  (process: string, status: Expectation['status'], result?: string): Kind =>
  async ({ anyServer }) => [await anyServer().submit(process), { process, status, result }];

/** What the process `five-mebibytes` prints. */
const LINE = 'The quick brown fox jumps over the lazy dog 0123456789\n';
const FIVE_MEBIBYTES = LINE.repeat(Math.ceil(5_242_880 / LINE.length)).slice(0, 5_242_880);
export const digests = {
  result: sha256(FIVE_MEBIBYTES),
  // A log that does not end with a newline is given one.
  log: sha256(`PYGEOAPI_K8S_MANAGER_RESULT_START\n${FIVE_MEBIBYTES}\n`),
};

const large: Kind = async ({ anyServer }) => [
  await anyServer().submit('five-mebibytes'),
  { process: 'five-mebibytes', status: 'successful', digests },
];

const dismissed: Kind = async ({ anyServer }) => {
  const client = anyServer();
  const id = await client.submit('lingering');
  await client.until(id, 'running');
  const { status } = await client.delete(`/jobs/${id}`);
  if (status !== 200) throw new Error(`a dismissal answered ${status}`);
  return [id, { process: 'lingering', status: 'dismissed' }];
};

/** A client that does not give up: whatever breaks off is sent again, to any server, and there is one job. */
const repeated: Kind = async ({ anyServer }, number) => {
  const result = `job ${number}`;
  const headers = { prefer: 'respond-async', 'idempotency-key': randomUUID() };
  const answered = async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await inputs(anyServer(), result, headers);
      } catch (error) {
        if (tries === MOST_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  const id = await answered();
  return [id, { process: 'inputs', status: 'successful', result, again: await answered() }];
};

const told: Kind = async ({ anyServer, receiver }) => {
  const subscriber = `/${randomUUID()}`;
  const body = { subscriber: { successUri: receiver.url(subscriber) } };
  const id = await anyServer().submit('short', {}, { body });
  return [id, { process: 'short', status: 'successful', result: `result of ${id}`, subscriber }];
};

/** The executions of the load, each as often as it stands here. */
export const kinds: readonly Kind[] = [
  small(),
  small(),
  small({ prefer: 'respond-async' }),
  repeated,
  told,
  asynchronous('short', 'successful', 'result of '),
  asynchronous('always-failing', 'failed'),
  large,
  large,
  dismissed,
];
