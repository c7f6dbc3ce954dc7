import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration } from '../../config/configuration.js';
import { eventually } from '../../k8s/testing/scripted-api.js';
import type { LinkedValue } from '../../processes/request/input-validation.js';
import { UnavailableError } from '../../ogc/domain-errors.js';
import { LINK_TIMES, type LinkTimes } from './link-fetcher.js';
import { LinkedInputs } from './linked-inputs.js';

const asked: string[] = [];
/** Answers to `/held/NAME`, which the test ends. */
const held = new Map<string, (answer: ServerResponse, request: IncomingMessage) => void>();
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const url = new URL(request.url ?? '', 'http://localhost');
  if (url.pathname === '/redirect') response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end();
  else if (url.pathname === '/large') response.end('x'.repeat(2_000));
  else if (url.pathname.startsWith('/held/')) held.get(url.pathname)?.(response, request);
  else if (url.pathname === '/missing') response.writeHead(404).end('secret');
  else {
    const body = url.searchParams.get('body') ?? '';
    const type = url.searchParams.get('type') ?? 'text/plain';
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
  }
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const faultsOf = async (inputHosts: readonly string[], href: string, type?: string) => {
  const seen: unknown[] = [];
  const linked = new LinkedInputs({
    environment: { inputHosts },
    server: { maxRequestBytes: 1_000 },
  } as unknown as Configuration);
  const link: LinkedValue = {
    pointer: '/inputs/a',
    href,
    ...(type === undefined ? {} : { type }),
    misfits: (value) => {
      seen.push(value);
      return JSON.stringify(value) === '{"right":1}' || value === 'right' ? [] : ['/b'];
    },
  };
  const faults = await linked.assertValid('process', [link]).then(
    () => [],
    (error: { faults: { pointer: string; message: string }[] }) =>
      error.faults.map(({ pointer, message }) => `${pointer} ${message}`),
  );
  await linked.onApplicationShutdown();
  return { faults, seen };
};
const at = (body: string, type = 'application/json') =>
  `${origin}/?type=${encodeURIComponent(type)}&body=${encodeURIComponent(body)}`;
const here = ['127.0.0.1'];

describe('an input given by link', () => {
  it('is validated as JSON or as text, as its link or its answer says', async () => {
    expect(await faultsOf(here, at('{"right":1}'))).toEqual({ faults: [], seen: [{ right: 1 }] });
    expect((await faultsOf(here, at('{"right":1}', 'text/plain'), 'application/geo+json')).faults).toEqual([]);
    expect(await faultsOf(here, at('right', 'text/csv'))).toEqual({ faults: [], seen: ['right'] });
  });

  it('that does not fit is a fault, which shows nothing of what is there', async () => {
    const { faults } = await faultsOf(here, at('{"secret":1}'));
    expect(faults).toEqual(["/inputs/a leads to what does not fit the input's schema (at /b)"]);
  });

  it('is followed through redirects', async () => {
    expect(
      (await faultsOf(here, `${origin}/redirect?to=${encodeURIComponent(at('right', 'text/plain'))}`)).faults,
    ).toEqual([]);
    expect((await faultsOf(here, `${origin}/redirect?to=/redirect`)).faults).toEqual([
      '/inputs/a/href redirects to nowhere',
    ]);
  });

  it.each([
    ['/large', '/inputs/a/href has more than the 1000 bytes that are fetched to validate it'],
    ['/missing', '/inputs/a/href could not be fetched to validate it (HTTP 404)'],
    ['/redirect?to=file:///etc/passwd', '/inputs/a/href redirects to where this server may not be sent'],
    ['/redirect?to=http://169.254.169.254/', '/inputs/a/href redirects to where this server may not be sent'],
  ])('at %s is a fault', async (path, fault) => expect((await faultsOf(here, origin + path)).faults).toEqual([fault]));

  it('is not looked at on addresses that are not public, by whatever name', async () => {
    const before = asked.length;
    const port = new URL(origin).port;
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])
      expect((await faultsOf(['public'], `http://${host}:${port}/`)).faults).toEqual([
        expect.stringContaining('is at an address'),
      ]);
    expect(asked.length).toBe(before);
  });

  it('keeps the digits of its numbers', async () => {
    const { seen } = await faultsOf(here, at('{"a":12345678901234567890,"b":1.0}'));
    expect(JSON.stringify(seen[0])).toBe('{"a":12345678901234567890,"b":1.0}');
  });

  it('is not looked at where there are too many', async () => {
    const linked = linkedInputs();
    await expect(linked.assertValid('process', links(21, origin))).rejects.toMatchObject({
      faults: [{ pointer: '/inputs' }],
    });
  });
});

let open: LinkedInputs[] = [];
afterEach(async () => {
  for (const linked of open) await linked.onApplicationShutdown();
  open = [];
  held.clear();
});

