import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { projectFolder } from '../support/child.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** How often a server is started and stopped; `ORDERLY_ENDS` says otherwise. */
const STOPS = Number(process.env['ORDERLY_ENDS'] ?? 4);
/** As the first process of a namespace, as a container's is. */
const STOPS_AS_FIRST = Math.min(STOPS, 10);
/** Far longer than any stop takes: what is there then never ends. */
const NEVER = 120_000;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

/** Programs that a server is started by, before Node. */
type Prefix = readonly string[];
const FIRST_PROCESS: Prefix = ['unshare', '--pid', '--fork', '--mount-proc'];

interface Server {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Of the server itself, which a prefix may have started. */
  readonly pid: number;
}

async function start(prefix: Prefix, options: Prefix = []): Promise<Server> {
  const command = [...prefix, process.execPath, ...options, 'dist/main.js', '--cluster', 'kubeconfig', '--port', '0'];
  const [program = '', ...args] = [...command, ...bed.store.args];
  const child = spawn(program, args, {
    cwd: projectFolder,
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      KUBECONFIG: bed.cluster.kubeconfig,
      PYGEOAPI_K8S_MANAGER_NAMESPACE: bed.cluster.namespace,
      PYGEOAPI_CONFIG: 'test/fixtures/e2e-config.yaml',
      ...bed.store.environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  await eventually('the server', () => /^listening on /m.test(output) || child.exitCode !== null, 120_000);
  const pid = child.pid ?? 0;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return { child, output: () => output, pid: prefix.length > 0 ? Number(children.trim()) : pid };
}

/** Asks a server to end. @returns its exit status; `hung` where it never ends */
async function end({ child, pid }: Server): Promise<number | string | null> {
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  process.kill(pid, 'SIGTERM');
  const gaveUp = new AbortController();
  const status = await Promise.race([ended, delay(NEVER, 'hung', { signal: gaveUp.signal }).catch(() => null)]);
  gaveUp.abort();
  if (status === 'hung') process.kill(pid, 'SIGKILL');
  return status;
}

/** @returns how often servers ended with each status, at most three at a time */
async function stop(times: number, prefix: Prefix = []): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  let left = times;
  const several = Array.from({ length: Math.min(3, times) }, async () => {
    while (left-- > 0) {
      const status = String(await end(await start(prefix)));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  await Promise.all(several);
  return statuses;
}

const report = (text: string): void => void process.stdout.write(`${text}\n`);

/** `unshare` makes namespaces only for root, and not in every container. */
const mayUnshare = await promisify(execFile)('unshare', [...FIRST_PROCESS.slice(1), 'true']).then(
  () => true,
  () => false,
);

describe('a server that is asked to end', () => {
  it(`ends with status 0 each time (${STOPS})`, async () => {
    const statuses = await stop(STOPS);
    report(`${STOPS} stops, ${statuses['hung'] ?? 0} hung`);
    expect(statuses).toEqual({ 0: STOPS });
  }, 1_800_000);

  it('ends with status 0 where the end of Node itself never comes', async () => {
    // As V8's threads do at times, what Node runs at its end waits for what does not happen.
    const hang = 'process.on("exit", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));';
    const server = await start([], ['--import', `data:text/javascript,${encodeURIComponent(hang)}`]);
    expect(await end(server)).toBe(0);
    expect(server.output()).not.toContain('ExperimentalWarning');
  });

  (mayUnshare ? it : it.skip)(
    `does so as the first process of its namespace (${STOPS_AS_FIRST})`,
    async () => {
      const statuses = await stop(STOPS_AS_FIRST, FIRST_PROCESS);
      report(`${STOPS_AS_FIRST} stops as PID 1, ${statuses['hung'] ?? 0} hung`);
      expect(statuses).toEqual({ 0: STOPS_AS_FIRST });
    },
    900_000,
  );
});

describe('a server that cannot start', () => {
  it('ends with status 1, and says why', async () => {
    const child = spawn(process.execPath, ['dist/main.js', '--no-such-flag'], { cwd: projectFolder });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const [code] = await once(child, 'close');
    expect([code, said]).toEqual([1, expect.stringContaining('--no-such-flag')]);
  });
});
