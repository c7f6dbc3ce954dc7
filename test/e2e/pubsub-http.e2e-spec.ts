import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { type CloudEvent, HTTP } from 'cloudevents';
import { readFile } from 'node:fs/promises';
import { Exposition } from '../support/exposition.js';
import { type ReceivedCall, Receiver } from '../support/receiver.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const PUBLIC_URL = 'https://processes.example/ogc';
const PASSWORD = 'hunter2-of-the-endpoint';

let receiver: Receiver;
let bed: TestBed;
beforeAll(async () => {
  receiver = await Receiver.start();
  const url = receiver.url('/hooks').replace('://', `://user:${PASSWORD}@`);
  bed = await TestBed.startProcess(
    {},
    {
      configuration: (text) =>
        text
          .replace('server:\n', `server:\n  url: ${PUBLIC_URL}\n`)
          .concat(`\npubsub:\n  name: HTTP\n  broker: { url: "${url}", channel: "a/b:c" }\n`),
    },
  );
  await eventually('the leader', () => bed.leads());
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await (receiver as Receiver | undefined)?.down();
});

/** What has been taken of a job, read by the official SDK. */
function eventsOf(jobId: string, calls: readonly ReceivedCall[] = receiver.calls): CloudEvent<StatusInfo>[] {
  return calls
    .map(({ headers, body }) => HTTP.toEvent<StatusInfo>({ headers, body }) as CloudEvent<StatusInfo>)
    .filter(({ data }) => data?.jobID === jobId);
}
const told = (jobId: string, end: string) =>
  eventually(
    `${end} of ${jobId} being told`,
    () => {
      const statuses = eventsOf(jobId).map(({ data }) => data?.status);
      return statuses.includes(end) && statuses;
    },
    150_000,
  );

describe('over HTTP, an endpoint', () => {
  it('is posted CloudEvents, each whole, at the address that pygeoapi makes of the channel', async () => {
    const jobId = await bed.submit('short');
    expect(await told(jobId, 'successful')).toEqual(['accepted', 'running', 'successful']);
    const calls = receiver.calls.filter(({ body }) => body.includes(jobId));
    for (const { path, headers } of calls)
      expect([path, headers['content-type'], headers.authorization]).toEqual([
        '/hooks/a-b-c-processes-short',
        'application/cloudevents+json',
        `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`,
      ]);
    for (const event of eventsOf(jobId)) {
      expect(event.validate()).toBe(true);
      expect(event).toMatchObject({ source: PUBLIC_URL, subject: 'a/b:c/processes/short' });
    }
  });

  it('that fails is told again, in the same order; what it refuses is dropped, and holds up nothing', async () => {
    const taken: ReceivedCall[] = [];
    let failures = 2;
    receiver.answer = (call, response) => {
      const { data } = JSON.parse(call.body) as { data: StatusInfo };
      failures -= 1;
      if (failures >= 0) return response.writeHead(503).end();
      if (data.status === 'running') return response.writeHead(413).end();
      taken.push(call);
      return response.writeHead(204).end();
    };
    const jobId = await bed.submit('short');
    expect((await bed.ended(jobId)).status).toBe('successful');
    await eventually(
      'the end being taken',
      () => eventsOf(jobId, taken).some(({ data }) => data?.status === 'successful'),
      150_000,
    );
    receiver.answer = (_call, response) => response.writeHead(204).end();
    expect(eventsOf(jobId, taken).map(({ data }) => data?.status)).toEqual(['accepted', 'successful']);
    expect((await Exposition.of(bed)).value('pubsub_messages_total{result="dropped"}')).toBe(1);
  });

  it('that never answers holds up no execution', async () => {
    receiver.answer = () => undefined;
    const answer = await bed.execute('instant');
    receiver.answer = (_call, response) => response.writeHead(204).end();
    expect([answer.status, await answer.text()]).toEqual([200, 'done']);
  });
});

describe('/asyncapi', () => {
  it('is valid AsyncAPI 3.0 by the official schema, and its events fit what it says of them', async () => {
    const response = await bed.get('/asyncapi');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/asyncapi+json']);
    const document = (await response.json()) as {
      channels: Record<string, unknown>;
      components: { messages: { jobStatus: { payload: object } } };
    };
    const schema = await readFile('node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json', 'utf8');
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(schema) as object);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document.channels['notify-short']).toMatchObject({ address: 'a-b-c-processes-short' });

    const jobId = await bed.submit('short');
    await told(jobId, 'successful');
    const fits = new Ajv({ validateFormats: false }).compile(document.components.messages.jobStatus.payload);
    for (const { body } of receiver.calls) {
      fits(JSON.parse(body));
      expect(fits.errors ?? []).toEqual([]);
    }
  });

  it('is there as a page, in the OpenAPI document, and linked from the landing page as pygeoapi links it', async () => {
    const page = await bed.get('/asyncapi?f=html');
    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      'text/html; charset=utf-8',
      expect.stringContaining('a-b-c-processes-short'),
    ]);
    expect((await bed.get('/asyncapi?f=yaml')).status).toBe(400);
    const { paths } = (await (await bed.get('/openapi')).json()) as { paths: Record<string, unknown> };
    expect(paths['/asyncapi']).toBeDefined();
    const { links } = (await (await bed.get('/')).json()) as { links: object[] };
    expect(links).toEqual(
      expect.arrayContaining([
        {
          rel: 'hub',
          type: 'application/json',
          title: 'Pub/Sub broker',
          href: receiver.url('/hooks'),
          channel: 'a/b:c',
        },
        expect.objectContaining({ rel: 'service-doc', type: 'text/html', href: `${PUBLIC_URL}/asyncapi?f=html` }),
        expect.objectContaining({
          rel: 'service-desc',
          type: 'application/asyncapi+json',
          href: `${PUBLIC_URL}/asyncapi?f=json`,
        }),
      ]),
    );
    const { conformsTo } = (await (await bed.get('/conformance')).json()) as { conformsTo: string[] };
    expect(conformsTo.filter((uri) => uri.includes('ogcapi-pubsub-1'))).toHaveLength(2);
  });
});
