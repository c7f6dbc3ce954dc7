import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { TestCluster } from '../support/cluster.js';
import { Exposition } from '../support/exposition.js';
import { hasMosquitto, Mosquitto, type MosquittoSubscriber } from '../support/mosquitto.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const URL = 'https://processes.example/ogc';
const PASSWORD = 'hunter2-of-the-broker';
const SECRET = 'hunter2-of-the-request';

/** What the configuration of the suites has beside the broker's section. */
const withBroker = (url: string) => (text: string) =>
  text
    .replace('server:\n', `server:\n  url: ${URL}\n`)
    .concat(`\npubsub:\n  name: MQTT\n  broker:\n    url: ${url}\n    channel: my/channel\n`);

type Event = CloudEvent<StatusInfo>;

/** The events of a job, in the order in which they came, by the official SDK, which refuses what is none. */
function eventsOf({ messages }: MosquittoSubscriber, jobId: string): Event[] {
  return messages
    .map(({ payload }) => new CloudEvent(JSON.parse(payload) as Partial<Event>))
    .filter(({ data }) => data?.jobID === jobId);
}
const statusesOf = (subscriber: MosquittoSubscriber, jobId: string) =>
  eventsOf(subscriber, jobId).map(({ data }) => data?.status);
const endOf = (subscriber: MosquittoSubscriber, jobId: string) =>
  eventually(
    `the end of ${jobId} being told`,
    () => {
      const statuses = statusesOf(subscriber, jobId);
      if (statuses.some((status) => ['successful', 'failed', 'dismissed'].includes(status ?? ''))) return statuses;
      throw new Error(JSON.stringify(statuses));
    },
    120_000,
  );

const described = hasMosquitto ? describe : describe.skip;
if (!hasMosquitto) console.warn('MQTT is not tried: mosquitto and mosquitto-clients are not installed.');

described('over MQTT, to mosquitto', () => {
  let broker: Mosquitto;
  let bed: TestBed;
  let subscriber: MosquittoSubscriber;
  beforeAll(async () => {
    broker = await Mosquitto.start('everyone', PASSWORD);
    bed = await TestBed.startProcess(
      { BROKER_PASSWORD: PASSWORD },
      { configuration: withBroker(`mqtt://everyone:\${BROKER_PASSWORD}@127.0.0.1:${broker.port}`) },
    );
    await eventually('the leader', () => bed.leads());
    subscriber = await broker.subscribe('my/channel/#', ['-i', 'suite', '-c']);
  });
  afterAll(async () => {
    await (subscriber as MosquittoSubscriber | undefined)?.stop();
    await (bed as TestBed | undefined)?.stop();
    await (broker as Mosquitto | undefined)?.stop();
  });

  it('is told of an execution as pygeoapi tells of it, and then how the job goes', async () => {
    const jobId = await bed.submit('short', {});
    expect(await endOf(subscriber, jobId)).toEqual(['accepted', 'running', 'successful']);
    const events = eventsOf(subscriber, jobId);
    for (const event of events) expect(event.validate()).toBe(true);
    const { created } = await bed.status(jobId);
    const [execution, ...updates] = events;
    expect(execution).toMatchObject({
      specversion: '1.0',
      type: 'org.ogc.api.job.result',
      source: URL,
      subject: 'my/channel/processes/short',
      time: created,
      datacontenttype: 'application/json',
      data: { jobID: jobId, type: 'process', status: 'accepted', processID: 'short' },
    });
    expect(updates.map(({ type, subject }) => [type, subject])).toEqual(
      ['running', 'successful'].map(() => ['org.ogc.api.job.update', 'my/channel/processes/short']),
    );
    expect(updates[1]?.data?.links).toContainEqual(
      expect.objectContaining({ href: `${URL}/jobs/${jobId}/results`, rel: expect.stringMatching(/results$/) }),
    );
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    const messages = subscriber.messages.filter(({ payload }) => payload.includes(jobId));
    expect(messages.map(({ topic, qos, retain }) => ({ topic, qos, retain }))).toEqual(
      messages.map(() => ({ topic: 'my/channel/processes/short', qos: 1, retain: 0 })),
    );
  });

  it('is told of a failure and of a dismissal, but nothing that request or job said', async () => {
    const failing = await bed.submit('hello-failing', { name: SECRET });
    expect((await endOf(subscriber, failing)).at(-1)).toBe('failed');
    const dismissed = await bed.submit('short', {});
    await bed.until(dismissed, 'running');
    await bed.delete(`/jobs/${dismissed}`);
    expect((await endOf(subscriber, dismissed)).at(-1)).toBe('dismissed');
    const told = JSON.stringify(subscriber.messages);
    for (const text of [SECRET, 'because of a reason', 'about to fail']) expect(told).not.toContain(text);
  });

  it('is told everything once where there are several replicas', async () => {
    const replica = await bed.startReplica();
    const jobs = await Promise.all([bed, replica, bed, replica].map((server) => server.submit('short', {})));
    for (const jobId of jobs) expect(await endOf(subscriber, jobId)).toEqual(['accepted', 'running', 'successful']);
    expect((await replica.readiness()).checks['pubsub']).toEqual({ status: 'ok', detail: 'another replica publishes' });
    await replica.process.end();
  });

  it('holds up no execution while it is away, and is told all of it afterwards, in its order', async () => {
    const before = (await bed.output()).split('takes no messages').length;
    await broker.down();
    const readiness = await eventually('readiness saying so', async () => {
      const found = await bed.readiness();
      return found.checks['pubsub']?.status === 'degraded' && found;
    });
    expect(readiness).toMatchObject({ code: 200, status: 'degraded' });
    const jobs = [await bed.submit('short', {}), await bed.submit('hello-failing', { name: 'x' })];
    const answer = await bed.execute('instant');
    expect([answer.status, await answer.text()]).toEqual([200, 'done']);
    const statuses = await Promise.all(jobs.map((jobId) => bed.ended(jobId)));
    expect(statuses.map(({ status }) => status)).toEqual(['successful', 'failed']);
    expect((await bed.output()).split('takes no messages').length).toBe(before + 1);

    await broker.up();
    expect(await endOf(subscriber, jobs[0] ?? '')).toEqual(['accepted', 'running', 'successful']);
    const [first, ...others] = await endOf(subscriber, jobs[1] ?? '');
    expect([first, others.at(-1)]).toEqual(['accepted', 'failed']);
    await eventually('readiness being well', async () => (await bed.readiness()).checks['pubsub']?.status === 'ok');
    const metrics = await Exposition.of(bed);
    expect(metrics.value('pubsub_messages_total{result="published"}')).toBeGreaterThan(6);
    expect(metrics.value('pubsub_messages_total{result="dropped"}')).toBe(0);
  });

  it('has its password shown nowhere', async () => {
    const texts = await Promise.all(
      ['/', '/?f=html', '/asyncapi', '/asyncapi?f=html', '/openapi', '/metrics'].map(async (path) =>
        (await bed.get(path)).text(),
      ),
    );
    expect(texts[0]).toContain(`mqtt://127.0.0.1:${broker.port}`);
    for (const text of [...texts, JSON.stringify(await bed.readiness()), await bed.output()])
      expect(text).not.toContain(PASSWORD);
  });
});

