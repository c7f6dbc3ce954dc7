// Asks the server of this container whether it lives; the address is the one of its configuration. Flags of the command line are not known here.
import 'reflect-metadata';
import { loadConfiguration } from '../dist/config/load-configuration.js';

const { bind } = loadConfiguration().configuration.server;
const host =
  { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[bind.host] ?? (bind.host.includes(':') ? `[${bind.host}]` : bind.host);
const response = await fetch(`http://${host}:${bind.port}/health/live`, { signal: AbortSignal.timeout(8_000) });
if (!response.ok) {
  console.error(`/health/live answers ${response.status}: ${await response.text()}`);
  process.exit(1);
}
