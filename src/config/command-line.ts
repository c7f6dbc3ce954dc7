import { parseArgs } from 'node:util';
import { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
import { readVariables } from './environment.js';
import { variables } from './variables.js';

export interface CommandLine {
  readonly help: boolean;
  readonly version: boolean;
  /** The flags given, by the environment variables that they stand over. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** In the place of a file, of faults. */
export const COMMAND_LINE = 'command line';

const switches = { help: 'Prints this text.', version: 'Prints the version.' };
const flags = new Map(variables.flatMap(({ flag, name }) => (flag === undefined ? [] : [[flag, name] as const])));

const options = {
  ...Object.fromEntries([...flags.keys()].map((flag) => [flag, { type: 'string' as const }])),
  ...Object.fromEntries(Object.keys(switches).map((flag) => [flag, { type: 'boolean' as const }])),
};

type Token = ReturnType<typeof parseArgs<{ strict: false; tokens: true; options: typeof options }>>['tokens'][number];

/** What can be read of the arguments, and what is wrong with the others. */
export interface ReadCommandLine extends CommandLine {
  readonly faults: readonly ConfigurationFault[];
}

/**
 * As {@link readCommandLine}.
 *
 * @throws ConfigurationError with every fault
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { faults, ...commandLine } = readCommandLine(argv);
  if (faults.length > 0) throw new ConfigurationError(COMMAND_LINE, faults);
  return commandLine;
}

/**
 * Reads the arguments of the program; where a flag is repeated the last one counts. With `--help` or `--version` faults are passed over.
 *
 * @param argv without the program and the script
 * @returns a fault for every unknown flag, missing value and value that is not allowed; such values are no overrides
 */
export function readCommandLine(argv: readonly string[]): ReadCommandLine {
  const faults: ConfigurationFault[] = [];
  const given = new Set<string>();
  const overrides: Record<string, string> = {};
  for (const token of tokensOf([...argv])) {
    if (token.kind === 'positional') {
      faults.push({ path: token.value, message: 'is not a flag; see --help' });
    } else if (token.kind === 'option') {
      const variable = flags.get(token.name);
      if (variable !== undefined) {
        if (!token.value) faults.push({ path: token.rawName, message: 'must have a value' });
        else overrides[variable] = token.value;
      } else if (!Object.hasOwn(switches, token.name)) {
        faults.push({ path: token.rawName, message: 'is not known; see --help' });
      } else if (token.inlineValue) {
        faults.push({ path: token.rawName, message: 'takes no value' });
      } else given.add(token.name);
    }
  }
  const [help, version] = [given.has('help'), given.has('version')];
  if (help || version) return { help, version, overrides, faults: [] };

  for (const { path, message } of readVariables(overrides).faults) {
    const flag = variables.find(({ name }) => name === path)?.flag;
    faults.push({ path: flag === undefined ? path : `--${flag}`, message });
    delete overrides[path];
  }
  return { help, version, overrides, faults };
}

/** A flag that stands where another one's value belongs is a flag: the other one has no value. */
function tokensOf(args: string[]): Token[] {
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'option' && token.inlineValue === false && token.value.startsWith('-')) {
      const withoutValue: Token = { ...token, value: undefined, inlineValue: undefined };
      return [...tokens.slice(0, index), withoutValue, ...tokensOf(args.slice(token.index + 1))];
    }
  }
  return tokens;
}

/** What `--help` prints: every flag and every environment variable with its default. */
export function helpText(): string {
  const flagRows = variables.flatMap(({ flag, placeholder, name, text, default: fallback }) =>
    flag === undefined
      ? []
      : [{ head: `--${flag} ${placeholder}`, text: [text, `Environment: ${name}`, ...defaultLine(fallback)] }],
  );
  const switchRows = Object.entries(switches).map(([flag, text]) => ({ head: `--${flag}`, text: [text] }));
  const variableRows = variables.flatMap(({ flag, name, text, default: fallback }) =>
    flag === undefined ? [{ head: name, text: [text, ...defaultLine(fallback)] }] : [],
  );
  return [
    'OGC API - Processes server that runs every execution as a Kubernetes Job.',
    '',
    'With the argument token it makes one for access.tokens, and ends; see token --help.',
    'With the argument login it signs somebody in at the provider of a server, prints the access token, and ends; see login --help.',
    'With the argument release-pods it takes its finalizer off all pods and ends; see release-pods --help.',
    '',
    'Flags (they stand over the environment variables, which stand over the configuration file):',
    ...[...flagRows, ...switchRows].map(formatRow),
    '',
    'Environment variables (an empty one counts as unset):',
    ...variableRows.map(formatRow),
    '',
  ].join('\n');
}

function defaultLine(fallback: string | undefined): string[] {
  return fallback === undefined ? [] : [`Default: ${fallback}`];
}

function formatRow({ head, text }: { head: string; text: readonly string[] }): string {
  return [`  ${head}`, ...text.map((line) => `      ${line}`)].join('\n');
}
