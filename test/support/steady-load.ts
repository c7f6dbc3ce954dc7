import type { Answer, Send } from './balancer.js';
import { eventually } from './wait.js';

/** Clients that execute, wait and read without end, each one job at a time, so that a slow cluster is not swamped. */
export class SteadyLoad {
  requests = 0;
  /** Requests that had no answer, or one that says that they failed. */
  readonly failures: string[] = [];
  /** What was sent to each job, by its id; its result contains it. */
  readonly texts = new Map<string, string>();
  private isOver = false;
  private readonly clients: Promise<void>[] = [];

  /** @param prefer the headers of its executions */
  addClient(name: string, send: Send, prefer: Readonly<Record<string, string>> = {}): void {
    this.clients.push(this.run(name, send, prefer));
  }

  /** Resolves when so many more requests have been answered. */
  async goesOn(what: string, requests: number): Promise<void> {
    const before = this.requests;
    await eventually(`${requests} requests ${what}`, () => this.requests > before + requests, 120_000);
  }

  /** Lets each client come to the end of what it does. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  private async run(name: string, sendOne: Send, prefer: Readonly<Record<string, string>>): Promise<void> {
    const send = async (...parts: Parameters<Send>): Promise<Answer> => {
      const answer = await sendOne(...parts);
      this.requests += 1;
      if (answer.status >= 400) this.failures.push(`${parts[0]} ${parts[1]}: ${answer.status} ${answer.text}`);
      return answer;
    };
    for (let count = 0; !this.isOver; count += 1) {
      try {
        const text = `${name} ${count}`;
        const executed = await send('POST', '/processes/inputs/execution', prefer, { inputs: { text } });
        const [id] = /[0-9a-f-]{36}/.exec(String(executed.headers['location'] ?? executed.headers['link'])) ?? [];
        if (id === undefined) continue;
        this.texts.set(id, text);
        await eventually('the end of the job', async () => {
          const { status } = JSON.parse((await send('GET', `/jobs/${id}`)).text) as { status: string };
          return status === 'successful';
        });
        await send('GET', `/jobs/${id}/results`);
        await send('GET', '/jobs?limit=5');
        await send('GET', '/processes/inputs');
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }
}
