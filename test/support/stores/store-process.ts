import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import type { RealStore, RealStoreKind } from './real-store.js';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const accessKey = 'test-access-key';
const secretKey = 'test-secret-key-0123456789';
const region = 'us-east-1';
/** Until it answers. A bound for what hangs: a machine may be busy. */
const patience = 120_000;

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** A store whose process is what `program` says. @param scheme that it speaks; of https any certificate will do */
export async function startStoreProcess(
  kind: Pick<RealStoreKind, 'name' | 'version' | 'keepsDataOnDisk'>,
  program: (port: number, credentials: Credentials) => Program | Promise<Program>,
  scheme: 'http' | 'https' = 'http',
): Promise<RealStore> {
  const port = await freePort();
  const { command, args, environment } = await program(port, { accessKey, secretKey, region });
  const endpoint = `${scheme}://127.0.0.1:${port}`;
  let output = '';
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const started = spawn(command, args, {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    started.unref();
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
    }
    const failed = new Promise<never>((_resolve, reject) => started.once('error', reject));
    await Promise.race([
      failed,
      answers(
        endpoint,
        () => running(started),
        () => `${kind.name} does not start:\n${output}`,
      ),
    ]);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!running(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  await start();
  return {
    ...{ name: kind.name, version: kind.version, keepsDataOnDisk: kind.keepsDataOnDisk },
    ...{ endpoint, accessKey, secretKey, region },
    get pid() {
      return child.pid ?? 0;
    },
    kill: () => end('SIGKILL'),
    restart: start,
    // Nothing here is worth a store's slow goodbye.
    stop: () => end('SIGKILL'),
  };
}

/** A port of 127.0.0.1 that nobody listened on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves at the store's first answer below 500. */
async function answers(endpoint: string, isRunning: () => boolean, fault: () => string): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const status = await statusOf(endpoint);
    if (status !== undefined && status < 500) return;
    if (!isRunning() || Date.now() > deadline) throw new Error(fault());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function statusOf(endpoint: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const done = (answer: IncomingMessage): void => {
      answer.resume();
      resolve(answer.statusCode);
    };
    const options = { agent: false, rejectUnauthorized: false };
    const asked = endpoint.startsWith('https:') ? httpsGet(endpoint, options, done) : httpGet(endpoint, options, done);
    asked.once('error', () => resolve(undefined));
  });
}

function running(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** For a JVM that serves one test. */
export const smallJava = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
