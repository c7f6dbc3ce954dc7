import { describe, expect, it, test } from '@jest/globals';
import { InvalidRequestError, OutputNotFoundError, type RequestFault } from '../../ogc/domain-errors.js';
import { parseExecuteRequest, tokenOf } from './execute-request.js';
import type { RegisteredProcess } from '../registry/registered-process.js';
import { processWith } from '../testing/process-fixture.js';

const string = { type: 'string' };
const bbox = { type: 'object', format: 'ogc-bbox' };
const image = { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' };
const outputs = { area: { schema: { type: 'number' } }, map: { schema: image } };

function withInput(schema: unknown, more: object = {}): RegisteredProcess {
  return processWith({ inputs: { value: { schema, minOccurs: 0, ...more } }, outputs });
}

function faultsOf(process: RegisteredProcess, body: unknown): readonly RequestFault[] {
  try {
    parseExecuteRequest(process, body);
    return [];
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults;
    throw error;
  }
}

const faultsOfValue = (schema: unknown, value: unknown, more: object = {}) =>
  faultsOf(withInput(schema, more), { inputs: { value } });

describe('an execute request', () => {
  const process = processWith({
    inputs: {
      name: { schema: string },
      size: { schema: { type: 'integer', minimum: 1, default: 3 } },
      note: { schema: string, minOccurs: 0 },
    },
    outputs,
    outputTransmission: ['value', 'reference'],
  });

  it('is read with defaults filled in', () => {
    expect(parseExecuteRequest(process, { inputs: { name: 'x' } })).toEqual({
      inputs: { name: 'x', size: 3 },
    });
  });

  it('is read whole', () => {
    expect(
      parseExecuteRequest(process, {
        inputs: { name: 'x', size: 1, note: 'n', token: 'abc' },
        outputs: { area: {}, map: { transmissionMode: 'reference', format: { mediaType: 'image/png' } } },
        response: 'document',
        subscriber: { successUrl: 'https://example.org/ok', failedUri: 'http://example.org/failed' },
        mode: 'async',
      }),
    ).toEqual({
      inputs: { name: 'x', size: 1, note: 'n' },
      outputs: { area: {}, map: { transmissionMode: 'reference', format: { mediaType: 'image/png' } } },
      response: 'document',
      token: 'abc',
      subscriber: { successUri: 'https://example.org/ok', failedUri: 'http://example.org/failed' },
    });
  });

  describe('may choose a queue and a priority', () => {
    const choosing = processWith({}, { allowed_queues: ['gpu', 'cpu'], allowed_queue_priorities: ['urgent'] });

    it('where its process lets it', () => {
      expect(parseExecuteRequest(choosing, { queue: { name: 'cpu', priority: 'urgent' } }).queue).toEqual({
        name: 'cpu',
        priority: 'urgent',
      });
      expect(parseExecuteRequest(choosing, { queue: { priority: null } }).queue).toEqual({});
    });

    it('of those that its process names', () => {
      expect(faultsOf(choosing, { queue: { name: 'tpu', priority: 3, colour: 'red' } })).toEqual([
        { pointer: '/queue/colour', message: 'is not known; known are name and priority' },
        { pointer: '/queue/name', message: 'must be "gpu" or "cpu" (is "tpu")' },
        { pointer: '/queue/priority', message: 'must be "urgent"' },
      ]);
    });

    it('not where its process does not say so', () => {
      expect(faultsOf(process, { inputs: { name: 'x' }, queue: { name: 'cpu' } })).toEqual([
        { pointer: '/queue/name', message: 'must not be set: process buffer does not let its clients choose it' },
      ]);
    });
  });

  it('asks for outputs in formats in which they are offered', () => {
    const format = { mediaType: 'image/tiff', encoding: 'utf-8' };
    const body = { inputs: { name: 'x' }, outputs: { map: { format }, area: { format: { mediaType: 1 } } } };
    expect(faultsOf(process, body)).toEqual([
      {
        pointer: '/outputs/map/format/mediaType',
        message: 'must be "image/png" or "application/json" (is "image/tiff")',
      },
      { pointer: '/outputs/map/format/encoding', message: 'must be "base64" or "binary" (is "utf-8")' },
      { pointer: '/outputs/area/format/mediaType', message: 'must be a string' },
    ]);
  });

  it('asks for all outputs where outputs is empty', () => {
    expect(parseExecuteRequest(process, { inputs: { name: 'x' }, outputs: {} })).not.toHaveProperty('outputs');
  });

  it('asks for none where outputs is empty and is read so', () => {
    const read = (body: object) =>
      parseExecuteRequest(process, { inputs: { name: 'x' }, ...body }, { emptyOutputs: 'none' });
    expect(read({ outputs: {} }).outputs).toEqual({});
    expect(read({}).outputs).toBeUndefined();
    expect(read({ outputs: null }).outputs).toBeUndefined();
    expect(read({ outputs: { area: {} } }).outputs).toEqual({ area: {} });
  });

  it('is refused as asking for unknown outputs where nothing else is wrong with it', () => {
    const unknown = { outputs: { volume: {}, area: {} } };
    expect(() => parseExecuteRequest(process, { inputs: { name: 'x' }, ...unknown })).toThrow(OutputNotFoundError);
    expect(() => parseExecuteRequest(process, unknown)).not.toThrow(OutputNotFoundError);
    expect(faultsOf(process, unknown)).toHaveLength(2);
  });

  it('has the faults told, too, that were found before it was read', () => {
    const fault = { pointer: 'size', message: 'must be JSON' };
    expect(() => parseExecuteRequest(process, { inputs: { name: 'x' } }, { faults: [fault] })).toThrow(
      expect.objectContaining({ faults: [fault] }),
    );
  });

  it('has all its faults told at once', () => {
    expect(
      faultsOf(process, {
        inputs: { size: 0, colour: 'red' },
        outputs: { volume: {}, area: { transmissionMode: 'pigeon' }, map: 1 },
        response: 'xml',
        subscriber: { successUri: 'ftp://example.org' },
      }),
    ).toEqual([
      { pointer: '/inputs/colour', message: 'is no input of process buffer; known are name, size, note' },
      { pointer: '/inputs/name', message: 'is missing; it is required' },
      { pointer: '/inputs/size', message: 'must be at least 1 (is 0)' },
      { pointer: '/outputs/volume', message: 'is no output of process buffer; known are area, map' },
      { pointer: '/outputs/area/transmissionMode', message: 'must be "value" or "reference" (is "pigeon")' },
      { pointer: '/outputs/map', message: 'must be an object with transmissionMode or format, or {}' },
      { pointer: '/response', message: 'must be "raw" or "document" (is "xml")' },
      { pointer: '/subscriber/successUri', message: 'must be an absolute http or https URI' },
    ]);
  });

  test.each([
    [undefined, { pointer: '', message: 'must be a JSON object with the member inputs' }],
    [[], { pointer: '', message: 'must be a JSON object with the member inputs' }],
    [{ inputs: [{ id: 'name', value: 'x' }] }, { pointer: '/inputs', message: 'must be an object (is an array)' }],
    [{}, { pointer: '/inputs/name', message: 'is missing; it is required' }],
  ])('%j is refused', (body, fault) => {
    expect(faultsOf(process, body)).toContainEqual(fault);
  });

  it('is refused where it is nested too deep to be walked through', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(faultsOf(process, { inputs: { name: deep } })).toEqual([
      { pointer: '', message: 'must not be nested deeper than 500 levels' },
    ]);
  });

  it('cannot pollute prototypes or pass inherited names', () => {
    const body: unknown = JSON.parse('{"inputs": {"name": "x", "__proto__": {"size": 9}, "constructor": 1}}');
    expect(faultsOf(process, body).map(({ pointer }) => pointer)).toEqual(['/inputs/__proto__', '/inputs/constructor']);
    expect(faultsOf(process, { inputs: { name: 'x' }, outputs: { toString: {} } })).toHaveLength(1);
    expect(({} as Record<string, unknown>)['size']).toBeUndefined();
  });
});