function linkedInputs(sizes: { perRequest?: number; atOnce?: number } = {}, times: Partial<LinkTimes> = {}) {
  const server = { maxRequestBytes: 1_000, linkedInputs: sizes };
  const linked = new LinkedInputs({ environment: { inputHosts: here }, server } as unknown as Configuration, {
    ...LINK_TIMES,
    ...times,
  });
  open.push(linked);
  return linked;
}

/** @param more over what a link to a text is that fits */
function links(count: number, href: string, more: Partial<LinkedValue> = {}): LinkedValue[] {
  return Array.from({ length: count }, (_, n) => ({ pointer: `/inputs/a${n}`, href, misfits: () => [], ...more }));
}

/** What is there, once it is asked for; the test ends it. */
function holdBack(name: string): { href: string; answer: Promise<ServerResponse> } {
  const answer = new Promise<ServerResponse>((resolve) => held.set(`/held/${name}`, (response) => resolve(response)));
  return { href: `${origin}/held/${name}`, answer };
}

const textOf = (length: number) => at('x'.repeat(length), 'text/plain');
const faultsFrom = (checked: Promise<void>) =>
  checked.then(
    () => [],
    (error: { faults?: { message: string }[] }) => error.faults?.map(({ message }) => message) ?? error,
  );

describe('the inputs of a request that are given by link', () => {
  it('are looked at one after another, and each is let go before the next', async () => {
    const linked = linkedInputs();
    const [first, second] = [holdBack('first'), holdBack('second')];
    const [one] = links(1, first.href);
    const [two] = links(1, second.href);
    const seen: number[] = [];
    const look = { misfits: () => (seen.push(linked.bytesHeld), []) };
    const checked = linked.assertValid('process', [
      { ...one, ...look } as LinkedValue,
      { ...two, ...look } as LinkedValue,
    ]);
    const answer = await first.answer;
    expect(asked).not.toContain('/held/second');
    answer.writeHead(200, { 'content-length': 600 }).end('x'.repeat(600));
    (await second.answer).writeHead(200, { 'content-length': 500 }).end('x'.repeat(500));
    await checked;
    expect(seen).toEqual([600, 500]);
    expect(linked.bytesHeld).toBe(0);
  });

  it('have a budget that they share: what is beyond it is a fault, and not fetched', async () => {
    const linked = linkedInputs({ perRequest: 1_000 });
    await linked.assertValid('process', links(3, textOf(300)));
    const before = asked.length;
    const faults = await faultsFrom(linked.assertValid('process', links(9, textOf(300))));
    expect(faults).toEqual([expect.stringContaining('with the links before it, more than the 1000 bytes')]);
    expect(asked.length - before).toBe(4);
    expect(linked.bytesHeld).toBe(0);
  });

  it('are cut off where they lead to more than the caller may send, with what else there is', async () => {
    const linked = linkedInputs({ perRequest: 1_000 });
    const allowance = { bytes: 700, used: 200, refusal: (used: number) => new Error(`${used} are too many`) };
    await linked.assertValid('process', links(1, textOf(500)), undefined, allowance);
    const before = asked.length;
    await expect(linked.assertValid('process', links(9, textOf(300)), undefined, allowance)).rejects.toThrow(
      '800 are too many',
    );
    expect(asked.length - before).toBe(2);
    // What all requests may have together is less: it is a fault of the link.
    const generous = { ...allowance, bytes: 10_000 };
    const faults = await faultsFrom(linked.assertValid('process', links(9, textOf(300)), undefined, generous));
    expect(faults).toEqual([expect.stringContaining('more than the 1000 bytes')]);
    expect(linked.bytesHeld).toBe(0);
  });

  it('are refused for a while where the server holds what others lead to, and waited for by nobody', async () => {
    const linked = linkedInputs({ atOnce: 1_000 });
    const slow = holdBack('slow');
    const first = linked.assertValid('process', links(1, slow.href));
    const answer = await slow.answer;
    answer.writeHead(200, { 'content-length': 600 }).write('x'.repeat(10));
    await eventually(() => linked.bytesHeld === 600, 'the first being held');
    const refused = await linked.assertValid('process', links(1, textOf(500))).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnavailableError);
    expect((refused as UnavailableError).retryAfterSeconds).toBeGreaterThan(0);
    // There is room for this one.
    await linked.assertValid('process', links(1, textOf(400)));
    answer.end('x'.repeat(590));
    await first;
    await linked.assertValid('process', links(1, textOf(500)));
    expect(linked.bytesHeld).toBe(0);
  });

  it('take of the budget what has come, where nobody says how much will', async () => {
    const linked = linkedInputs();
    const slow = holdBack('undeclared');
    const checked = linked.assertValid('process', links(1, slow.href));
    const answer = await slow.answer;
    answer.writeHead(200).flushHeaders();
    expect(linked.bytesHeld).toBe(0);
    answer.write('x');
    await eventually(() => linked.bytesHeld === 1_000, 'room for what may come being held');
    answer.end('x');
    await checked;
    expect(linked.bytesHeld).toBe(0);
  });

  it.each<[string, Partial<LinkedValue>, Buffer]>([
    ['of which any text fits', { texts: 'any' }, Buffer.alloc(900, 'x')],
    ['of which base64 fits, once they are no text', { texts: 'base64' }, Buffer.alloc(900, 0xff)],
  ])('%s are not kept', async (_name, more, body) => {
    const linked = linkedInputs({ atOnce: 1_000 });
    const slow = holdBack('slow');
    const other = linked.assertValid('process', links(1, slow.href));
    const answer = await slow.answer;
    answer.writeHead(200, { 'content-length': 1_000 }).write('x');
    await eventually(() => linked.bytesHeld === 1_000, 'there being no room');
    held.set('/held/unkept', (unkept) => unkept.writeHead(200, { 'content-type': 'image/png' }).end(body));
    const misfits = () => ['/never'];
    await linked.assertValid('process', links(1, `${origin}/held/unkept`, { ...more, misfits }));
    await expect(linked.assertValid('process', links(1, textOf(900)))).rejects.toThrow(UnavailableError);
    answer.end('x'.repeat(999));
    await other;
    // The size counts all the same.
    const faults = await faultsFrom(linkedInputs().assertValid('process', links(1, `${origin}/large`, more)));
    expect(faults).toEqual(['has more than the 1000 bytes that are fetched to validate it']);
  });

  it('of which base64 fits are looked at where they are text', async () => {
    const misfits = (value: unknown) => (value === 'aGVsbG8=' ? [] : ['']);
    const check = (body: string) =>
      faultsFrom(linkedInputs().assertValid('process', links(1, at(body, 'image/png'), { texts: 'base64', misfits })));
    expect(await check('aGVsbG8=')).toEqual([]);
    expect(await check('no: base64')).toEqual([expect.stringContaining('does not fit')]);
  });

  it('are given up when the client goes away, and leave nothing', async () => {
    const linked = linkedInputs();
    const slow = holdBack('abandoned');
    const client = new AbortController();
    const checked = linked.assertValid('process', links(2, slow.href), client.signal);
    const answer = await slow.answer;
    answer.writeHead(200, { 'content-length': 900 }).write('x');
    await eventually(() => linked.bytesHeld === 900, 'its being held');
    const closed = once(answer, 'close');
    client.abort();
    await expect(checked).rejects.toThrow('The client has gone');
    await closed;
    expect(linked.bytesHeld).toBe(0);
  });

  it.each<[string, Partial<LinkTimes>, boolean, string]>([
    ['says nothing for too long', { idle: 300 }, false, 'sent nothing more for 0.3 seconds'],
    ['drips for too long', { link: 600 }, true, 'did not answer within 0.6 seconds'],
    ['takes the time of all', { request: 600 }, true, 'could not be fetched within the 0.6 seconds'],
  ])('are faults where a host %s', async (_name, times, drips, message) => {
    const linked = linkedInputs({}, times);
    held.set('/held/late', (answer) => {
      answer.writeHead(200, { 'content-length': 900 }).write('x');
      const timer = setInterval(() => drips && answer.write('x'), 20);
      answer.once('close', () => clearInterval(timer));
    });
    const before = asked.length;
    const faults = await faultsFrom(linked.assertValid('process', links(2, `${origin}/held/late`)));
    // Once the time of all is over nothing else is asked for.
    const count = 'request' in times ? 1 : 2;
    expect(faults).toEqual(Array(count).fill(expect.stringContaining(message)));
    expect(asked.length - before).toBe(count);
    expect(linked.bytesHeld).toBe(0);
  });

  it('that drip give way to those of others', async () => {
    const linked = linkedInputs({ atOnce: 1_000 });
    held.set('/held/drip', (answer) => {
      answer.writeHead(200, { 'content-length': 900 }).write('x');
      const timer = setInterval(() => answer.write('x'), 20);
      answer.once('close', () => clearInterval(timer));
    });
    const dripping = linked.assertValid('process', links(1, `${origin}/held/drip`)).catch((error: unknown) => error);
    await eventually(() => linked.bytesHeld === 900, 'its being held');
    const another = () => linked.assertValid('process', links(1, textOf(500))).catch((error: unknown) => error);
    while ((await another()) instanceof UnavailableError) expect(linked.bytesHeld).toBe(900);
    expect(await dripping).toBeInstanceOf(UnavailableError);
    expect(linked.bytesHeld).toBe(0);
  });
});
