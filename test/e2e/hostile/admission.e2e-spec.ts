import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';
import { hrefs, type RawAnswer, rawSend } from '../../support/http.js';
import { logLines } from '../../support/log-lines.js';
import { Receiver } from '../../support/receiver.js';
import { type StatusInfo, TestBed, TOKEN } from '../../support/test-bed.js';
import { eventually } from '../../support/wait.js';

const HOST = 'processes.example.org';
const MAPS = 'https://maps.example.org';
const SECRET = `whsec_${Buffer.from('end-to-end-secret-of-enough-size').toString('base64')}`;
const right = { authorization: `Bearer ${TOKEN}` };
const wrong = { authorization: 'Bearer a-wrong-token' };

let hostile: HostileBed;
let bed: TestBed;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  hostile = await HostileBed.start(
    {
      TRUST_PROXY: '127.0.0.1',
      SUBSCRIBER_ALLOWED_HOSTS: receiver.host,
      SUBSCRIBER_SIGNING_SECRET: SECRET,
    },
    {
      configuration: (text) =>
        text
          .replace('cors: true', `cors: [${MAPS}]\n  hosts: [loopback, ${HOST}, '*.processes.svc']`)
          .replace('level: WARNING', 'level: INFO'),
    },
  );
  bed = hostile.bed;
});
afterAll(async () => {
  await (hostile as HostileBed | undefined)?.bed.stop();
  await (receiver as Receiver | undefined)?.down();
});

type Headers = Readonly<Record<string, string>>;
const get = (path: string, headers: Headers = {}) => rawSend(bed.url + path, { headers });
const execute = (process: string, body: object, headers: Headers = {}) =>
  rawSend(`${bed.url}/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
    body: JSON.stringify(body),
  });
const read = <T>({ body }: RawAnswer) => JSON.parse(body.toString()) as T;
/** Each caller of a test is another: wrong tokens are counted by address. */
let callers = 0;
const from = () => ({ 'x-forwarded-for': `198.51.100.${(callers += 1)}` });
const addressOf = (caller: ReturnType<typeof from>) => caller['x-forwarded-for'];
const linesWith = async (...parts: readonly string[]) =>
  logLines(await bed.output()).filter(({ msg }) => parts.every((part) => msg.includes(part)));
const logged = (...parts: readonly string[]) =>
  eventually(`a line with ${parts.join(', ')}`, async () => (await linesWith(...parts))[0]);

describe('the host of a request', () => {
  it.each(['/', '/processes', '/jobs', '/docs', '/nowhere'])('has to be one of the server: %s', async (path) => {
    await hostile.stayingAlive(async () => {
      for (const headers of [
        { host: 'rebound.example.net' },
        { host: `${HOST}.example.net` },
        { host: `${HOST}:80@example.net` },
        { 'x-forwarded-host': 'rebound.example.net' },
      ] as Headers[]) {
        const answer = await get(path, headers);
        expect([headers, answer.status]).toEqual([headers, 421]);
        expect(read(answer)).toMatchObject({ status: 421, type: expect.stringContaining('misdirected') });
      }
    });
  });

  it.each([HOST, `${HOST}:8443`, 'api.processes.svc', 'localhost', '127.0.0.1:1', '[::1]'])(
    'may be %s, and links lead there',
    async (host) => {
      const answer = await get('/processes', { host });
      expect(answer.status).toBe(200);
      const links = hrefs(read(answer)).filter((href) => href.includes('/processes'));
      expect(links.filter((href) => !href.startsWith(`http://${host}/`))).toEqual([]);
      expect(links).not.toEqual([]);
    },
  );

  it.each(['/health/live', '/health/ready', '/metrics', '/transfer/nothing'])('does not matter to %s', async (path) => {
    const [other, own] = [await get(path, { host: '192.0.2.1' }), await get(path)];
    expect(other.status).toBe(own.status);
    expect(own.status).not.toBe(421);
  });

  it('is that of the links in messages that are signed, and no other gets there', async () => {
    const subscriber = { successUri: receiver.url('/signed') };
    const refused = await execute('lines', { inputs: {}, subscriber }, { host: 'rebound.example.net' });
    expect(refused.status).toBe(421);
    const made = await execute('five-mebibytes', { inputs: {}, subscriber }, { host: HOST });
    const { jobID } = read<StatusInfo>(made);
    const [call] = await eventually('the message', async () => {
      const calls = receiver.at('/signed');
      return calls.length > 0 && calls;
    });
    expect(call?.headers['webhook-signature']).toMatch(/^v1,/);
    const addresses =
      `${call?.body} ${JSON.stringify(call?.headers)}`.match(/http:\/\/[^"<> ]*\/jobs\/[^"<> ]*/g) ?? [];
    expect(addresses.filter((address) => !address.startsWith(`http://${HOST}/jobs/${jobID}`))).toEqual([]);
    expect(addresses).not.toEqual([]);
  });
});

