import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { formConfiguration } from '../../support/forms.js';
import { inputsKept } from '../../support/store.js';
import { TOKEN } from '../../support/test-bed.js';
import { transferEnvironment } from '../../support/transfer.js';
import { eventually } from '../../support/wait.js';

const MIB = 1024 ** 2;
const LIMIT = 64 * MIB;
const HEAD = '--b\r\nContent-Disposition: form-data; name="input.features"; filename="a"\r\n\r\n';
const END = '\r\n--b--\r\n';

describe('a form with files', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed), transferEnvironment, {
    configuration: (text) => formConfiguration(text).replace('server:\n', `server:\n  max_upload_bytes: ${LIMIT}\n`),
  });
  const jobs = async () =>
    ((await (await hostile.bed.get('/jobs?limit=1')).json()) as { numberTotal: number }).numberTotal;
  const stored = () => inputsKept(hostile.bed.store);
  let before: [number, string[]];
  beforeEach(async () => void (before = [await jobs(), await stored()]));
  /** Nothing was executed, and nothing is left in the store. */
  afterEach(async () => expect([await jobs(), await stored()]).toEqual(before));

  const open = (process: string, headers: Readonly<Record<string, string | number>> = {}): ClientRequest => {
    const address = `${hostile.bed.url}/processes/${process}/form`;
    const sender = request(address, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b', accept: 'application/json', ...headers },
    });
    return sender.on('error', () => undefined);
  };
  const answerOf = async (sender: ClientRequest): Promise<{ status: number; text: string }> => {
    const [answer] = (await once(sender, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  };
  /** Sends the pieces, and what comes of it; a connection that is closed before is no answer. */
  const sent = async (
    pieces: Iterable<Buffer | string>,
    { process = 'takes-files', ...headers }: Readonly<Record<string, string>> = {},
  ) => {
    const sender = open(process, headers);
    const answer = answerOf(sender).catch(() => ({ status: 0, text: '' }));
    const over = answer.then(() => 'over');
    for (const piece of pieces) {
      if (sender.destroyed || sender.write(piece)) continue;
      if ((await Promise.race([once(sender, 'drain').catch(() => 'over'), over])) === 'over') break;
    }
    sender.end();
    return answer;
  };
  function* without(end: number, piece: Buffer, ...first: readonly string[]) {
    yield* first;
    for (let count = 0; count * piece.length < end; count += 1) yield piece;
  }
  const zeros = Buffer.alloc(MIB, '0');

  it.each<[string, () => Iterable<Buffer | string>, Record<string, string>, readonly number[], RegExp]>([
    [
      'of thousands of parts',
      () => [`${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(5000)}--b--\r\n`],
      {},
      [400],
      /500 parts/,
    ],
    ['of thousands of files', () => [`${`${HEAD}{}\r\n`.repeat(5000)}--b--\r\n`], {}, [400], /500 parts/],
    [
      'with a header without end',
      () => without(80 * MIB, zeros, '--b\r\nContent-Disposition: '),
      {},
      [413, 0],
      /max_upload_bytes|^$/,
    ],
    ['with thousands of headers', () => [`--b\r\n${'a: b\r\n'.repeat(100_000)}\r\n\r\nx${END}`], {}, [400], /./],
    ['with a file without end', () => without(80 * MIB, zeros, HEAD), {}, [413, 0], /max_upload_bytes|^$/],
    [
      'with a text without end',
      () => without(80 * MIB, zeros, HEAD.replace('; filename="a"', '')),
      {},
      [413, 0],
      /max_request_bytes|^$/,
    ],
    ['with another boundary', () => [HEAD, '{}', '\r\n--c--\r\n'], {}, [400], /no multipart/],
    ['without a boundary', () => [HEAD, '{}', END], { 'content-type': 'multipart/form-data' }, [400], /Boundary/],
    ['without any part', () => ['--b--\r\n'], {}, [400], /features/],
    ['that breaks off', () => [HEAD, '{"a":'], {}, [400], /no multipart/],
    ['in a coding', () => [HEAD, '{}', END], { 'content-encoding': 'gzip' }, [415], /coding/],
    ['nested deep', () => [HEAD, '['.repeat(30 * MIB), END], {}, [400], /deeper than 500 levels/],
    [
      'with a large file, without the token',
      () => without(80 * MIB, zeros, HEAD),
      { process: 'takes-files-of-some' },
      [401, 0],
      /token|^$/,
    ],
    [
      'with a large file, with a wrong token',
      () => without(80 * MIB, zeros, HEAD),
      { process: 'takes-files-of-some', authorization: 'Bearer x' },
      [401, 429, 0],
      /./,
    ],
    [
      'with a large text, without the token',
      () => without(MIB, zeros.subarray(0, 1000), HEAD.replace('; filename="a"', '')),
      { process: 'takes-files-of-some' },
      [401],
      /token/,
    ],
  ])('%s is refused, and costs little', async (_what, pieces, headers, statuses, text) => {
    const refused = async () => {
      const answer = await sent(pieces(), headers);
      expect(statuses).toContain(answer.status);
      expect(answer.text).toMatch(text);
    };
    await hostile.compareCosts({ refused }, (least) => expect(least.refused.memory).toBeLessThan(FULL_HEAP));
  });

  it('larger than it may be is refused by its length, before it is sent', async () => {
    const sender = open('takes-files', { 'content-length': LIMIT + 1 });
    sender.flushHeaders();
    const { status, text } = await answerOf(sender);
    sender.destroy();
    expect([status, text]).toEqual([
      413,
      expect.stringContaining(`at most ${LIMIT} bytes of a form with files (server.max_upload_bytes)`),
    ]);
  });

  it('is read of one address only as often as may be at a time; who waits is told to come again', async () => {
    const senders = Array.from({ length: 8 }, () => {
      const sender = open('takes-files', { 'content-length': 10 * MIB });
      sender.write(HEAD);
      return sender;
    });
    const tried = () => sent([HEAD, 'no JSON', END]);
    await eventually('the others being read', async () => (await tried()).status === 503);
    expect((await tried()).text).toMatch(/At most 8 forms with files/);
    for (const sender of senders) sender.destroy();
    await eventually('room', async () => (await tried()).status === 400);
  });

  it('takes no place from other requests while many are sent', async () => {
    const senders = Array.from({ length: 6 }, () => {
      const sender = open('takes-files-of-some', { 'content-length': 30 * MIB, authorization: `Bearer ${TOKEN}` });
      sender.write(HEAD);
      sender.write(Buffer.alloc(15 * MIB, ' '));
      return sender;
    });
    const other = () => hostile.bed.get('/processes');
    await hostile.compareCosts({ other }, (least) => expect(least.other.memory).toBeLessThan(FULL_HEAP));
    for (const sender of senders) sender.destroy();
  });
});
