import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { digestOf, TOKEN_PREFIX } from '../access/identity/token-digest.js';
import { isRoleName } from '../config/sections/access/access-rules.js';
import { toInstant } from '../config/constraints.js';

export const TOKEN = 'token';

/** Of randomness: 256 bits. */
const BYTES = 32;

export const tokenHelp = `Makes a token for access.tokens, and prints it, its SHA-256 and the line for the configuration. Only who gets the token is to keep it:
the server needs no more than the SHA-256.

Usage: npm run ${TOKEN} -- [flags]      in a container: node dist/main.js ${TOKEN} [flags]

  --name NAME
      Of the line: who gets it. 1 to 63 letters, digits and _ . @ : -
  --role ROLE
      Of the line: a role of access.roles. May be given several times.
  --expires DATE
      Of the line: from then on it opens nothing. A date, or an RFC 3339 date and time.
  --hash
      Makes none, but reads one from the standard input, so that it stands in no list of processes and no history of a shell.
  --help
      Prints this text.

Tokens look like ${TOKEN_PREFIX} and 64 hexadecimal digits. Neither configuration nor cluster is asked.
`;

interface Line {
  readonly name: string;
  readonly roles: readonly string[];
  readonly expires?: string;
}

/** @returns 0, or 2 where the flags are wrong, which is said */
export async function runToken(
  args: readonly string[],
  print: (line: string) => void,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<number> {
  const read = readFlags(args);
  if (typeof read === 'string') {
    print(`${read}\n\n${tokenHelp}`);
    return 2;
  }
  if (read.help) {
    print(tokenHelp);
    return 0;
  }
  const given = read.hash ? (await text(input)).trim() : undefined;
  if (given === '' || (given !== undefined && /\s/.test(given))) {
    print('The standard input must hold one token, without blanks.');
    return 2;
  }
  const token = given ?? TOKEN_PREFIX + randomBytes(BYTES).toString('hex');
  const sha256 = digestOf(token);
  if (given === undefined) print(`token:  ${token}`);
  print(`sha256: ${sha256}`);
  print(`line of access.tokens:`);
  print(`    - ${toYaml(read.line, sha256)}`);
  return 0;
}

/** @returns what is wrong, where something is */
function readFlags(args: readonly string[]): { help: boolean; hash: boolean; line: Line } | string {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        name: { type: 'string' },
        role: { type: 'string', multiple: true },
        expires: { type: 'string' },
        hash: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    // What stands there in a flag's place may be a token.
    return (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
      ? 'There are no arguments beside flags; a token is read from the standard input (--hash).'
      : (error as Error).message;
  }
  const { name = 'NAME', role: roles = [], expires, hash = false, help = false } = values;
  if (!/^[\w.@:-]{1,63}$/.test(name)) return '--name must be 1 to 63 letters, digits and _ . @ : -';
  if (!roles.every(isRoleName)) return '--role must be 1 to 63 letters, digits and _ . : -';
  if (expires !== undefined && !toInstant(expires))
    return '--expires must be a date, or an RFC 3339 date and time with its zone';
  return { help, hash, line: { name, roles, ...(expires === undefined ? {} : { expires }) } };
}

function toYaml({ name, roles, expires }: Line, sha256: string): string {
  const quoted = (value: string) => (/^[A-Za-z][\w.-]*$/.test(value) && !WORDS.test(value) ? value : `'${value}'`);
  const parts = [
    `name: ${quoted(name)}`,
    `sha256: '${sha256}'`,
    `roles: [${roles.map(quoted).join(', ')}]`,
    ...(expires === undefined ? [] : [`expires: '${expires}'`]),
  ];
  return `{ ${parts.join(', ')} }`;
}

/** What YAML 1.1 takes for something else than text. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