describe('headers that are read for their parts', () => {
  const long = (length: number) => `a${',a'.repeat((length - 1) / 2)}`;

  it.each(['accept', 'accept-encoding', 'accept-language', 'accept-profile', 'prefer', 'link'])(
    'have at most 1024 characters: %s',
    async (name) => {
      await hostile.stayingAlive(async () => {
        expect((await get('/processes', { [name]: long(1023) })).status).not.toBe(431);
        const answer = await get('/processes', { [name]: long(1025) });
        expect([answer.status, read(answer)]).toEqual([
          431,
          expect.objectContaining({ status: 431, detail: expect.stringContaining(`${name} has 1025 characters`) }),
        ]);
      });
    },
  );

  it.each(['range', 'if-range', 'if-none-match'])('are passed over where they are longer: %s', async (name) => {
    const { headers, body } = await get('/conformance');
    const etag = String(headers['etag']);
    expect((await get('/conformance', { 'if-none-match': etag })).status).toBe(304);
    const value = `${etag}${`, ${etag}`.repeat(60)}`;
    const answer = await get('/conformance', { 'if-none-match': etag, [name]: value });
    expect([answer.status, answer.body.toString()]).toEqual([200, body.toString()]);
  });
});

describe('wrong tokens', () => {
  let job = '';
  beforeAll(async () => {
    job = await bed.submit('environment', {}, { token: TOKEN });
    await bed.ended(job);
  });

  it('are slowed, by the address that the proxy names, and nothing else is', async () => {
    const [caller, other] = [from(), from()];
    const path = `/jobs/${job}/logs`;
    await hostile.stayingAlive(async () => {
      const answered: unknown[] = [];
      const all = Array.from({ length: 8 }, async () => {
        const { status } = await get(path, { ...wrong, ...caller });
        answered.push(status);
      });
      await logged(`A wrong token of ${addressOf(caller)}`, 'number 8 ');
      expect((await get(path, { ...right, ...caller })).status).toBe(200);
      expect((await get('/processes', { ...wrong, ...caller })).status).toBe(200);
      expect((await get(path, { ...wrong, ...other })).status).toBe(401);
      expect(answered.length).toBeLessThan(8);
      await Promise.all(all);
      expect(answered).toEqual(Array.from({ length: 8 }, () => 401));
    });
  });

  it('are told to come later where there are many at once', async () => {
    const caller = from();
    await hostile.stayingAlive(async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => get(`/jobs/${job}/logs`, { ...wrong, ...caller })),
      );
      const late = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 401).length + late.length).toBe(12);
      expect(late.length).toBeGreaterThan(0);
      expect(late[0]?.headers['retry-after']).toMatch(/^\d+$/);
    });
  });

  it('are slowed and logged where they are answered as none is, too: of readiness', async () => {
    const caller = from();
    const ready = (headers: Headers) => get('/health/ready', { ...headers, ...caller });
    await hostile.stayingAlive(async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => ready(wrong)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(8);
      expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
      expect((await logged(`A wrong token of ${addressOf(caller)} for GET /health/ready`))?.level).toBe('warning');
      expect([(await ready(right)).status, (await ready({})).status]).toEqual([200, 200]);
    });
  });

  it.each<[string, (caller: Headers) => Promise<RawAnswer>]>([
    ['of a log', (caller) => get(`/jobs/${job}/logs`, { ...wrong, ...caller })],
    ['of an execution', (caller) => execute('environment', { inputs: {} }, { ...wrong, ...caller })],
    ['that is an input', (caller) => execute('environment', { inputs: { token: 'a-wrong-token' } }, caller)],
  ])('%s are logged with the address, and without the token', async (_, ask) => {
    const caller = from();
    expect((await ask(caller)).status).toBe(401);
    const line = await logged(`A wrong token of ${addressOf(caller)}`);
    expect([line?.level, line?.msg]).toEqual(['warning', expect.stringContaining('number 1 of late')]);
    expect(await bed.output()).not.toContain('a-wrong-token');
  });

  it('are none where there is no token', async () => {
    const caller = from();
    expect((await get(`/jobs/${job}/logs`, caller)).status).toBe(401);
    await logged('is refused', addressOf(caller));
    expect(await linesWith(`A wrong token of ${addressOf(caller)}`)).toEqual([]);
  });
});

