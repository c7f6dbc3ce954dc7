import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isInstalled, type ProxyKind, proxyKinds, PUBLIC_HOST, RunningProxy } from '../proxies/proxies.js';
import { projectFolder } from '../support/child.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { hrefs } from '../support/http.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Longer than the proxies of this test wait (3 s); without any limit, and within one that they allow. */
const PROCESSES = `
  waits-too-long:
    type: process
    processor: &quiet
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      sync_max_wait: 600
      mimetype: text/plain
      metadata: { jobControlOptions: [sync-execute, async-execute] }
      command: [sh, -c, 'echo "a line"; sleep 5; echo "another"; sleep 5; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
  waits-in-time:
    type: process
    processor:
      <<: *quiet
      sync_max_wait: null
`;

let bed: TestBed;
let upstream: CuttingProxy;
beforeAll(async () => {
  bed = await TestBed.startProcess(
    {
      TRUST_PROXY: '127.0.0.1',
      SCRIPT_NAME: '/kept',
      SYNC_MAX_WAIT: '1',
      FOLLOW_MAX_SILENCE: '1',
      MAX_REQUEST_BYTES: '10485760',
    },
    // What the server does not compress the proxies do.
    { configuration: (text) => text.replace(/^server:\n/m, (line) => `${line}  gzip: false\n`) + PROCESSES },
  );
  upstream = await CuttingProxy.before(bed.url, []);
});
afterAll(async () => {
  await (upstream as CuttingProxy | undefined)?.stop();
  await (bed as TestBed | undefined)?.stop();
});

interface Answer {
  readonly status?: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** What a browser would send to the public address. */
class PublicClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(private readonly proxy: RunningProxy) {}

  get address(): string {
    return `https://${PUBLIC_HOST}:${this.proxy.port}`;
  }

  send(
    path: string,
    {
      method = 'GET',
      headers = {},
      body = '',
      onText,
    }: { method?: string; headers?: object; body?: string; onText?: (text: string) => void } = {},
  ) {
    return new Promise<Answer>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.proxy.port,
          servername: PUBLIC_HOST,
          ca: this.proxy.certificate,
          agent: this.agent,
          path,
          method,
          headers: {
            host: `${PUBLIC_HOST}:${this.proxy.port}`,
            ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
            ...headers,
          },
        },
        (answer) => {
          if (onText) answer.on('data', (chunk) => onText(String(chunk)));
          const whole = buffer(answer).then((bytes) => ({
            status: answer.statusCode,
            headers: answer.headers,
            text: bytes.toString(),
          }));
          whole.then(resolve, reject);
        },
      );
      sent.on('error', reject).end(body);
    });
  }

  execute(process: string, headers: object = {}, inputs: object = {}, path = ''): Promise<Answer> {
    const body = JSON.stringify({ inputs });
    return this.send(`${path}/processes/${process}/execution`, { method: 'POST', headers, body });
  }

  stop(): void {
    this.agent.destroy();
  }
}

const suites = proxyKinds.map((kind) => {
  const skipped = isInstalled(kind) ? '' : ` (skipped: no ${kind.version[0]} in the PATH)`;
  return [kind.name, skipped, kind] as const;
});

