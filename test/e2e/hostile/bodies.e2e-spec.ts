import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { TOKEN } from '../../support/test-bed.js';

const MIB = 1024 ** 2;
const LIMIT = 2 * MIB;
const BUDGET = 6 * MIB;
/**
 * What a server that takes no part of it in may have more than one that does nothing, MiB: V8 lets 64 of buffers stand that nobody holds
 * before it collects them, and some more arrives while it does. It does not grow with what is sent.
 */
const LITTLE = 120;

/** JSON that costs much memory once it is parsed. */
function manyLists(bytes: number): Buffer {
  return Buffer.from(`{"inputs":{"a":[${'[],'.repeat(Math.floor(bytes / 3))}1]}}`);
}

describe('a body that nobody asked for', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed));

  const large = manyLists(9.9 * MIB);
  const tenAtOnce = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    Promise.all(Array.from({ length: 10 }, () => post(hostile.bed.url + path, large, headers)));
  const costsLittle = (work: () => Promise<void>) => {
    const nothing = () => post(`${hostile.bed.url}/nowhere`, Buffer.from('{}'));
    return hostile.compareCosts({ nothing, work }, (least) =>
      expect(least.work.memory - least.nothing.memory).toBeLessThan(LITTLE),
    );
  };

  it.each<[string, string, Record<string, string>, number]>([
    ['to an unknown path', '/nowhere', {}, 404],
    ['to a path that takes none', '/processes', {}, 405],
    ['to an unknown process', '/processes/nothing/execution', {}, 404],
    ['without the token', '/processes/environment/execution', {}, 401],
    ['with a wrong token', '/processes/environment/execution', { authorization: 'Bearer wrong' }, 401],
    ['to be validated without the token', '/processes/environment/validation', {}, 401],
    ['of a wrong media type', '/processes/lines/execution', { 'content-type': 'text/plain' }, 415],
    ['in a coding that is not read', '/processes/lines/execution', { 'content-encoding': 'deflate' }, 415],
  ])('of 10 MiB %s is refused and costs no memory', async (_, path, headers, status) => {
    const statuses: number[] = [];
    await costsLittle(async () => {
      statuses.push(...(await tenAtOnce(path, headers)).map((answer) => answer.status));
    });
    // Of many wrong tokens at once some are told to come later.
    const expected = 'authorization' in headers ? [status, 429] : [status];
    expect(statuses.filter((given) => !expected.includes(given))).toEqual([]);
    expect(statuses).toContain(status);
  });

  it('costs no more where there are many of it', async () => {
    await costsLittle(async () => {
      for (let count = 0; count < 5; count += 1) await tenAtOnce('/nowhere');
    });
  });

  it('without a length costs no more', async () => {
    const statuses: number[] = [];
    await costsLittle(async () => {
      const answers = ['/nowhere', '/processes/environment/execution'].flatMap((path) =>
        Array.from({ length: 5 }, () => post(hostile.bed.url + path, large, { 'transfer-encoding': 'chunked' })),
      );
      statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
    });
    // What is without end is not read to its end: the connection may be closed before its sender has read the answer.
    expect([...new Set(statuses)].filter((status) => status !== BROKEN_OFF).sort()).toEqual([401, 404]);
  });
});