describe('lines of the log', () => {
  it('name who had a job created and dismissed, and who was refused', async () => {
    const [owner, stranger, guesser] = [from(), from(), from()];
    const made = await execute('environment', { inputs: {} }, { ...right, ...owner });
    const { jobID } = read<StatusInfo>(made);
    await logged(jobID, 'is created', `(token, ${addressOf(owner)})`);
    const dismiss = (headers: Headers) => rawSend(`${bed.url}/jobs/${jobID}`, { method: 'DELETE', headers });
    expect((await dismiss(stranger)).status).toBe(401);
    await logged('dismiss', jobID, 'is refused', `(anonymous, ${addressOf(stranger)})`);
    expect((await execute('environment', { inputs: {} }, { ...wrong, ...guesser })).status).toBe(401);
    await logged('An execution of "environment" is refused', `(another token, ${addressOf(guesser)})`);
    expect((await execute('nothing', { inputs: {} }, stranger)).status).toBe(404);
    await logged('An execution of "nothing" is refused', `(anonymous, ${addressOf(stranger)})`);
    expect((await dismiss({ ...right, ...owner })).status).toBe(200);
    // It may have ended before.
    const isLine = ({ msg: line }: { readonly msg: string }) =>
      /is (?:dismissed|removed) \(token, /.test(line) && line.includes(addressOf(owner));
    await eventually('who dismissed it', async () => (await linesWith(jobID)).some(isLine));
  });
});

describe('answers that are not for everybody', () => {
  it('are kept by nobody', async () => {
    const job = await bed.submit('environment', {}, { token: TOKEN });
    await bed.ended(job);
    const kept = async (path: string, headers: Headers) => (await get(path, headers)).headers['cache-control'];
    for (const path of [`/jobs/${job}`, `/jobs/${job}/logs`, `/jobs/${job}/request`, '/jobs'])
      expect([path, await kept(path, right)]).toEqual([path, 'no-store']);
    expect(await kept('/processes', right)).not.toBe('no-store');
    const page = await get(`/jobs/${job}`, { ...right, accept: 'text/html' });
    expect([page.status, page.headers['cache-control']]).toEqual([200, 'no-store']);
  });

  it('of the checks of readiness are those with what is where', async () => {
    const [all, little] = [await get('/health/ready', right), await get('/health/ready')];
    interface Ready {
      readonly checks: { readonly objectStore: { readonly status: string; readonly detail?: string } };
    }
    expect(read<Ready>(all).checks.objectStore).toEqual({
      status: 'ok',
      detail: expect.stringMatching(/^(folder|bucket) /),
    });
    expect(read<Ready>(little).checks.objectStore).toEqual({ status: 'ok' });
  });
});

describe('pages of other sites', () => {
  const allowed = async (origin: string) =>
    (await get('/processes', { origin })).headers['access-control-allow-origin'];

  it('may use the server where they are listed', async () => {
    expect(await allowed(MAPS)).toBe(MAPS);
    const { headers } = await get('/processes', { origin: MAPS });
    expect(String(headers['vary'])).toMatch(/\bOrigin\b/i);
  });

  it.each(['https://example.net', 'http://maps.example.org', `${MAPS}.example.net`, 'null'])(
    'may not where they are not: %s',
    async (origin) => {
      expect(await allowed(origin)).toBeUndefined();
      const preflight = await rawSend(`${bed.url}/jobs`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    },
  );
});
