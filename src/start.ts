import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { describeSurroundings, listen } from './app.js';
import { COMMAND_LINE, helpText, readCommandLine } from './config/command-line.js';
import type { ConfigurationOptions } from './config/config.module.js';
import { Configuration } from './config/configuration.js';
import { ConfigurationError, type ConfigurationFault } from './config/configuration-error.js';
import { diagnose, type Mistake } from './commands/diagnosis.js';
import { ClusterConnectionError } from './k8s/connection/cluster-connection-error.js';
import { endProcess } from './commands/end-process.js';
import { RELEASE_PODS, runReleasePods } from './commands/release-pods.js';
import { LOGIN, runLogin } from './commands/login.js';
import { runToken, TOKEN } from './commands/token.js';
import { createServer } from './server.js';
import { version } from './http/version.js';

/** Starts the server; prints what it stands on, and one line `listening on http://HOST:PORT` when it is ready. */
async function main(): Promise<void> {
  if (process.argv[2] === RELEASE_PODS) {
    return endProcess(await runReleasePods(process.argv.slice(3), print));
  }
  if (process.argv[2] === TOKEN) return endProcess(await runToken(process.argv.slice(3), print));
  if (process.argv[2] === LOGIN) return endProcess(await runLogin(process.argv.slice(3), { print, say }));
  const { help, version: askedVersion, overrides, faults } = readCommandLine(process.argv.slice(2));
  if (help) return print(helpText());
  if (askedVersion) return print(version);
  const options = { overrides, environment: process.env };
  const starting = faults.length > 0 ? refuse(faults) : createServer(options);
  const shutdown = new Shutdown(starting, options);
  try {
    const app = await starting;
    describeSurroundings(app).forEach(print);
    print(`listening on ${await listen(app)}`);
  } catch (error) {
    if (!shutdown.isUnderWay) await shutdown.afterFailure(error);
  }
}

async function refuse(faults: readonly ConfigurationFault[]): Promise<never> {
  throw new ConfigurationError(COMMAND_LINE, faults);
}

/** How long clients may take to read their last answers once the server listens no more, milliseconds: with the delay before that less than the 30 seconds that Kubernetes waits before it kills. */
const PATIENCE = 10_000;

/** Shuts down in order and ends with code 0, as whoever stops a server expects, also while it starts; a second signal ends it at once. */
class Shutdown {
  isUnderWay = false;

  constructor(
    private readonly starting: Promise<NestFastifyApplication>,
    private readonly options: ConfigurationOptions,
  ) {
    process.on('SIGTERM', () => this.onSignal());
    process.on('SIGINT', () => this.onSignal());
  }

  /** What has been started is stopped: the embedded cluster, the leader's lease. Of a wrong configuration all faults are told. */
  async afterFailure(error: unknown): Promise<never> {
    this.isUnderWay = true;
    const said = isMistake(error) ? await diagnose(this.options, error).catch(() => describe(error)) : describe(error);
    process.stderr.write(`${said}\n`);
    await this.close().catch(() => undefined);
    return endProcess(1);
  }

  private onSignal(): void {
    if (this.isUnderWay) return void endProcess(1);
    this.isUnderWay = true;
    this.close().then(
      () => endProcess(0),
      (error: unknown) => {
        process.stderr.write(`${describe(error)}\n`);
        return endProcess(1);
      },
    );
  }

  private async close(): Promise<void> {
    const app = await this.starting.catch(() => undefined);
    if (!app) return;
    const { shutdownDelay } = app.get(Configuration, { strict: false }).environment;
    const closeAll = () => (app.getHttpServer() as Server).closeAllConnections();
    setTimeout(closeAll, shutdownDelay * 1000 + PATIENCE).unref();
    await app.close();
  }
}

/** A stack only for what nobody foresaw. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigurationError || error instanceof ClusterConnectionError) return error.message;
  if ('code' in error && LISTEN_FAILURES.has(String(error.code))) {
    const remedies = error.code === 'EACCES' ? ` ${PRIVILEGED_PORT_REMEDIES}` : '';
    return `Cannot listen: ${error.message}. Choose with --host and --port.${remedies}`;
  }
  return error.stack ?? error.message;
}

function isMistake(error: unknown): error is Mistake {
  return error instanceof ConfigurationError || error instanceof ClusterConnectionError;
}

const LISTEN_FAILURES: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND']);

const PRIVILEGED_PORT_REMEDIES =
  'Ports below 1024 are kept from this process. In a pod: choose another with CONTAINER_PORT (and the targetPort of the Service), or open them with the sysctl ' +
  'net.ipv4.ip_unprivileged_port_start=0 in its securityContext, or leave the container the capability NET_BIND_SERVICE and allowPrivilegeEscalation.';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Beside what the program is asked for, which may go to another program. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  return endProcess(1);
});
