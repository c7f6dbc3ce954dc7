import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { ValidateBy } from 'class-validator';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { ownSchema } from '../json/own-schema.js';
import { joinIndex, joinPath } from './paths.js';
import { isMapping } from './validation-values.js';

/** One mistake inside a value. */
export interface ShapeFault {
  /** Names and places from the value inwards; empty: the value itself. */
  readonly at: readonly string[];
  /** What is expected, as a sentence part. */
  readonly message: string;
}

/** The constraint's name: `validateDefinition` asks {@link shapeFaults} where it meets it, so that each fault has its own place. */
export const SHAPE = 'shape';
const FAULTS = Symbol('shape');
type FindFaults = (value: unknown) => readonly ShapeFault[];

/**
 * A value of the shape of a JSON Schema (draft 2020-12). What a `description` stands beside is expected to be it: `must be DESCRIPTION`.
 * @param further finds what the schema cannot say, in values that fit it
 */
export const Shape = (schema: object, further: FindFaults = () => []): PropertyDecorator => {
  const errorsOf = ownSchema(schema, { allErrors: true, verbose: true, strict: false });
  const find: FindFaults = (value) => {
    const errors = errorsOf(value);
    return errors.length === 0 ? further(value) : unrepeated(errors.flatMap(toFault));
  };
  return (target, property) => {
    Reflect.defineMetadata(FAULTS, find, target, property);
    const validator = { validate: (value: unknown) => find(value).length === 0, defaultMessage: () => 'is wrong' };
    ValidateBy({ name: SHAPE, validator })(target, property);
  };
};

/** The faults of a value of a property that has a {@link Shape}. */
export function shapeFaults(target: object, property: string, value: unknown): readonly ShapeFault[] {
  return (Reflect.getMetadata(FAULTS, target, property) as FindFaults | undefined)?.(value) ?? [];
}

/** Where a fault stands in the file, and what stands there. */
export function locate(path: string, value: unknown, at: readonly string[]): { path: string; found: unknown } {
  return at.reduce(
    (place, key) => ({
      path: Array.isArray(place.found) ? joinIndex(place.path, key) : joinPath(place.path, key),
      found:
        isMapping(place.found) || Array.isArray(place.found)
          ? (place.found as Record<string, unknown>)[key]
          : undefined,
    }),
    { path, found: value },
  );
}

/** Several rules of a schema may have one description. */
function unrepeated(faults: readonly ShapeFault[]): ShapeFault[] {
  return faults.filter((fault, at) => faults.findIndex((other) => isDeepStrictEqual(fault, other)) === at);
}

function toFault(error: ErrorObject): ShapeFault[] {
  const at = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Readonly<Record<string, unknown>>;
  const { description, properties = {} } = (error.parentSchema ?? {}) as { description?: string; properties?: object };
  switch (error.keyword) {
    case 'if':
    case 'propertyNames':
      return [];
    case 'additionalProperties': {
      const message = `is no known field; known are ${Object.keys(properties).join(', ')}`;
      return [{ at: [...at, String(params['additionalProperty'])], message }];
    }
    case 'required':
      return [{ at: [...at, String(params['missingProperty'])], message: 'must be set' }];
    default: {
      const name = error.propertyName;
      const message = description === undefined ? expectation(error.keyword, params) : `must be ${description}`;
      return [
        { at: name === undefined ? at : [...at, name], message: name === undefined ? message : `${message}: its name` },
      ];
    }
  }
}

function expectation(keyword: string, params: Readonly<Record<string, unknown>>): string {
  switch (keyword) {
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'type':
      return `must be ${typeNames.get(String(params['type'])) ?? String(params['type'])}`;
    case 'minimum':
      return `must be at least ${String(params['limit'])}`;
    case 'maximum':
      return `must be at most ${String(params['limit'])}`;
    case 'minItems':
      return `must have at least ${String(params['limit'])} ${params['limit'] === 1 ? 'entry' : 'entries'}`;
    default:
      return `must fulfil ${keyword}`;
  }
}

const typeNames = new Map([
  ['string', 'a text, quoted where it looks like a number or a boolean'],
  ['object', 'a mapping'],
  ['array', 'a list'],
  ['integer', 'an integer'],
  ['boolean', 'true or false'],
]);