it('takes any output of a process that declares none: its jobs may give any', () => {
  const request = parseExecuteRequest(processWith({ inputs: {} }), { outputs: { plot: {} } });
  expect(request.outputs).toEqual({ plot: {} });
});

describe('the token input', () => {
  const protectedProcess = processWith({ inputs: { token: { schema: string } }, outputs }, { check_auth: true });
  const openWithOwn = processWith({ inputs: { token: { schema: string } }, outputs });
  const open = processWith({ inputs: {}, outputs });

  it('is taken out where the process asks for the API token, declared or not', () => {
    const body = { inputs: { token: 'abc' } };
    expect(tokenOf(protectedProcess, body)).toBe('abc');
    expect(parseExecuteRequest(protectedProcess, body)).toEqual({ inputs: {}, token: 'abc' });
    expect(parseExecuteRequest(open, body)).toEqual({ inputs: {}, token: 'abc' });
  });

  it('is not missing where it is declared and the token comes as bearer', () => {
    expect(parseExecuteRequest(protectedProcess, { inputs: {} })).toEqual({ inputs: {} });
  });

  it('is an ordinary input where the process declares it and asks for no token', () => {
    const body = { inputs: { token: 'word' } };
    expect(tokenOf(openWithOwn, body)).toBeUndefined();
    expect(parseExecuteRequest(openWithOwn, body)).toEqual({ inputs: { token: 'word' } });
  });

  test.each([[undefined], [null], [{}], [{ inputs: null }], [{ inputs: { token: 5 } }], [{ inputs: ['token'] }]])(
    'is not found in %j',
    (body) => {
      expect(tokenOf(protectedProcess, body)).toBeUndefined();
    },
  );
});

