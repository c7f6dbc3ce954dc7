import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { DataValidationCxt } from 'ajv/dist/types/index.js';
import { equalityKey } from '../../json/canonical-json.js';
import { Decimal } from '../../json/decimal.js';
import { ExactNumber } from '../../json/exact-number.js';
import { copyJson } from '../../json/plain-json.js';

type Comparison = '>=' | '<=' | '>' | '<';

const LIMITS: Readonly<Record<string, readonly [Comparison, (order: number) => boolean]>> = {
  minimum: ['>=', (order) => order >= 0],
  maximum: ['<=', (order) => order <= 0],
  exclusiveMinimum: ['>', (order) => order > 0],
  exclusiveMaximum: ['<', (order) => order < 0],
};

interface Check {
  (schema: unknown, data: unknown, parentSchema?: unknown, context?: DataValidationCxt): boolean;
  errors?: Pick<ErrorObject, 'keyword' | 'message' | 'params'>[];
}

/** Stands for a number that is no integer, although its double is one. */
const NO_INTEGER = 0.5;

/**
 * Makes ajv decide about numbers by what was written, where it knows only doubles: it gets a copy with doubles that are of the same
 * type of JSON Schema, and the keywords that look at the number itself are replaced by ones that look it up in the original. Equality
 * and multiples are decided in linear time, of ordinary numbers as well.
 */
export class ExactKeywords {
  /** Containers of the copy that is being validated, and what they are copies of. */
  private originals = new Map<unknown, unknown>();
  /** Of large containers of the value: whatever keywords look at them, and those around them, they are read once. */
  private digests = new Map<object, string>();

  /** Replaces keywords of this instance, which must compile nothing else than what {@link validate} is called with. */
  constructor(private readonly ajv: Ajv2020) {
    for (const [keyword, [comparison, fulfils]] of Object.entries(LIMITS)) {
      this.replace(keyword, 'number', (limit, value) => {
        if (fulfils(decimalOf(value).compare(decimalOf(limit)))) return undefined;
        return { comparison, limit };
      });
    }
    this.replace('multipleOf', 'number', (divisor, value) =>
      decimalOf(value).isMultipleOf(decimalOf(divisor)) ? undefined : { multipleOf: divisor },
    );
    this.replace('uniqueItems', 'array', (isAsked, items) =>
      isAsked === true ? sameItems(items, this.digests) : undefined,
    );
    this.replace('const', undefined, (allowedValue, value) =>
      equalityKey(allowedValue) === equalityKey(value, this.digests) ? undefined : { allowedValue },
    );
    this.replace('enum', undefined, (allowedValues, value) =>
      keysOf(allowedValues).has(equalityKey(value, this.digests)) ? undefined : { allowedValues },
    );
  }

  /** @returns the errors; of numbers with what was written */
  validate(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
    this.originals = new Map();
    this.digests = new Map();
    try {
      const root = { value: this.copy(value) };
      this.originals.set(root, { value });
      const context = { parentData: root, parentDataProperty: 'value', rootData: root, instancePath: '' };
      if (validate(root.value, { ...context, dynamicAnchors: {} })) return [];
      return (validate.errors ?? []).map((error) =>
        typeof error.data === 'number' ? { ...error, data: valueAt(value, error.instancePath) ?? error.data } : error,
      );
    } finally {
      this.digests = new Map();
      this.originals = new Map();
    }
  }

  private copy(value: unknown): unknown {
    return copyJson(value, representative, (original, copy) => this.originals.set(copy, original));
  }

  private replace(
    keyword: string,
    type: 'number' | 'array' | undefined,
    fault: (schema: unknown, value: unknown) => Record<string, unknown> | undefined,
  ): void {
    const check: Check = (schema, data, _parentSchema, context) => {
      const params = fault(schema, this.originalOf(data, context));
      check.errors = params ? [{ keyword, message: `does not fulfil ${keyword}`, params }] : [];
      return !params;
    };
    this.ajv.removeKeyword(keyword);
    this.ajv.addKeyword({ keyword, ...(type ? { type } : {}), errors: true, validate: check });
  }

  /** Names of members are validated, too: they are texts, and stand for themselves. */
  private originalOf(data: unknown, context: DataValidationCxt | undefined): unknown {
    if (typeof data !== 'number' && typeof data !== 'object') return data;
    const parent = this.originals.get(context?.parentData) as Record<string, unknown> | undefined;
    return parent === undefined ? data : parent[context?.parentDataProperty ?? ''];
  }
}

/** A double for which the types `number` and `integer` hold as they do for the number itself. */
function representative(number: ExactNumber): number {
  const double = Number(number);
  const isInteger = Decimal.of(number).isInteger;
  if (!Number.isFinite(double)) return isInteger ? Math.sign(double) * Number.MAX_VALUE : NO_INTEGER;
  return isInteger === Number.isInteger(double) ? double : NO_INTEGER;
}

function decimalOf(value: unknown): Decimal {
  return Decimal.of(value as number | ExactNumber);
}

function sameItems(items: unknown, digests: Map<object, string>): { i: number; j: number } | undefined {
  const places = new Map<string, number>();
  for (const [i, item] of (items as unknown[]).entries()) {
    const key = equalityKey(item, digests);
    const j = places.get(key);
    if (j !== undefined) return { i, j };
    places.set(key, i);
  }
  return undefined;
}

const keysOfEnum = new WeakMap<object, ReadonlySet<string>>();

function keysOf(values: unknown): ReadonlySet<string> {
  const known = keysOfEnum.get(values as unknown[]);
  if (known) return known;
  const keys = new Set((values as unknown[]).map((value) => equalityKey(value)));
  keysOfEnum.set(values as unknown[], keys);
  return keys;
}

/** @param pointer JSON Pointer; of a place that is not there, for its names are shortened, nothing */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((parent, name) => (parent as Record<string, unknown> | undefined)?.[name], value);
}
