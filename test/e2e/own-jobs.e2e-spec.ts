import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { EventReader } from '../support/event-reader.js';
import { Receiver } from '../support/receiver.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Milliseconds that one of the tokens is good for: longer than the server takes to start. */
const SHORT = 30_000;
/** Of the server; what signs is made of it for each owner. */
const SECRET = `whsec_${Buffer.alloc(32, 'a secret of the server').toString('base64')}`;
const PAGE = { accept: 'text/html' };

describe('one’s own jobs', () => {
  let bed: TestBed;
  let receiver: Receiver;
  let job = '';
  beforeAll(async () => {
    receiver = await Receiver.start();
    const names = ['ann', 'bob', 'reader', 'nobody', 'root', 'guest'];
    bed = await TestBed.startProcess(
      {
        PYGEOAPI_CONFIG: 'test/fixtures/access/roles.yaml',
        SUBSCRIBER_ALLOWED_HOSTS: receiver.host,
        SUBSCRIBER_SIGNING_SECRET: SECRET,
        ...Object.fromEntries(names.map((name) => [`TOKEN_OF_${name.toUpperCase()}`, `of-${name}`])),
      },
      {
        configuration: (text) =>
          text.replace(
            '  tokens:',
            `  tokens:\n    - { name: guest, env: TOKEN_OF_GUEST, roles: [user], expires: "${new Date(Date.now() + SHORT).toISOString()}" }`,
          ),
      },
    );
    job = await bed.submit('seen', { text: 'stay' }, { token: 'of-ann' });
  });
  afterAll(async () => {
    await bed?.stop();
    await receiver?.down();
  });

  const pageOf = async (path: string, name: string): Promise<string> =>
    (await fetch(bed.url + path, { headers: { ...PAGE, authorization: `Bearer of-${name}` } })).text();
  const listed = async (query: string, name: string) =>
    (await (await bed.get(`/jobs?${query}`, `of-${name}`)).json()) as {
      jobs: { jobID: string; owner?: string }[];
      numberMatched: number;
    };

  it('end their events when the token does', async () => {
    const own = await bed.submit('seen', { text: 'stay' }, { token: 'of-guest' });
    const [of, all] = await Promise.all(
      [`/jobs/${own}/events`, '/jobs/events'].map((path) =>
        EventReader.open(bed.url + path, { authorization: 'Bearer of-guest' }),
      ),
    );
    expect([of?.status, all?.status]).toEqual([200, 200]);
    await eventually('the end of both streams', () => of?.hasEnded && all?.hasEnded, 90_000);
    expect((await bed.get(`/jobs/${own}`, 'of-guest')).status).toBe(401);
  });

  it('are told to others by no key, id or name', async () => {
    const keyed = async (name: string) => {
      const response = await bed.execute(
        'seen',
        { text: 'stay' },
        {
          token: `of-${name}`,
          prefer: 'respond-async',
          headers: { 'idempotency-key': '"the-same"' },
        },
      );
      return ((await response.json()) as { jobID: string }).jobID;
    };
    const [first, again, ofBob] = [await keyed('ann'), await keyed('ann'), await keyed('bob')];
    expect([again === first, ofBob === first]).toEqual([true, false]);
    const taken = await bed.execute(
      'seen',
      { text: 'stay' },
      {
        token: 'of-bob',
        prefer: 'respond-async',
        body: { job_id: job },
      },
    );
    expect(taken.status).toBe(409);
    expect(await taken.text()).not.toContain('ann');
    expect((await listed('owner=ann-smith', 'bob')).numberMatched).toBe(0);
    expect((await listed('', 'bob')).jobs.map(({ jobID }) => jobID)).toEqual([ofBob]);
  });

  it('are found by whose they are by who sees all, and by oneself', async () => {
    const ofAnn = (await listed('owner=me', 'ann')).jobs;
    expect(ofAnn.map(({ jobID }) => jobID)).toContain(job);
    expect(ofAnn.every(({ owner }) => owner === undefined)).toBe(true);
    const ofRoot = await listed('owner=ann-smith', 'root');
    expect(ofRoot.jobs.map(({ jobID }) => jobID)).toEqual(ofAnn.map(({ jobID }) => jobID));
    expect(new Set(ofRoot.jobs.map(({ owner }) => owner))).toEqual(new Set(['ann-smith']));
    expect((await listed('owner=me', 'root')).numberMatched).toBe(0);
    expect(await bed.status(job, 'of-root')).toMatchObject({ owner: 'ann-smith' });
    expect(await pageOf(`/jobs/${job}`, 'root')).toContain('ann-smith');
  });

  it('and pages offer only what one may do', async () => {
    expect(await pageOf('/processes/seen', 'ann')).toContain('data-form');
    expect(await pageOf('/processes/seen', 'reader')).not.toContain('data-form');
    const page = await pageOf(`/jobs/${job}`, 'ann');
    expect([page.includes('/dismissal'), page.includes('/logs')]).toEqual([true, true]);
  });

  it('are kept by no shared cache, and the API definition says who is asked', async () => {
    const response = await bed.get('/processes', 'of-ann');
    expect(response.headers.get('cache-control')).toMatch(/\bprivate\b/);
    expect(response.headers.get('vary')).toMatch(/(?=.*\bCookie\b).*\bAuthorization\b/);
    const tags = await Promise.all(
      ['ann', 'reader'].map(async (name) => (await bed.get('/processes', `of-${name}`)).headers.get('etag')),
    );
    expect(tags[0]).not.toBe(tags[1]);
    const { paths } = (await (await bed.get('/openapi', 'of-ann')).json()) as {
      paths: Record<string, Record<string, { security?: object[]; responses: object }>>;
    };
    expect(paths['/jobs']?.['get']?.security?.[0]).toEqual({ bearer: [] });
    expect(paths['/jobs']?.['get']?.security).not.toContainEqual({});
    expect(paths['/']?.['get']?.security).toContainEqual({});
    expect(Object.keys(paths['/processes/arcanum/execution']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['401', '403']),
    );
  });

  it('leave readiness to probes, its details to admins', async () => {
    const details = async (name: string) => (await (await bed.get('/health/ready', `of-${name}`)).json()) as object;
    expect((await bed.get('/health/ready', 'wrong')).status).toBe(200);
    expect(JSON.stringify(await details('root')).length).toBeGreaterThan(JSON.stringify(await details('ann')).length);
  });

  it('tell subscribers with signatures of their owner, whom /me tells the secret, and of nobody else', async () => {
    const secretOf = async (name: string) =>
      ((await (await bed.get('/me', `of-${name}`)).json()) as { subscriberSecret: string }).subscriberSecret;
    const secrets = { ann: await secretOf('ann'), bob: await secretOf('bob'), server: SECRET };
    expect(new Set(Object.values(secrets)).size).toBe(3);
    for (const name of ['ann', 'bob']) {
      const path = `/calls-of-${name}`;
      await bed.submit(
        'seen',
        { text: 'soon over' },
        { token: `of-${name}`, body: { subscriber: { successUri: receiver.url(path) } } },
      );
      const call = await eventually(`a call of ${name}`, () => receiver.at(path)[0]);
      const verifies = ([whose, secret]: [string, string]) => {
        try {
          new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
          return [whose];
        } catch {
          return [];
        }
      };
      expect(Object.entries(secrets).flatMap(verifies)).toEqual([name]);
    }
  });
});
