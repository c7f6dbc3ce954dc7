import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { documented, type DocumentedProxy } from './documented.js';
import { freePort } from '../support/free-port.js';

export const PUBLIC_HOST = 'processes.example.org';
/** The one that the page has, and one that a test can outlast, seconds. */
const TIME_OUT = { documented: 75, tried: 3 };

interface Surroundings {
  readonly folder: string;
  readonly port: number;
}

export interface ProxyKind {
  readonly name: string;
  /** Heading and language of its blocks in the page. */
  readonly section: readonly [heading: string, language: string];
  /** Its program, and what makes it tell its version. */
  readonly version: readonly [program: string, ...args: string[]];
  /** What it says of a request that it cuts, where it cuts any. */
  readonly cut?: number;
  /** How it marks the tag of a document that it compresses. */
  readonly marked: RegExp;
  /** The configuration with what is shown for a path, and with compression. */
  combine(shown: DocumentedProxy): string;
  /** Beside what is shown, what makes it run as one process in a folder. */
  surround(configuration: string, surroundings: Surroundings): string;
  run(file: string, folder: string): readonly [program: string, ...args: string[]];
}

const beforeLast = (text: string, mark: string, added: string) => {
  const at = text.lastIndexOf(mark);
  return `${text.slice(0, at)}${added}\n${text.slice(at)}`;
};

const nginx: ProxyKind = {
  name: 'nginx',
  section: ['nginx', 'nginx'],
  version: ['nginx', '-v'],
  cut: 504,
  marked: /^W\/"[^"]+"$/,
  combine: ({ whole, beneathPath }) =>
    beforeLast(whole, '}', `${beneathPath}\ngzip on; gzip_proxied any; gzip_types application/json;`),
  surround: (configuration, { folder }) => `
    daemon off; user root; worker_processes 1; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      ${configuration}
    }`,
  run: (file, folder) => ['nginx', '-p', folder, '-c', file, '-e', 'stderr'],
};

const haproxy: ProxyKind = {
  name: 'HAProxy',
  section: ['HAProxy', 'haproxy'],
  version: ['haproxy', '-v'],
  cut: 504,
  marked: /^W\/"[^"]+"$/,
  combine: ({ whole, beneathPath }) =>
    whole.replace(
      '  default_backend',
      `${beneathPath}  compression algo gzip\n  compression type application/json\n$&`,
    ),
  surround: (configuration) => configuration,
  run: (file) => ['haproxy', '-db', '-f', file],
};

const apacheModules = [
  'mpm_event',
  'authz_core',
  'proxy',
  'proxy_http',
  'headers',
  'ssl',
  'filter',
  'deflate',
  'socache_shmcb',
];
const apache: ProxyKind = {
  name: 'Apache',
  section: ['Apache', 'apache'],
  version: ['apache2', '-v'],
  cut: 502,
  marked: /^W\/"[^"]+-gzip"$/,
  combine: ({ whole, beneathPath }) =>
    whole.replace('  ProxyPass', `${beneathPath}$&`).replace('</VirtualHost>', 'SetOutputFilter DEFLATE\n$&'),
  surround: (configuration, { folder, port }) => `
ServerRoot ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
ServerName localhost
${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
Listen 127.0.0.1:${port}
DefaultRuntimeDir ${folder}
${configuration}`,
  run: (file) => ['apache2', '-f', file, '-DFOREGROUND'],
};

const caddy: ProxyKind = {
  name: 'Caddy',
  section: ['Caddy', 'caddy'],
  version: ['caddy', 'version'],
  marked: /^W\/"[^"]+"$/,
  combine: ({ whole, beneathPath }) => whole.replace('  reverse_proxy', `  encode gzip\n${beneathPath}$&`),
  surround: (configuration) => `{
  admin off
  auto_https disable_redirects
  skip_install_trust
}
${configuration}`,
  run: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file],
};

export const proxyKinds: readonly ProxyKind[] = [nginx, haproxy, apache, caddy];

export const isInstalled = ({ version: [program, ...args] }: ProxyKind): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** A proxy as the page shows it, with ports, certificate and time-outs of this test. */
export class RunningProxy {
  output = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly port: number,
    readonly certificate: string,
  ) {
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** @param upstream address of what it is before */
  static async start(kind: ProxyKind, upstream: string): Promise<RunningProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
    const port = await freePort();
    const { cert, private: key } = await generate([{ name: 'commonName', value: PUBLIC_HOST }], {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: PUBLIC_HOST }] }],
    });
    await writeFile(join(folder, 'processes.crt'), cert);
    await writeFile(join(folder, 'processes.key'), key);
    await writeFile(join(folder, 'processes.pem'), `${cert}\n${key}\n`);
    const configuration = kind
      .combine(documented(...kind.section))
      .replaceAll('k8s-job-manager:8080', new URL(upstream).host)
      .replaceAll('/etc/ssl', folder)
      .replace(/listen 443|bind :443|\*:443/, (place) =>
        place.replace('443', `127.0.0.1:${port}`).replace(/[:*]+(?=127)/, ''),
      )
      .replace(/^processes\.example\.org(?= \{)/m, `${PUBLIC_HOST}:${port}`)
      .replaceAll(new RegExp(`\\b${TIME_OUT.documented}(?=s?\\b)`, 'g'), String(TIME_OUT.tried));
    const file = join(folder, 'configuration');
    await writeFile(file, kind.surround(configuration, { folder, port }));
    const [program, ...args] = kind.run(file, folder);
    const child = spawn(program, args, { env: { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder } });
    return new RunningProxy(child, folder, port, cert);
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null;
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