describe('the value of an input', () => {
  test.each<[string, unknown, unknown, string, string]>([
    ['type', string, 5, '', 'must be a string (is 5)'],
    ['several types', { type: ['string', 'null'] }, {}, '', 'must be a string or null (is an object)'],
    ['enum', { enum: ['a', 'b'] }, 'c', '', 'must be one of "a", "b" (is "c")'],
    ['const', { const: 1 }, 2, '', 'must be 1 (is 2)'],
    ['minimum', { minimum: 1 }, 0, '', 'must be at least 1 (is 0)'],
    ['exclusiveMaximum', { exclusiveMaximum: 1 }, 1, '', 'must be less than 1 (is 1)'],
    ['multipleOf', { multipleOf: 2 }, 3, '', 'must be a multiple of 2 (is 3)'],
    ['minLength', { minLength: 1 }, '', '', 'must have at least 1 character (is "")'],
    ['maxLength', { maxLength: 2 }, 'abc', '', 'must have at most 2 characters (is "abc")'],
    ['pattern', { pattern: '^a' }, 'b', '', 'must match the regular expression ^a (is "b")'],
    ['format', { format: 'date' }, 'today', '', 'must be of the format date (is "today")'],
    [
      'format, a zone',
      { format: 'date-time' },
      '2026-01-01T12:00:00',
      '',
      'must have a time zone, which is missing: Z for UTC, or an offset such as +01:00, at its end (is "2026-01-01T12:00:00")',
    ],
    [
      'format, no zone',
      { format: 'date-time' },
      '2026-13-01T12:00:00Z',
      '',
      'must be of the format date-time (is "2026-13-01T12:00:00Z")',
    ],
    ['items', { items: string }, ['a', 1], '/1', 'must be a string (is 1)'],
    ['required', { required: ['a/b'] }, {}, '/a~1b', 'is missing; it is required'],
    [
      'unknown members',
      { properties: { a: {} }, additionalProperties: false },
      { b: 1 },
      '/b',
      'is not known; known are a',
    ],
    ['uniqueItems', { uniqueItems: true }, [1, 1], '', 'must not hold the same item twice (items 0 and 1)'],
    [
      'oneOf',
      { oneOf: [string, { type: 'integer' }] },
      true,
      '',
      'must match one of the allowed alternatives: must be a string, or must be an integer (is true)',
    ],
    [
      'oneOf, several',
      { oneOf: [string, { minLength: 1 }] },
      'a',
      '',
      'must match only one of the allowed alternatives, and matches several (is "a")',
    ],
    ['base64', { type: 'string', contentEncoding: 'base64' }, '#', '', 'must be base64 (is "#")'],
    [
      'bbox',
      bbox,
      { bbox: [1, 2, 3] },
      '',
      'must be a bounding box: {"bbox": [4 or 6 numbers], "crs": a URI (default CRS84)}',
    ],
    [
      'feature collection',
      { format: 'geojson-feature-collection' },
      { type: 'Feature' },
      '',
      'must be a GeoJSON FeatureCollection: an object with type "FeatureCollection" and an array of features',
    ],
  ])('is checked by %s', (_, schema, value, pointer, message) => {
    expect(faultsOfValue(schema, value)).toEqual([{ pointer: `/inputs/value${pointer}`, message }]);
  });

  test.each<[string, unknown, unknown]>([
    ['a bounding box', bbox, { bbox: [0, 0, 1, 1] }],
    [
      'an OGC format as URI',
      { format: 'http://www.opengis.net/def/format/ogcapi-processes/0/geojson-geometry' },
      { type: 'Point', coordinates: [1, 2] },
    ],
    ['a link where the schema takes links', { format: 'ogc-link' }, { href: 'https://example.org' }],
    ['a qualified value', string, { value: 'a', mediaType: 'text/plain' }],
    ['a qualified value with format', { type: 'number' }, { value: 1, format: { mediaType: 'text/plain' } }],
    ['an object that only looks qualified', { type: 'object', required: ['value', 'other'] }, { value: 1, other: 2 }],
    ['an array of an array schema', { type: 'array', items: string }, ['a', 'b']],
    ['anything where a reference is not fetched', { $ref: 'https://geojson.org/schema/Feature.json' }, 5],
    ['what a local reference asks for', { $ref: '#/$defs/a', $defs: { a: string } }, 'a'],
  ])('may be %s', (_, schema, value) => {
    expect(faultsOfValue(schema, value)).toEqual([]);
  });

  it('has the faults of a qualified value told inside it', () => {
    expect(faultsOfValue(string, { value: 5, mediaType: 'text/plain' })).toEqual([
      { pointer: '/inputs/value/value', message: 'must be a string (is 5)' },
    ]);
  });

  it('may be a link to an http address where the schema takes none: what is there has to fit it', () => {
    expect(faultsOfValue(string, { href: 'https://example.org' })).toEqual([]);
    expect(faultsOfValue(string, { href: 'file:///etc/passwd' })).toEqual([
      { pointer: '/inputs/value/href', message: 'must be an absolute http or https URI' },
    ]);
  });

  it.each([{ type: 'image/tiff' }, { mediaType: 'image/tiff' }, { format: { mediaType: 'image/tiff' } }])(
    'by link has its media type in %j',
    (said) => {
      const inputs = { value: { href: 'https://example.org', ...said } };
      expect(parseExecuteRequest(withInput(string), { inputs }).links).toMatchObject([{ type: 'image/tiff' }]);
    },
  );

  it('by link says where any text fits', () => {
    const inputs = { value: { href: 'https://example.org' } };
    const linksTo = (schema: object) => parseExecuteRequest(withInput(schema), { inputs }).links;
    expect(linksTo(string)).toMatchObject([{ texts: 'any' }]);
    expect(linksTo({ type: 'string', contentEncoding: 'base64' })).toMatchObject([{ texts: 'base64' }]);
    expect(linksTo({ type: 'string', pattern: '^a' })?.[0]).not.toHaveProperty('texts');
  });

  it('is shortened in a message', () => {
    expect(faultsOfValue({ type: 'number' }, 'x'.repeat(1000))[0]?.message).toBe(
      `must be a number (is "${'x'.repeat(60)}…")`,
    );
  });
});

