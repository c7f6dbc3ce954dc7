import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './wait.js';
import { freePort } from './free-port.js';

/** Debian's packages mosquitto and mosquitto-clients. */
export const hasMosquitto =
  spawnSync('mosquitto', ['-h']).error === undefined && spawnSync('mosquitto_sub', ['--help']).error === undefined;

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * A real broker on a free port of loopback, with one user, which can be away for a while: whoever subscribed durably is
 * sent what came meanwhile.
 */
export class Mosquitto {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    readonly user: string,
    private readonly password: string,
  ) {}

  /** @param tls whether it takes nothing but TLS */
  static async start(user: string, password: string, tls?: TlsFiles): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
    const passwords = join(folder, 'passwords');
    spawnSync('mosquitto_passwd', ['-b', '-c', passwords, user, password]);
    const broker = new Mosquitto(folder, await freePort(), user, password);
    const lines = [
      `listener ${broker.port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      'persistence true',
      `persistence_location ${folder}/`,
      // Started by root it would become a user who may not read the folder.
      'user root',
      ...(tls ? [`certfile ${tls.cert}`, `keyfile ${tls.key}`] : []),
    ];
    await writeFile(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
    await broker.up();
    return broker;
  }

  async up(): Promise<void> {
    if (this.process) return;
    this.process = spawn('mosquitto', ['-c', join(this.folder, 'mosquitto.conf')], { stdio: 'ignore' });
    await eventually('mosquitto listening', () => reach(this.port), 30_000);
  }

  async down(): Promise<void> {
    const { process } = this;
    if (!process) return;
    this.process = undefined;
    const exited = once(process, 'exit');
    process.kill('SIGTERM');
    await exited;
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Whoever subscribes, by the broker's own client. */
  async subscribe(topic: string, more: readonly string[] = []): Promise<MosquittoSubscriber> {
    const login = ['-h', '127.0.0.1', '-p', `${this.port}`, '-u', this.user, '-P', this.password];
    return MosquittoSubscriber.start([...login, '-t', topic, '-q', '1', ...more]);
  }
}

/** What `mosquitto_sub` is sent. */
export class MosquittoSubscriber {
  /** Each a topic, its QoS, whether it was retained, and the payload. */
  readonly messages: { topic: string; qos: number; retain: number; payload: string }[] = [];

  private constructor(private readonly process: ChildProcess) {}

  /** Resolves once the broker has noted the subscription. */
  static async start(args: readonly string[]): Promise<MosquittoSubscriber> {
    // Line by line, for it would keep what it says of the subscription until a message comes.
    const process = spawn('stdbuf', ['-oL', 'mosquitto_sub', '-d', '-F', '%j', ...args]);
    process.unref();
    const subscriber = new MosquittoSubscriber(process);
    let output = '';
    let isSubscribed = false;
    process.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const lines = output.split('\n');
      output = lines.pop() ?? '';
      isSubscribed ||= lines.some((line) => line.startsWith('Subscribed'));
      for (const line of lines.filter((found) => found.startsWith('{')))
        subscriber.messages.push(JSON.parse(line) as MosquittoSubscriber['messages'][number]);
    });
    try {
      await eventually('the subscription', () => isSubscribed, 30_000);
      return subscriber;
    } catch (error) {
      await subscriber.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill();
    await exited;
  }
}

async function reach(port: number): Promise<true> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