describe('bodies of those who may', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed), {
    MAX_REQUEST_BYTES: String(LIMIT),
    MAX_REQUEST_BYTES_IN_FLIGHT: String(BUDGET),
  });
  const path = () => `${hostile.bed.url}/processes/environment/validation`;
  const right = { authorization: `Bearer ${TOKEN}` };

  it('with the token as an input are small ones', async () => {
    const body = (bytes: number) => Buffer.from(JSON.stringify({ inputs: { token: TOKEN }, pad: 'x'.repeat(bytes) }));
    expect((await post(path(), body(1000))).status).toBe(200);
    const refused = await post(path(), body(300 * 1024));
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(refused.text).toContain('Authorization: Bearer');
    expect((await post(path(), body(100 * 1024), { authorization: 'Bearer wrong' })).status).toBe(200);
  });

  it('are answered 503 beyond the budget, and taken later', async () => {
    await hostile.stayingAlive(async () => {
      const body = Buffer.from(JSON.stringify({ inputs: {}, pad: 'x'.repeat(LIMIT - 100) }));
      const open = [0, 1, 2].map(() => begin(path(), body.length, right));
      for (const sent of open) sent.write(body.subarray(0, 1000));
      let full: Answer;
      // Until all three have arrived at the server.
      do full = await post(path(), body, right);
      while (full.status !== 503);
      expect([full.headers['retry-after'], full.text]).toEqual([
        expect.stringMatching(/^\d+$/),
        expect.stringContaining('MAX_REQUEST_BYTES_IN_FLIGHT'),
      ]);
      const answers = open.map(answerOf);
      for (const sent of open) sent.end(body.subarray(1000));
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await post(path(), body, right)).status).toBe(200);
    });
  });

  it('count decoded: what unfolds is refused where the budget ends, not where memory does', async () => {
    const body = gzipSync(Buffer.from(JSON.stringify({ inputs: {}, pad: 'x'.repeat(LIMIT - 100) })));
    const coded = { ...right, 'content-encoding': 'gzip' };
    const forty = async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => post(path(), body, coded)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(statuses).toContain(200);
    };
    await hostile.compareCosts({ forty }, (least) => expect(least.forty.memory).toBeLessThan(FULL_HEAP));
    expect((await post(path(), body, coded)).status).toBe(200);
  });

  it('leave the half of the budget to those who have shown the token', async () => {
    const small = 250 * 1024;
    const open = Array.from({ length: 30 }, () => begin(path(), small, { connection: 'keep-alive' }));
    const early = open.map(answerOf);
    for (const sent of open) sent.write('{');
    const first = await Promise.race(early);
    expect(first.status).toBe(503);
    const body = Buffer.from(JSON.stringify({ inputs: {}, pad: 'x'.repeat(LIMIT - 100) }));
    expect((await post(path(), body, right)).status).toBe(200);
    for (const sent of open) sent.destroy();
    await Promise.allSettled(early);
  });

  it('lose nothing: all of many at once are executed once they are tried again', async () => {
    const { bed } = hostile;
    const jobs = await hostile.stayingAlive(() =>
      Promise.all(
        Array.from({ length: 12 }, async () => {
          const body = Buffer.from(JSON.stringify({ inputs: {}, pad: 'x'.repeat(LIMIT - 100) }));
          for (;;) {
            const { status, text } = await post(`${bed.url}/processes/environment/execution`, body, {
              ...right,
              prefer: 'respond-async',
            });
            if (status === 201) return (JSON.parse(text) as { jobID: string }).jobID;
            expect(status).toBe(503);
          }
        }),
      ),
    );
    expect(new Set(jobs).size).toBe(12);
    for (const job of jobs) expect((await bed.ended(job)).status).toBe('successful');
  });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function begin(url: string, length: number | undefined, headers: Readonly<Record<string, string>>): ClientRequest {
  return request(url, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      ...(length === undefined ? {} : { 'content-length': String(length) }),
      ...headers,
    },
  });
}

/** In the place of a status: the connection was closed while the body was being sent. */
const BROKEN_OFF = 0;

async function answerOf(sent: ClientRequest): Promise<Answer> {
  const answered = once(sent, 'response').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
    return [];
  });
  const [response] = (await answered) as [IncomingMessage?];
  sent.on('error', () => undefined);
  if (!response) return { status: BROKEN_OFF, headers: {}, text: '' };
  const chunks: Buffer[] = [];
  response.on('error', () => undefined);
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

function post(url: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const sent = begin(url, 'transfer-encoding' in headers ? undefined : body.length, headers);
  const answer = answerOf(sent);
  sent.end(body);
  return answer;
}