describe('the value of a secret-looking input', () => {
  const process = processWith({
    inputs: {
      apiKey: { schema: { type: 'string', maxLength: 3 } },
      login: {
        schema: { type: 'object', properties: { password: { oneOf: [{ type: 'integer' }, { maxLength: 2 }] } } },
      },
    },
    outputs,
  });

  it('is never repeated', () => {
    const faults = faultsOf(process, { inputs: { apiKey: 'hunter2', login: { password: 'swordfish' } } });
    expect(faults).toEqual([
      { pointer: '/inputs/apiKey', message: 'must have at most 3 characters' },
      {
        pointer: '/inputs/login/password',
        message: 'must match one of the allowed alternatives: must be an integer, or must have at most 2 characters',
      },
    ]);
  });
});

describe('the occurrences of an input', () => {
  test.each<[string, object, unknown]>([
    ['several values in an array', { maxOccurs: 3 }, ['a', 'b']],
    ['one value without an array', { maxOccurs: 3 }, 'a'],
    ['any number', { maxOccurs: 'unbounded' }, Array.from({ length: 100 }, () => 'a')],
    ['qualified values', { maxOccurs: 2 }, ['a', { value: 'b' }]],
  ])('may be %s', (_, occurs, value) => {
    expect(faultsOfValue(string, value, occurs)).toEqual([]);
  });

  it('may be one array of a schema of arrays', () => {
    expect(faultsOfValue({ type: 'array', items: { type: 'number' } }, [1, 2], { maxOccurs: 2 })).toEqual([]);
    expect(faultsOfValue({ type: 'array', items: { type: 'number' } }, [[1], [2]], { maxOccurs: 2 })).toEqual([]);
  });

  test.each<[object, unknown, RequestFault]>([
    [{ maxOccurs: 2 }, ['a', 'b', 'c'], { pointer: '/inputs/value', message: 'must have 0 to 2 values (has 3)' }],
    [{ minOccurs: 2, maxOccurs: 2 }, 'a', { pointer: '/inputs/value', message: 'must have 2 values (has 1)' }],
    [
      { minOccurs: 1, maxOccurs: 'unbounded' },
      [],
      { pointer: '/inputs/value', message: 'must have at least 1 value (has 0)' },
    ],
    [{ maxOccurs: 2 }, ['a', 5], { pointer: '/inputs/value/1', message: 'must be a string (is 5)' }],
    [{ maxOccurs: 1 }, ['a'], { pointer: '/inputs/value', message: 'must be a string (is an array)' }],
  ])('with %j are not %j', (occurs, value, fault) => {
    expect(faultsOfValue(string, value, occurs)).toEqual([fault]);
  });

  it('passes on whatever is given to a process that declares no inputs, but for the token', () => {
    const inputs = { anything: [1, { a: null }], more: 'x' };
    expect(parseExecuteRequest(processWith({}), { inputs }).inputs).toEqual(inputs);
    const asking = processWith({ inputs: { token: { schema: { type: 'string' } } } }, { check_auth: true });
    expect(parseExecuteRequest(asking, { inputs: { ...inputs, token: 'secret' } })).toMatchObject({
      inputs,
      token: 'secret',
    });
  });
});
