import { readFileSync } from 'node:fs';
import {
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLParseError,
} from 'yaml';
import { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
import { joinIndex, joinPath } from './paths.js';
import { markFromEnvironment, noteText } from './provenance.js';
import { pyYamlTags, typedAnew } from './yaml-schema.js';

export interface YamlFile {
  readonly content: unknown;
  /** Variables that are not set: the file could be read, but not all of it. */
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly string[];
}

const MOST_SYNTAX_ERRORS = 3;
const reference = /\$\{(\w+)(?::-([^}]*))?\}/g;
const onlyReference = /^\$\{\w+(?::-[^}]*)?\}$/;

/** Stands in the document, until it is plain, for a value that came from the environment, or is not the text that was written. */
class NotedValue {
  constructor(
    readonly value: unknown,
    readonly text: string,
    readonly isReferenced: boolean,
    readonly isFromEnvironment: boolean,
  ) {}
}

/**
 * Reads a YAML 1.1 file: `off` is false, merge keys and anchors work, a duplicate key is an error.
 *
 * `${NAME}` and `${NAME:-default}` are replaced in plain (unquoted) values, never in keys, comments, quoted texts or block texts, as pygeoapi
 * does; the whole value is then typed anew ({@link typedAnew}). The default counts where the variable is not set; a variable that is
 * set and empty gives the empty text.
 *
 * @throws ConfigurationError when the file cannot be read or is no YAML
 */
export function readYamlFile(path: string, file: string, environment: NodeJS.ProcessEnv): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(path, file), {
    version: '1.1',
    customTags: pyYamlTags,
    resolveKnownTags: false,
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  // Of what is no YAML the first lines say what is wrong; the parser does not find its way again, and finds fault with all that follows.
  const broken = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY').slice(MOST_SYNTAX_ERRORS);
  const problems = [...document.errors, ...document.warnings].filter(
    (problem) => !broken.includes(problem as YAMLParseError),
  );
  if (problems.length > 0) {
    const faults = problems.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { path: `line ${line}, column ${col}`, message };
    });
    throw new ConfigurationError(file, faults);
  }
  const faults: ConfigurationFault[] = [];
  const warnings: string[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || node.source === undefined) return;
      if (isNumberOrBoolean(node.value)) node.value = new NotedValue(node.value, node.source, false, false);
      if (typeof node.value !== 'string' || node.tag !== undefined || !node.source.includes('${')) return;
      const place = pathOf(node, ancestors);
      if (node.type !== Scalar.PLAIN) {
        if (onlyReference.test(node.source))
          warnings.push(
            `${file}: ${place}: ${node.source} is in quotes and therefore not replaced from the environment`,
          );
        return;
      }
      const { text, missing, isReplaced } = replaceReferences(node.source, environment);
      const line = lines.linePos(node.range?.[0] ?? 0).line;
      for (const name of missing)
        faults.push({
          path: place,
          message: `the environment variable ${name} is not set, and no default is given as \${${name}:-default} (line ${line})`,
        });
      const value = missing.length > 0 ? null : typedAnew(text);
      node.value = new NotedValue(value, text, true, isReplaced);
    },
  });
  return { content: toPlain(document, file), faults, warnings };
}

function isNumberOrBoolean(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? String(error));
    throw new ConfigurationError(file, [{ path: 'the file', message: `cannot be read: ${reason}` }]);
  }
}

function replaceReferences(source: string, environment: NodeJS.ProcessEnv) {
  const missing: string[] = [];
  let isReplaced = false;
  const text = source.replace(reference, (_whole, name: string, fallback: string | undefined) => {
    const value = environment[name];
    if (value !== undefined) isReplaced = true;
    else if (fallback === undefined) missing.push(name);
    return value ?? fallback ?? '';
  });
  return { text, missing, isReplaced };
}

function pathOf(node: Scalar, ancestors: readonly (Document | Node | Pair)[]): string {
  const chain = [...ancestors, node];
  return ancestors.reduce<string>((path, ancestor, depth) => {
    if (isPair(ancestor))
      return joinPath(path, isScalar(ancestor.key) ? String(ancestor.key.value) : String(ancestor.key));
    return isSeq(ancestor) ? joinIndex(path, ancestor.items.indexOf(chain[depth + 1])) : path;
  }, '');
}

function toPlain(document: Document, file: string): unknown {
  try {
    // The file is the operator's own: many processes may share parts by aliases.
    const content: unknown = document.toJS({ maxAliasCount: -1 });
    unwrap(content, new Set(), new Set());
    return content;
  } catch (error) {
    // An alias that stands inside its own anchor, a merge of something that is no mapping, or far too many aliases.
    throw new ConfigurationError(file, [
      { path: 'the file', message: error instanceof Error ? error.message : String(error) },
    ]);
  }
}

/**
 * Puts the values in place of their stand-ins. Aliases make the same object appear several times, which is fine, or inside itself.
 *
 * @throws Error where an object contains itself
 */
function unwrap(container: unknown, done: Set<object>, parents: Set<object>): void {
  if (typeof container !== 'object' || container === null) return;
  if (parents.has(container)) throw new Error('an alias must not stand inside its own anchor');
  if (done.has(container)) return;
  parents.add(container);
  const entries = container as Record<string, unknown>;
  for (const [key, value] of Object.entries(entries)) {
    if (value instanceof NotedValue) {
      entries[key] = value.value;
      if (value.isFromEnvironment) markFromEnvironment(container, key);
      if (typeof value.value !== 'string') noteText(container, key, value);
    } else unwrap(value, done, parents);
  }
  parents.delete(container);
  done.add(container);
}
