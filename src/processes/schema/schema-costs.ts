import { pointerTo } from '../../json/json-pointer.js';
import type { JsonSchema } from './json-schema.js';
import { linearPattern } from './linear-pattern.js';
import { STEP } from './step-budget.js';
import { mapSubschemas } from './subschemas.js';

/** Where schemas refer to others: `$ref`, `$dynamicRef`. */
export function referencesIn(schema: JsonSchema): readonly string[] {
  const found: string[] = [];
  walk(schema, '', (members) => {
    for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
      if (typeof members[keyword] === 'string') found.push(members[keyword]);
    }
  });
  return found;
}

/** How many schemas there are in a schema, itself included. */
export function countOfSchemas(schema: JsonSchema): number {
  let count = 0;
  walk(schema, '', () => (count += 1));
  return count;
}

/** A copy that takes part in the budget of steps. */
export function withSteps(schema: JsonSchema, mode: 'counts' | 'counted'): JsonSchema {
  return stepped(schema, mode) as JsonSchema;
}

function stepped(schema: unknown, mode: string): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  return { ...mapSubschemas(schema as Record<string, unknown>, (inner) => stepped(inner, mode)), [STEP]: mode };
}

/** Which patterns may take a time that is not linear in what clients send. */
export function patternWarnings(schema: JsonSchema): readonly string[] {
  const warnings: string[] = [];
  const look = (source: unknown, pointer: string) => {
    if (typeof source !== 'string') return;
    const { superlinear } = linearPattern(source);
    if (superlinear !== undefined)
      warnings.push(
        `the pattern at ${pointer} cannot be checked in linear time (${superlinear}): a client may be able to make it take long`,
      );
  };
  walk(schema, '', (members, pointer) => {
    look(members['pattern'], `${pointer}/pattern`);
    const patterns = members['patternProperties'];
    if (typeof patterns === 'object' && patterns !== null)
      for (const source of Object.keys(patterns)) look(source, pointerTo(`${pointer}/patternProperties`, source));
  });
  return warnings;
}

function walk(
  schema: unknown,
  pointer: string,
  visit: (members: Readonly<Record<string, unknown>>, at: string) => void,
) {
  if (typeof schema !== 'object' || schema === null) return;
  const members = schema as Readonly<Record<string, unknown>>;
  visit(members, pointer);
  mapSubschemas(members, (inner, place) => {
    walk(inner, `${pointer}${place}`, visit);
    return inner;
  });
}
