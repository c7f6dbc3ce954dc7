import { InvalidRequestError } from '../../../ogc/domain-errors.js';
import { escapeReferences } from '../escape-references.js';

export interface HelloWorldOptions {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Shell commands of the definition, run first; the first that fails fails the job. */
  readonly commands: readonly string[];
  /** Of the result: JSON types get the greeting in its shape, others the greeting itself. */
  readonly mediaType: string;
  readonly outputId: string;
  /** Default `output`. */
  readonly shape?: ResultShape;
}

/**
 * JSON of the greeting: `{"id": OUTPUT, "value": "Hello NAME!"}`, as pygeoapi answers; `{"result": "Hello 'NAME'!"}`, as k8s-manager does
 * since 0.28.
 */
export type ResultShape = 'output' | 'result';

/**
 * A container command that writes the result markers and the greeting. What a caller sent never becomes part of the shell's program: the whole text is
 * made here and handed to it as positional parameters, which `printf '%s'` writes byte by byte.
 * @throws InvalidRequestError where the greeting holds a NUL, which no argument can hold, and the result is not JSON
 */
export function makeHelloWorldCommand(options: HelloWorldOptions): { command: string[]; args: string[] } {
  const { mediaType, outputId, commands, shape = 'output' } = options;
  const value = greeting(options.inputs, shape === 'result' ? "'" : '');
  const json = shape === 'result' ? { result: value } : { id: outputId, value };
  const result = /[/+]json\b/i.test(mediaType) ? JSON.stringify(json) : value;
  const text = `PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: ${mediaType}\nPYGEOAPI_K8S_MANAGER_RESULT_START\n${result}\n`;
  const program = ['set -e', ...commands, `printf '%s' "$@"`].join('\n');
  return { command: ['/bin/sh', '-c', program, 'hello-world'], args: pieces(text).map(escapeReferences) };
}

/** `Hello NAME: MESSAGE`, or `Hello NAME!` where there is no message. */
function greeting({ name, message }: Readonly<Record<string, unknown>>, quote: string): string {
  const quoted = (text: string) => quote + text + quote;
  const said = textOf(message);
  return said ? `Hello ${quoted(textOf(name))}: ${quoted(said)}` : `Hello ${quoted(textOf(name))}!`;
}

function textOf(input: unknown): string {
  const value = typeof input === 'object' && input !== null && 'value' in input ? input.value : input;
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Linux limits one argument to 128 KiB (MAX_ARG_STRLEN); 30,000 characters have at most 120,000 bytes. */
function pieces(text: string): string[] {
  if (text.includes('\0'))
    throw new InvalidRequestError('The greeting cannot be written.', [
      { pointer: '/inputs', message: 'must hold no NUL character where the result is no JSON' },
    ]);
  return text.match(/[\s\S]{1,30000}/gu) ?? [];
}
