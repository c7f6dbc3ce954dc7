import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { ConfigurationFault } from './configuration-error.js';
import { joinIndex, joinPath } from './paths.js';
import { isFromEnvironment } from './provenance.js';
import { locate, SHAPE, shapeFaults } from './shape.js';
import { isMapping } from './validation-values.js';

export { isMapping } from './validation-values.js';

export interface ValidatedDefinition<T extends object> {
  /** To be used only when there are no faults. Keys that the class does not know are kept. */
  readonly value: T;
  readonly faults: ConfigurationFault[];
  /** Paths of the keys that the class does not know. */
  readonly unknownKeys: string[];
}

const secretName = /secret|token|passw|credential|sha256|(?<!label|secret)_keys?$/i;

/**
 * Transforms a part of the configuration to a class of class-validator and class-transformer, and validates it.
 *
 * The messages of the class's constraints become sentence parts (`must be a string (is a list)`): the property's name goes, the value found
 * is added unless it came from the environment or its key looks like a secret's.
 *
 * @param plain the very object that the configuration holds: copies have forgotten what came from the environment
 * @param _file the file that the definition stands in; the caller puts it into the ConfigurationError
 * @param path where `plain` stands in the file
 */
export function validateDefinition<T extends object>(
  definitionClass: new () => T,
  plain: unknown,
  _file: string,
  path: string,
): ValidatedDefinition<T> {
  if (!isMapping(plain)) {
    return {
      value: new definitionClass(),
      faults: [{ path, message: `must be a mapping (${describeFound(plain)})` }],
      unknownKeys: [],
    };
  }
  const value = plainToInstance(definitionClass, plain);
  const errors = validateSync(value, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const result: ValidatedDefinition<T> = { value, faults: [], unknownKeys: [] };
  for (const error of errors) collect(error, path, plain, result);
  return result;
}

/** What stands in the file, for a message; of mappings and lists only that they are such, of addresses not the user and password. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'is not set';
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return 'is a list';
  if (typeof value === 'object') return 'is a mapping';
  const text = typeof value === 'string' ? JSON.stringify(withoutUser(value)) : String(value);
  return `is ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`;
}

/** By positions: an expression tries each pair of slashes again, and a custom resource may be of many. */
function withoutUser(text: string): string {
  const slashes = text.indexOf('//');
  const at = text.lastIndexOf('@');
  return slashes === -1 || at < slashes + 2 ? text : `${text.slice(0, slashes)}//…${text.slice(at)}`;
}

function collect(
  error: ValidationError,
  parentPath: string,
  parent: unknown,
  result: { faults: ConfigurationFault[]; unknownKeys: string[] },
): void {
  const path = Array.isArray(error.target)
    ? joinIndex(parentPath, error.property)
    : joinPath(parentPath, error.property);
  const found =
    isMapping(parent) || Array.isArray(parent) ? (parent as Record<string, unknown>)[error.property] : undefined;
  const { whitelistValidation, nestedValidation, [SHAPE]: shape, ...constraints } = error.constraints ?? {};
  if (whitelistValidation !== undefined) {
    result.unknownKeys.push(path);
    return;
  }
  if (shape !== undefined) collectShape(error, path, parent, found, result.faults);
  const messages = Object.values(constraints);
  if (messages.length === 0 && nestedValidation !== undefined) messages.push('must be a mapping');
  if (messages.length > 0) {
    const requirement = messages.map((message) => asSentencePart(message, error.property)).join(' and ');
    result.faults.push({ path, message: `${requirement} (${describeAt(parent, error.property, found)})` });
  }
  for (const child of error.children ?? []) collect(child, path, found, result);
}

/** Faults inside a value that a schema describes, each at its own place. */
function collectShape(
  { target = {}, property }: ValidationError,
  path: string,
  parent: unknown,
  value: unknown,
  faults: ConfigurationFault[],
): void {
  for (const { at, message } of shapeFaults(target, property, value)) {
    const { path: place, found } = locate(path, value, at);
    const container = at.length === 0 ? parent : locate(path, value, at.slice(0, -1)).found;
    faults.push({ path: place, message: `${message} (${describeAt(container, at.at(-1) ?? property, found)})` });
  }
}

function describeAt(container: unknown, key: string, found: unknown): string {
  const isHidden = found !== undefined && found !== null && (secretName.test(key) || isFromEnvironment(container, key));
  return isHidden ? 'the value is not shown' : describeFound(found);
}

/** `port must be …` becomes `must be …`. */
function asSentencePart(message: string, property: string): string {
  const rest = message
    .replace(`each value in nested property ${property} `, 'each value ')
    .replace(`each value in ${property} `, 'each value ')
    .replace('one of the following values: ', 'one of ');
  return rest.startsWith(`${property} `) ? rest.slice(property.length + 1) : rest;
}
