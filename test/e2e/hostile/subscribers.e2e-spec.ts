import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { HostileBed } from '../../support/hostile-bed.js';
import { Receiver } from '../../support/receiver.js';
import type { StatusInfo } from '../../support/test-bed.js';
import { eventually } from '../../support/wait.js';

/** More than the server calls at the same time, and more of them by far than it calls of one host. */
const JOBS = 70;
const CALLS_PER_HOST = 4;

/** Takes connections, and never says anything. */
class SilentServer {
  readonly open = new Set<Socket>();
  mostOpen = 0;
  private readonly server: Server = createServer((socket) => {
    this.open.add(socket);
    this.mostOpen = Math.max(this.mostOpen, this.open.size);
    socket.on('error', () => undefined).on('close', () => this.open.delete(socket));
    socket.resume();
  });

  /** On another loopback address than those who answer: another host. */
  readonly host = '127.0.0.2';

  async start(): Promise<void> {
    await once(this.server.listen(0, this.host), 'listening');
  }

  get url(): string {
    return `http://${this.host}:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a subscriber that takes messages and never answers', () => {
  const silent = new SilentServer();
  let receiver: Receiver;
  let hostile: HostileBed;
  beforeAll(async () => {
    await silent.start();
    receiver = await Receiver.start();
    hostile = await HostileBed.start({ SUBSCRIBER_ALLOWED_HOSTS: `${silent.host},${receiver.host}` });
  });
  afterAll(async () => {
    await (hostile as HostileBed | undefined)?.bed.stop();
    await (receiver as Receiver | undefined)?.down();
    await silent.stop();
  });

  const submit = (successUri: string) =>
    hostile.bed.submit('hello', { name: 'x' }, { body: { subscriber: { successUri } } });

  it('keeps few connections, and no message from others, while it is called', async () => {
    const { bed } = hostile;
    await hostile.stayingAlive(async () => {
      const jobs: string[] = [];
      for (let n = 0; n < JOBS; n += 1) jobs.push(await submit(silent.url));
      for (const job of jobs) expect((await bed.ended(job)).status).toBe('successful');
      await eventually('a call of the silent one', async () => silent.open.size > 0);
      const others: string[] = [];
      for (let n = 0; n < 5; n += 1) others.push(await submit(receiver.url(`/${n}`)));
      await eventually('the messages to the other', async () => receiver.calls.length === others.length);
      expect(silent.mostOpen).toBeLessThanOrEqual(CALLS_PER_HOST);
      const { subscriber } = (await bed.status(jobs[0] ?? '')) as StatusInfo & { subscriber?: { status: string }[] };
      expect(['waiting', 'pending']).toContain(subscriber?.[0]?.status);
    });
  });
});
