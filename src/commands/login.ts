import { accessSync, constants, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ProviderError } from '../access/oidc/bounded-fetch.js';
import {
  DeviceLoginError,
  type DeviceLoginSettings,
  loginByDevice,
  type ToConfirm,
} from '../access/oidc/device-login.js';
import { isSafeAddress } from '../config/sections/access/oidc.js';
import { askForLogin } from '../access/oidc/terminal-login.js';

export const LOGIN = 'login';

export const loginHelp = `Signs somebody in at the provider of a server (OpenID Connect), by a browser on any device. Prints the access token:

  TOKEN=$(npm run --silent ${LOGIN} -- --server https://processes.example.org)

Usage: npm run --silent ${LOGIN} -- [flags]      in a container: node dist/main.js ${LOGIN} [flags]

  --server URL
      The server, which says of which provider it takes tokens, as which client, and for what scope.
  --issuer URL
      The provider; then the server is not asked, and need not be given.
  --client ID
      A client of the provider without a secret, that may sign in devices. Default: what the server says (access.oidc.terminal_client).
  --scope SCOPE
      What is asked for, divided by blanks. Default: what the server says, else openid.
  --resource URI, --audience NAME
      For what the token is to be, where the provider wants to be told: as RFC 8707 says it, or as some providers call it.
  --output FILE
      Writes the token there, for its owner alone (mode 0600), and prints none.
  --help
      Prints this text.

What to do is said on the standard error, the token alone on the standard output. Nothing is kept: when it is over, sign in again.
Addresses begin with https://, or lead to this machine. NODE_EXTRA_CA_CERTS names a file of authorities that are to be trusted, too.
`;

export interface Streams {
  /** For what is asked for. */
  readonly print: (text: string) => void;
  /** For people. */
  readonly say: (text: string) => void;
}

interface Flags {
  readonly server?: string;
  readonly issuer?: string;
  readonly client?: string;
  readonly scope?: string;
  readonly resource?: string;
  readonly audience?: string;
  readonly output?: string;
}

/** @returns 0; 1 where nobody is signed in, or 2 where the flags are wrong, which is said */
export async function runLogin(args: readonly string[], { print, say }: Streams): Promise<number> {
  const read = readFlags(args);
  if (read === 'help') {
    print(loginHelp);
    return 0;
  }
  if (typeof read === 'string') {
    say(`${read}\n\n${loginHelp}`);
    return 2;
  }
  try {
    const { output } = read;
    // Before somebody signs in for nothing.
    if (output !== undefined) accessSync(dirname(output), constants.W_OK);
    const settings = await settingsOf(read);
    if (typeof settings === 'string') {
      say(settings);
      return 2;
    }
    const { accessToken, seconds } = await loginByDevice(settings, (what) => say(instructions(what)));
    if (output === undefined) print(accessToken);
    else keep(output, accessToken);
    const where = output === undefined ? '' : ` The token is in ${output}.`;
    say(`Signed in.${where}${seconds === undefined ? '' : ` It holds for ${seconds} s.`}`);
    return 0;
  } catch (error) {
    const isForeseen = error instanceof DeviceLoginError || error instanceof ProviderError || isOfFiles(error);
    if (!isForeseen) throw error;
    say(error.message);
    return 1;
  }
}

/** @returns what is wrong, where something is */
function readFlags(args: readonly string[]): Flags | 'help' | string {
  const text = { type: 'string' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        ...{ server: text, issuer: text, client: text, scope: text, resource: text, audience: text, output: text },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  const { help, ...flags } = values;
  if (help) return 'help';
  const empty = Object.entries(flags).find(([, value]) => value === '');
  if (empty) return `--${empty[0]} must have a value`;
  for (const name of ['server', 'issuer'] as const) {
    const value = flags[name];
    if (value !== undefined && !isSafeAddress(value))
      return `--${name} must be an address that begins with https:// (http:// only on this machine)`;
  }
  if (flags.server === undefined && flags.issuer === undefined) return '--server must be given, or --issuer';
  return flags;
}

/** @returns what is missing, where something is */
async function settingsOf(flags: Flags): Promise<DeviceLoginSettings | string> {
  const { server = '', issuer, resource, audience } = flags;
  const told =
    issuer === undefined
      ? await askForLogin(withoutSlash(server))
      : { discovery: new URL(`${withoutSlash(issuer)}/.well-known/openid-configuration`) };
  if (!isSafeAddress(told.discovery.href))
    return `${server} names a provider without https:// (${told.discovery.host}): nobody signs in there from another machine.`;
  const { client = told.client, scope = told.scope ?? 'openid' } = flags;
  if (client === undefined)
    return issuer === undefined
      ? `${server} names no client (access.oidc.terminal_client): --client has to.`
      : '--client must be given with --issuer';
  return {
    ...{ discovery: told.discovery, client, scope },
    ...(resource === undefined ? {} : { resource }),
    ...(audience === undefined ? {} : { audience }),
  };
}

function instructions({ address, code, whole, seconds }: ToConfirm): string {
  const lines = [
    `Open ${address} in a browser, on any device, and enter the code ${code}`,
    ...(whole === undefined ? [] : [`(or open ${whole})`]),
    `Confirm only if the same code is shown there. Waiting for ${Math.ceil(seconds / 60)} min at most.`,
  ];
  return lines.join('\n');
}

/** Whole or not at all, and never readable by others, whoever could read a file of that name before. */
function keep(file: string, token: string): void {
  const unfinished = `${file}.${process.pid}.new`;
  writeFileSync(unfinished, `${token}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, file);
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
