import type { TestClient } from '../support/test-client.js';

/** How a job of the load has to end. */
export interface Expectation {
  readonly process: string;
  readonly status: 'successful' | 'failed' | 'dismissed';
  /** What its result contains. */
  readonly result?: string;
  /** What somebody did to it, so that it may end otherwise. */
  disturbed?: 'pod deleted' | 'Job deleted';
}

type Kind = (client: TestClient, number: number) => Promise<readonly [id: string, Expectation]>;

const idOf = (response: Response): string =>
  /[0-9a-f-]{36}/.exec(response.headers.get('location') ?? response.headers.get('link') ?? '')?.[0] ??
  fail(`an execution answered ${response.status}`);

function fail(message: string): never {
  throw new Error(message);
}

const small = async (client: TestClient, number: number, prefer?: string) => {
  const response = await client.execute('inputs', { text: `job ${number}` }, prefer ? { prefer } : {});
  await response.arrayBuffer();
  const expectation: Expectation = { process: 'inputs', status: 'successful', result: `job ${number}` };
  return [idOf(response), expectation] as const;
};

const asynchronous =
  (process: string, status: Expectation['status'], result?: string): Kind =>
  async (client) => [await client.submit(process), { process, status, result }];

const dismissed: Kind = async (client) => {
  const id = await client.submit('lingering');
  await client.until(id, 'running');
  const { status } = await client.delete(`/jobs/${id}`);
  if (status !== 200) throw new Error(`a dismissal answered ${status}`);
  return [id, { process: 'lingering', status: 'dismissed' }];
};

/** The executions of the load, each as often as it stands here. */
export const kinds: readonly Kind[] = [
  (client, number) => small(client, number),
  (client, number) => small(client, number),
  (client, number) => small(client, number, 'respond-async'),
  asynchronous('short', 'successful', 'result of '),
  asynchronous('short', 'successful', 'result of '),
  asynchronous('always-failing', 'failed'),
  asynchronous('five-mebibytes', 'successful', 'The quick brown fox'),
  dismissed,
];