describe.each(suites)('behind %s, as the page says%s', (_name, _skipped, kind: ProxyKind) => {
  const test = isInstalled(kind) ? it : it.skip;
  let proxy: RunningProxy;
  let client: PublicClient;
  beforeAll(async () => {
    if (!isInstalled(kind)) return;
    proxy = await RunningProxy.start(kind, upstream.url);
    client = new PublicClient(proxy);
    await eventually(`${kind.name} before the server`, async () => {
      if (proxy.hasEnded) throw new Error(proxy.output);
      return (await client.send('/health/live')).status === 200;
    });
  });
  afterAll(async () => {
    (client as PublicClient | undefined)?.stop();
    await (proxy as RunningProxy | undefined)?.stop();
  });

  test('links name the public address, with a path that is kept and one that is taken off, whatever a client claims', async () => {
    const claims = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-prefix': '/evil',
    };
    for (const [path, prefix] of [
      ['', '/kept'],
      ['/kept', '/kept'],
      ['/ogc', '/ogc'],
    ] as const) {
      for (const headers of [{}, claims]) {
        const { text } = await client.send(`${path}/processes`, { headers });
        const links = hrefs(JSON.parse(text)).filter((href) => !href.startsWith('https://ogcapi'));
        expect(links.length).toBeGreaterThan(3);
        expect(links.filter((href) => !href.startsWith(`${client.address}${prefix}/`))).toEqual([]);
      }
      const made = await client.execute('hello', { prefer: 'respond-async' }, { name: 'x' }, path);
      expect([made.status, made.headers['location']]).toEqual([
        201,
        expect.stringMatching(new RegExp(`^${client.address}${prefix}/jobs/[-0-9a-f]{36}$`)),
      ]);
    }
  });

  test('a synchronous request that takes longer than the proxy waits is answered with its job', async () => {
    const { status, headers } = await client.execute('waits-in-time');
    expect([status, headers['location']]).toEqual([201, expect.stringContaining(`${client.address}/kept/jobs/`)]);
  });

  (kind.cut === undefined ? it.skip : test)(
    'one that waits without a limit is cut, so the time-out is what is proven',
    async () => {
      const { status, headers } = await client.execute('waits-too-long');
      expect([status, headers['location']]).toEqual([kind.cut, undefined]);
    },
  );

  test('large requests reach the server, whose limit is the one that counts', async () => {
    const inputs = (mebibytes: number) => ({ name: 'x'.repeat(mebibytes * 1024 ** 2) });
    const problem = async (mebibytes: number) => {
      const { status, headers, text } = await client.execute('hello', {}, inputs(mebibytes));
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      return [status, (JSON.parse(text) as { detail: string }).detail];
    };
    expect(await problem(5)).toEqual([413, expect.stringContaining('reach the container')]);
    expect(await problem(10.5)).toEqual([413, expect.not.stringContaining('reach the container')]);
  });

  test('the followed log of a quiet job comes line by line, outlives the proxy’s time-out, and goes on to the end of the job', async () => {
    const made = await client.execute('waits-in-time', { prefer: 'respond-async' });
    const { jobID } = JSON.parse(made.text) as { jobID: string };
    const events = client.send(`/jobs/${jobID}/logs`, { headers: { accept: 'text/event-stream' } });
    const helper = followWithHelper(client, proxy, jobID);
    await eventually('the first line at the client', () => helper.printed().includes('a line\n'));
    expect((await bed.status(jobID)).status).toBe('running');
    const { status, text } = await events;
    expect([status, text.match(/(?<=^data: ).*$/gm)?.slice(2)]).toEqual([
      200,
      ['a line', 'another', 'PYGEOAPI_K8S_MANAGER_RESULT_START', 'done', 'successful'],
    ]);
    expect(await helper.ended).toBe(0);
    expect(helper.printed()).toBe(await bed.log(jobID));
  });

  test('events of a job come as they happen, and outlive the proxy’s time-out', async () => {
    const made = await client.execute('waits-in-time', { prefer: 'respond-async' });
    const { jobID } = JSON.parse(made.text) as { jobID: string };
    let came = '';
    const events = client.send(`/jobs/${jobID}/events`, {
      headers: { accept: 'text/event-stream' },
      onText: (text) => (came += text),
    });
    await eventually('that it runs at the client', () => came.includes('"status":"running"'));
    expect((await bed.status(jobID)).status).toBe('running');
    const { status, text } = await events;
    expect(status).toBe(200);
    expect(text).toMatch(/^: .*$/m);
    expect(text).toMatch(/"status":"successful".*\n\nevent: end\nid: end\ndata: \{\}\n\n$/);
  });

  test('a document that the proxy has compressed, and marked, revalidates', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const { headers: found } = await client.send('/processes', { headers });
    expect([found['content-encoding'], found['etag']]).toEqual(['gzip', expect.stringMatching(kind.marked)]);
    const again = await client.send('/processes', { headers: { ...headers, 'if-none-match': found['etag'] } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('connections to the server are kept', async () => {
    const before = upstream.connections;
    for (let index = 0; index < 20; index += 1) expect((await client.send('/health/live')).status).toBe(200);
    expect(upstream.connections - before).toBeLessThan(10);
  });
});

/** The helper of the examples, which finds the public name at the proxy, and trusts its certificate. */
function followWithHelper(client: PublicClient, proxy: RunningProxy, jobId: string) {
  const names = join(bed.cluster.folder, 'names.mjs');
  const authority = join(bed.cluster.folder, `${proxy.port}.crt`);
  let printed = '';
  const begin = async () => {
    await writeFile(authority, proxy.certificate);
    await writeFile(
      names,
      `import dns from 'node:dns';
const found = (name, options, done) => done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
dns.lookup = (name, options, done) => found(name, options, done ?? options);`,
    );
    const script = 'examples/follow-log/follow-log.mjs';
    const child = spawn(process.execPath, ['--import', names, script, `${client.address}/jobs/${jobId}`], {
      cwd: projectFolder,
      env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: authority },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const [code] = (await once(child, 'close')) as [number];
    return code;
  };
  return { ended: begin(), printed: () => printed };
}