described('a broker that takes no connection', () => {
  it('is said in words, and its server executes all the same', async () => {
    const broker = await Mosquitto.start('everyone', PASSWORD);
    const bed = await TestBed.startProcess(
      { PUBSUB_BROKER_PASSWORD: 'wrong-password' },
      { configuration: withBroker(`mqtt://everyone@127.0.0.1:${broker.port}`) },
    );
    try {
      const { code, checks } = await eventually('readiness saying so', async () => {
        const found = await bed.readiness();
        return found.checks['pubsub']?.status === 'degraded' && found;
      });
      expect([code, checks['pubsub']?.detail]).toEqual([200, expect.stringMatching(/it (refuses|does not authorize)/)]);
      expect((await bed.execute('instant')).status).toBe(200);
      expect(await bed.output()).not.toContain('wrong-password');
    } finally {
      await bed.stop();
      await broker.stop();
    }
  });

  it('is one whose certificate is not known; one that is is told over TLS', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'broker' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    const bed = await TestBed.around(await TestCluster.start());
    const files = { cert: join(bed.cluster.folder, 'broker.pem'), key: join(bed.cluster.folder, 'broker.key') };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    const broker = await Mosquitto.start('everyone', PASSWORD, files);
    const configuration = join(bed.cluster.folder, 'tls.yaml');
    try {
      const text = await readFile('test/fixtures/e2e-config.yaml', 'utf8');
      await writeFile(configuration, withBroker(`mqtts://everyone:${PASSWORD}@127.0.0.1:${broker.port}`)(text));
      const doubtful = await bed.startReplica({ PYGEOAPI_CONFIG: configuration });
      const unknown = await eventually('readiness saying so', async () => {
        const { pubsub } = (await doubtful.readiness()).checks;
        return pubsub?.status === 'degraded' && pubsub.detail;
      });
      expect(unknown).toContain('certificate not accepted');
      await doubtful.process.end();
      const trusting = await bed.startReplica({ PYGEOAPI_CONFIG: configuration, NODE_EXTRA_CA_CERTS: files.cert });
      const subscriber = await broker.subscribe('my/channel/#', ['--cafile', files.cert]);
      const jobId = await trusting.submit('instant');
      expect((await endOf(subscriber, jobId)).at(-1)).toBe('successful');
      await subscriber.stop();
    } finally {
      await bed.stop();
      await broker.stop();
    }
  });
});
