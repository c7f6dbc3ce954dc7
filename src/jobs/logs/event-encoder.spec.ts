import { describe, expect, it } from '@jest/globals';
import { EventEncoder } from './event-encoder.js';

interface Received {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

/** As a browser reads them (HTML, section 9.2.6). */
function received(stream: string): Received[] {
  return stream
    .split('\n\n')
    .filter(Boolean)
    .map((event) => {
      const of = (name: string) =>
        event.split('\n').flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
      return { type: of('event')[0] ?? 'message', id: of('id')[0] ?? '', data: of('data').join('\n') };
    });
}

const textOf = (events: readonly Received[]) =>
  events.map(({ type, data }) => data + (type === 'message' ? '\n' : '')).join('');

describe('a log as server-sent events', () => {
  it('has whole lines in each, and says in its id where the next begins', () => {
    const encoder = new EventEncoder(2, 10);
    expect(encoder.push(Buffer.from('a\n\nbü\nun'))).toBe('id: 2-17\ndata: a\ndata: \ndata: bü\n\n');
    expect([encoder.push(Buffer.from('finished')), encoder.sent]).toEqual(['', 17]);
    expect(encoder.push(Buffer.from('\n'))).toBe('id: 2-28\ndata: unfinished\n\n');
    expect([encoder.end(), encoder.flush()]).toEqual(['', '']);
  });

  it('gives what has no newline as a part, which the next goes on with', () => {
    const encoder = new EventEncoder(1, 0);
    const events = encoder.push(Buffer.from('..')) + encoder.flush() + encoder.push(Buffer.from('.\n')) + encoder.end();
    expect(events).toBe('event: part\nid: 1-2\ndata: ..\n\nid: 1-4\ndata: .\n\n');
  });

  it('ends a line at a carriage return, where a browser would else lose what follows', () => {
    expect(new EventEncoder(1, 0).push(Buffer.from('10 %\r20 %\r\nid: 5\r\n'))).toBe(
      'id: 1-18\ndata: 10 %\ndata: 20 %\ndata: id: 5\n\n',
    );
  });

  it.each([1, 2, 3, 1000])('is the same text however it comes, with long lines and letters of %d bytes cut', (size) => {
    const text = `${'ä€🌍'.repeat(5000)}\nshort\n\n${'🌍'.repeat(9000)}\nend`;
    const bytes = Buffer.from(text);
    const encoder = new EventEncoder(1, 0);
    let events = '';
    for (let at = 0; at < bytes.length; at += size) events += encoder.push(bytes.subarray(at, at + size));
    events += encoder.end();
    expect(textOf(received(events))).toBe(text);
    expect(received(events).at(-1)?.id).toBe(`1-${bytes.length}`);
    expect(Math.max(...received(events).map(({ data }) => data.length))).toBeLessThan(20_000);
  });
});
