import { eventually } from './wait.js';

/** The API token of servers under test. */
export const TOKEN = 'correct-horse-battery-staple';

/** A status as clients get it. */
export interface StatusInfo {
  readonly jobID: string;
  readonly processID: string;
  readonly type: string;
  readonly status: string;
  readonly message: string;
  readonly progress?: number;
  readonly created: string;
  readonly started?: string;
  readonly finished?: string;
  readonly updated: string;
  readonly cause?: {
    readonly type: string;
    readonly message: string;
    readonly exitCode?: number;
    readonly container?: string;
    readonly log?: string;
  };
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

/** What `GET /health/ready` answers. */
export interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}

/** Requests to one server under test. */
export class TestClient {
  /** @param url of the server without trailing slash */
  constructor(public url = '') {}

  get(path: string, token?: string): Promise<Response> {
    return fetch(this.url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  }

  delete(path: string, token?: string): Promise<Response> {
    return fetch(this.url + path, {
      method: 'DELETE',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  }

  execute(
    process: string,
    inputs: Readonly<Record<string, unknown>> = {},
    options: {
      prefer?: string;
      token?: string;
      body?: Readonly<Record<string, unknown>>;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Response> {
    return fetch(`${this.url}/processes/${process}/execution`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.prefer === undefined ? {} : { prefer: options.prefer }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      body: JSON.stringify({ inputs, ...options.body }),
    });
  }

  /** Starts a job asynchronously. @returns its id */
  async submit(
    process: string,
    inputs: Readonly<Record<string, unknown>> = {},
    options: { token?: string; body?: Readonly<Record<string, unknown>> } = {},
  ): Promise<string> {
    const response = await this.execute(process, inputs, { ...options, prefer: 'respond-async' });
    if (response.status !== 201) throw new Error(`${process} answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as StatusInfo).jobID;
  }

  async status(jobId: string, token?: string): Promise<StatusInfo> {
    return (await (await this.get(`/jobs/${jobId}`, token)).json()) as StatusInfo;
  }

  /** Waits until the job has one of these statuses. */
  until(jobId: string, ...statuses: readonly string[]): Promise<StatusInfo> {
    return eventually(`job ${jobId} being ${statuses.join(' or ')}`, async () => {
      const status = await this.status(jobId);
      return statuses.includes(status.status)
        ? status
        : Promise.reject(new Error(`${status.status}: ${status.message}`));
    });
  }

  ended(jobId: string): Promise<StatusInfo> {
    return this.until(jobId, 'successful', 'failed', 'dismissed');
  }

  /** Dismisses a job that goes on, and removes it. Resolves when it is gone. */
  async removeJob(jobId: string, token?: string): Promise<void> {
    await eventually(`job ${jobId} being removed`, async () => {
      const { status } = await this.delete(`/jobs/${jobId}`, token);
      return status === 404 || Promise.reject(new Error(`DELETE answers ${status}`));
    });
  }

  async log(jobId: string, token?: string): Promise<string> {
    return (await this.get(`/jobs/${jobId}/logs`, token)).text();
  }

  async result(jobId: string): Promise<string> {
    return (await this.get(`/jobs/${jobId}/results`)).text();
  }

  async readiness(): Promise<Readiness & { readonly code: number }> {
    const response = await this.get('/health/ready', TOKEN);
    return { code: response.status, ...((await response.json()) as Readiness) };
  }

  /** Whether this server says that it leads. */
  async leads(): Promise<boolean> {
    return (await this.readiness()).checks['leader']?.detail?.startsWith('this replica leads') === true;
  }
}
