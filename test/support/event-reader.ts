import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { eventually } from './wait.js';

export interface ReadEvent {
  readonly type: string;
  readonly id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a stream of server-sent events on a connection of its own, as it comes. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  /** Comments and `retry`. */
  readonly others: string[] = [];
  hasEnded = false;
  private rest = '';

  private constructor(private readonly answer: IncomingMessage) {
    answer.setEncoding('utf8').on('data', (text: string) => this.take(text));
    answer.on('end', () => (this.hasEnded = true)).on('error', () => undefined);
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    const request = get(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return new EventReader(answer);
  }

  get status(): number {
    return this.answer.statusCode ?? 0;
  }

  get headers(): IncomingMessage['headers'] {
    return this.answer.headers;
  }

  get last(): ReadEvent | undefined {
    return this.events.at(-1);
  }

  /** Waits until there is such an event. */
  event(what: string, is: (event: ReadEvent) => boolean): Promise<ReadEvent> {
    return eventually(`the event ${what} of ${this.events.length}`, () => this.events.find(is));
  }

  /** Waits until the stream has ended. */
  async end(): Promise<void> {
    await eventually('the end of the events', () => this.hasEnded);
  }

  leave(): void {
    this.answer.destroy();
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1];
      const id = /^id: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1] ?? '{}';
      if (type === undefined) this.others.push(block);
      else this.events.push({ type, ...(id === undefined ? {} : { id }), data: JSON.parse(data) as ReadEvent['data'] });
    }
  }
}
