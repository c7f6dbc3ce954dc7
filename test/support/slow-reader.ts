import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { eventually } from './wait.js';

/** A reader that takes the beginning of an answer, and then nothing until it is told to go on. */
export class SlowReader {
  private constructor(private readonly answer: IncomingMessage) {}

  static async of(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SlowReader> {
    // A connection of its own.
    const request = get(url, { agent: false, headers });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    return new SlowReader(answer);
  }

  get status(): number {
    return this.answer.statusCode ?? 0;
  }

  get headers(): IncomingMessage['headers'] {
    return this.answer.headers;
  }

  /** Reads to the end. @returns how many bytes there were */
  async rest(): Promise<number> {
    let length = 0;
    for await (const chunk of this.answer) length += (chunk as Buffer).length;
    return length;
  }

  leave(): void {
    this.answer.destroy();
  }
}

/** Many that come one after another. */
export async function slowReaders(
  count: number,
  url: string,
  headers?: Readonly<Record<string, string>>,
): Promise<SlowReader[]> {
  const readers: SlowReader[] = [];
  for (let n = 0; n < count; n += 1) readers.push(await SlowReader.of(url, headers));
  return readers;
}

/** That nobody's places are taken any more. */
export async function untilAdmitted(url: string): Promise<void> {
  await eventually('a place for a reader', async () => {
    const reader = await SlowReader.of(url);
    reader.leave();
    return reader.status === 200;
  });
}
