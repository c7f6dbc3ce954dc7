// How OGC's compliance suite for 1.0 builds execute requests: blindly, of a process description alone.

type Members = Readonly<Record<string, unknown>>;

export interface ProcessDescription {
  readonly id: string;
  readonly inputs: Readonly<Record<string, { readonly schema: Members; readonly minOccurs?: number }>>;
  readonly outputs: Readonly<Record<string, { readonly schema: Members }>>;
  readonly jobControlOptions: readonly string[];
}

/**
 * What the suite makes of a schema: it reads `type`, else the types of `oneOf`, else looks for a bounding box in `allOf`. It
 * follows no `$ref`.
 */
interface Shape {
  readonly types: readonly Members[];
  readonly isArray: boolean;
  readonly isBoundingBox: boolean;
}

export interface ExecuteRequest {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly response?: 'raw' | 'document';
}

/** The text that comes back from an echo process. */
export const TEXT = 'teststring';

/** Which input is given otherwise than blindly; the suite needs one that fits. */
export type Variant = 'plain' | 'array' | 'bounding box' | 'binary' | 'link' | 'wrong';

function shapeOf(schema: Members): Shape {
  const alternatives = schema['type'] === undefined ? listed(schema['oneOf']) : [schema];
  const isObjectWithBox = ({ type, properties }: Members) =>
    type === 'object' && 'bbox' in ((properties ?? {}) as Members);
  return {
    types: alternatives.filter(({ type }) => type !== undefined),
    isArray: alternatives.some(({ type }) => type === 'array'),
    isBoundingBox:
      alternatives.some(isObjectWithBox) ||
      // Each part is asked for its format, until one is a bounding box: one without a format before that ends the suite.
      (alternatives.length === 0 && formatsUntilBox(listed(schema['allOf']))),
  };
}

function formatsUntilBox(parts: readonly Members[]): boolean {
  for (const { format } of parts) {
    if (typeof format !== 'string') throw new Error('a part of allOf has no format, where the suite expects one');
    if (format === 'ogc-bbox') return true;
  }
  return false;
}

function listed(value: unknown): readonly Members[] {
  return Array.isArray(value) ? (value as Members[]) : [];
}

const isBinary = ({ type, format, contentEncoding }: Members) =>
  type === 'string' && (format === 'byte' || contentEncoding === 'binary');

/** The value that the suite gives to an input of which it knows nothing special; undefined: none. */
function blindValue(schema: Members): unknown {
  const { types, isBoundingBox } = shapeOf(schema);
  let value: unknown;
  for (const { type, format, contentMediaType } of types) {
    if (type === 'string') {
      if (format === undefined && contentMediaType === undefined) value = TEXT;
    } else if (isBoundingBox)
      value = { crs: 'urn:ogc:def:crs:EPSG:6.6:4326', bbox: [345345345, 345345345, 345345345, 345345345] };
    else if (type === 'object') value = { value: TEXT };
  }
  return value;
}

const CRS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';

/** The value for the first input that a variant is about; undefined: the input is not of that kind. */
function specialValue(variant: Variant, schema: Members, image: { href: string; bytes: Buffer }): unknown {
  const { types, isArray, isBoundingBox } = shapeOf(schema);
  const mediaType = types.find(({ contentMediaType }) => String(contentMediaType).includes('tiff'))?.[
    'contentMediaType'
  ];
  switch (variant) {
    case 'array':
      return isArray ? arrayOf(schema) : undefined;
    case 'bounding box':
      return isBoundingBox ? { bbox: [51.9, 7, 52, 7.1], crs: CRS84 } : undefined;
    case 'binary':
      return types.some(isBinary)
        ? { value: image.bytes.toString('base64'), format: { mediaType, encoding: 'base64' } }
        : undefined;
    case 'link':
      return types.some(isBinary) ? { href: image.href, format: { mediaType } } : undefined;
    case 'wrong':
      return types.some(({ contentMediaType }) => contentMediaType !== undefined)
        ? { type: `wrong/type_${Date.now()}` }
        : undefined;
    case 'plain':
      return undefined;
  }
}

function arrayOf({ items }: Members): unknown {
  const { type } = (items ?? {}) as Members;
  if (type === 'integer') return [1, 2, 3];
  if (type === 'string') return ['test1', 'test2', 'test3'];
  throw new Error(`an array of ${String(type)} is none that the suite can fill`);
}

/**
 * An execute request of a description, every output by value.
 * @throws Error where the description has no input that the variant is about, which the suite tells as skipped
 */
export function blindRequest(
  { inputs, outputs }: ProcessDescription,
  variant: Variant,
  image: { href: string; bytes: Buffer },
): ExecuteRequest {
  let found = variant === 'plain';
  const values = Object.entries(inputs).map(([id, { schema }]) => {
    const special = found ? undefined : specialValue(variant, schema, image);
    found ||= special !== undefined;
    return [id, special ?? blindValue(schema)] as const;
  });
  if (!found) throw new Error(`no input is there for: ${variant}`);
  const asked = Object.entries(outputs).filter(([, { schema }]) => {
    if (variant === 'array') return shapeOf(schema).isArray;
    return variant !== 'bounding box' || shapeOf(schema).isBoundingBox;
  });
  return {
    inputs: Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    outputs: Object.fromEntries(asked.map(([id]) => [id, { transmissionMode: 'value' }])),
  };
}

/** The output of the first input alone. @param pause seconds, where the process is to take its time: it needs an input of that name */
export function oneOutputRequest(
  description: ProcessDescription,
  response: 'raw' | 'document',
  image: { href: string; bytes: Buffer },
  pause?: number,
): ExecuteRequest {
  const { inputs, outputs } = blindRequest(description, 'plain', image);
  const [first = ''] = Object.keys(description.inputs);
  if (pause !== undefined && !('pause' in description.inputs)) throw new Error('no input is there for: pause');
  return {
    inputs: pause === undefined ? inputs : { [first]: inputs[first], pause },
    outputs: first in outputs ? { [first]: outputs[first] } : {},
    response,
  };
}
