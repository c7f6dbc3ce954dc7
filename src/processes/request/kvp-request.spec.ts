import { describe, expect, it, test } from '@jest/globals';
import { ExactNumber } from '../../json/exact-number.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { parseExecuteRequest } from './execute-request.js';
import { readKvpRequest } from './kvp-request.js';
import { processWith } from '../testing/process-fixture.js';

const string = { type: 'string' };
const bbox = { type: 'object', format: 'ogc-bbox' };
const process = processWith({
  inputs: {
    text: { schema: string },
    count: { schema: { type: 'integer', maximum: 9 } },
    flag: { schema: { type: 'boolean' } },
    mixed: { schema: { oneOf: [string, { type: 'number' }] } },
    structured: { schema: { oneOf: [{ type: 'object' }, string] } },
    any: { schema: {} },
    kind: { schema: { enum: ['a', 1] } },
    box: { schema: bbox },
    anyBox: { schema: { allOf: [{ format: 'ogc-bbox' }, { type: 'object' }] } },
    list: { schema: { type: 'array', items: { type: 'number' } } },
    object: { schema: { type: 'object' } },
    image: { schema: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' } },
    colours: { schema: string, maxOccurs: 4 },
    numbers: { schema: { type: 'number' }, maxOccurs: 'unbounded' },
    lists: { schema: { type: 'array' }, maxOccurs: 3 },
    boxes: { schema: bbox, maxOccurs: 2 },
    shapes: { schema: { oneOf: [string, { type: 'object' }] }, maxOccurs: 2 },
    'a/b': { schema: { type: 'number' } },
    both: { schema: { type: 'object' } },
  },
  outputs: { map: { schema: {} }, both: { schema: {} } },
});

/** A number that is kept as it was written. */
const exact = (number: string | number) => (typeof number === 'string' ? new ExactNumber(number) : number);

const read = (query: string, of = process) => readKvpRequest(of, query, (name) => name.startsWith('utm_'));
const inputsOf = (query: string) => {
  const { body, faults } = read(query);
  expect([query, faults]).toEqual([query, []]);
  return body.inputs;
};
/** `[place, message]` of everything that is wrong, with the query and with what it says. */
function faultsOf(query: string): (readonly [string, string])[] {
  const { body, faults, placed } = read(query);
  const optional = processWith({
    inputs: Object.fromEntries(
      Object.entries(process.description.inputs).map(([id, input]) => [id, { ...input, minOccurs: 0 }]),
    ),
    outputs: process.description.outputs,
  });
  let all: readonly RequestFault[] = [];
  try {
    parseExecuteRequest(optional, body, { faults });
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    all = error.faults;
  }
  return placed(all).map(({ pointer, message }) => [pointer, message]);
}

describe('a value in a query', () => {
  test.each<[string, unknown]>([
    ['text=String+value', { text: 'String value' }],
    ['text=2021-05-24T20%3A40:13-05:00', { text: '2021-05-24T20:40:13-05:00' }],
    ['text=5', { text: '5' }],
    ['text=%22a%22', { text: '"a"' }],
    ['text=a=b', { text: 'a=b' }],
    ['text=', { text: '' }],
    ['text', { text: '' }],
    ['count=10', { count: 10 }],
    ['count=ten', { count: 'ten' }],
    ['flag=true&count=-3', { flag: true, count: -3 }],
    ['mixed=5', { mixed: 5 }],
    ['mixed=%225%22', { mixed: '5' }],
    ['mixed=true', { mixed: 'true' }],
    ['mixed=a,b', { mixed: 'a,b' }],
    ['any=%7B%22a%22%3A1%7D', { any: { a: 1 } }],
    ['any=plain', { any: 'plain' }],
    ['kind=a', { kind: 'a' }],
    ['kind=1', { kind: 1 }],
    ['box=51.9,7,52,7.1', { box: { bbox: [51.9, 7, 52, 7.1] } }],
    ['box=1,2,3,4,5,6&box[crs]=urn%3Ax', { box: { bbox: [1, 2, 3, 4, 5, 6], crs: 'urn:x' } }],
    ['box%5Bcrs%5D=urn:x&box=1%2C2%2C3%2C4', { box: { bbox: [1, 2, 3, 4], crs: 'urn:x' } }],
    ['box=%7B%22bbox%22%3A%5B1,2,3,4%5D%7D', { box: { bbox: [1, 2, 3, 4] } }],
    ['anyBox=1,2,3,4', { anyBox: { bbox: [1, 2, 3, 4] } }],
    ['list=[1,2]', { list: [1, 2] }],
    ['object=%7B%22value%22%3A%7B%22x%22%3A1%7D%7D', { object: { value: { x: 1 } } }],
    ['image=QUJD', { image: 'QUJD' }],
    ['image[value]=QUJD&image[mediaType]=image/png', { image: { value: 'QUJD', mediaType: 'image/png' } }],
    ['object[value]=%7B%7D&object[schema]=%7B%22type%22:1%7D', { object: { value: {}, schema: { type: 1 } } }],
    [
      'image[href]=https://a.example/i.png&image[type]=image/png',
      { image: { href: 'https://a.example/i.png', type: 'image/png' } },
    ],
    ['colours=blue,green', { colours: ['blue', 'green'] }],
    ['colours=a%2Cb,c', { colours: ['a,b', 'c'] }],
    ['colours=a%2Cb', { colours: 'a,b' }],
    ['colours=a&colours=b', { colours: ['a', 'b'] }],
    ['numbers=1,2', { numbers: [1, 2] }],
    ['numbers=1%2C2', { numbers: [1, 2] }],
    ['numbers=[1,2]', { numbers: [1, 2] }],
    ['numbers=1&numbers=2', { numbers: [1, 2] }],
    ['numbers=1', { numbers: 1 }],
    ['numbers=1,x', { numbers: [1, 'x'] }],
    [
      'lists=%5B1%2C2%2C3%5D,%5B6%2C7%2C8%5D',
      {
        lists: [
          [1, 2, 3],
          [6, 7, 8],
        ],
      },
    ],
    ['lists=[1,2]', { lists: [[1, 2]] }],
    [
      'box=5.0,47.10,6,48.00000000000000000001',
      { box: { bbox: ['5.0', '47.10', 6, '48.00000000000000000001'].map(exact) } },
    ],
    ['boxes=1.0,2,3,4', { boxes: { bbox: [exact('1.0'), 2, 3, 4] } }],
    ['mixed=1.0', { mixed: exact('1.0') }],
    ['mixed=12345678901234567890', { mixed: exact('12345678901234567890') }],
    ['structured=1.0', { structured: '1.0' }],
    ['structured=%7B%22a%22%3A1.0%7D', { structured: { a: exact('1.0') } }],
    ['boxes=1,2,3,4', { boxes: { bbox: [1, 2, 3, 4] } }],
    ['boxes=1,2,3,4&boxes=5,6,7,8', { boxes: [{ bbox: [1, 2, 3, 4] }, { bbox: [5, 6, 7, 8] }] }],
    ['shapes=%7B%22a%22%3A1%7D,%7B%22b%22%3A%5B1%2C2%5D%7D', { shapes: [{ a: 1 }, { b: [1, 2] }] }],
    ['shapes=POINT(1%2C2),%7B%22b%22%3A1%7D', { shapes: ['POINT(1,2)', { b: 1 }] }],
    ['TEXT=x&Count=1', { text: 'x', count: 1 }],
    ['a%2Fb=1', { 'a/b': 1 }],
  ])('%s is %j', (query, expected) => {
    expect(inputsOf(query)).toEqual(expected);
  });

  it('cannot pollute prototypes', () => {
    const { inputs } = read('__proto__=x&constructor[href]=y', processWith({})).body;
    expect(Object.keys(inputs).sort()).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
  });

  it('of a process that declares no inputs is text, or a link', () => {
    expect(read('a=5&b[href]=https://x.example', processWith({})).body).toEqual({
      inputs: { a: '5', b: { href: 'https://x.example' } },
    });
  });
});

describe('names in a query', () => {
  it('are exact where they differ in case only', () => {
    const twins = processWith({ inputs: { a: { schema: string }, A: { schema: string } } });
    expect(read('A=1&a=2', twins).body.inputs).toEqual({ A: '1', a: '2' });
  });

  it('that are unknown are refused, but for those that are ignored', () => {
    expect(faultsOf('utm_source=x&nothing=1&text[nothing]=2&box[include]=true')).toEqual([
      ['nothing', expect.stringContaining('is no parameter of process')],
      ['text[nothing]', expect.stringContaining('is no parameter of process')],
      ['box', expect.stringContaining('is no output of process')],
    ]);
  });

  it('are not those of headers, but for response[f] and response[prefer]', () => {
    expect(read('response[f]=image%2Fpng;q=0.5&response[prefer]=respond-async&response[prefer]=wait=5')).toMatchObject({
      headers: { accept: 'image/png;q=0.5', prefer: 'respond-async, wait=5' },
      faults: [],
    });
  });

  it('do not take the API token', () => {
    const asking = processWith({ inputs: { token: { schema: string } } }, { check_auth: true });
    const { body, faults } = read('token=secret', asking);
    expect(body.inputs).toEqual({});
    expect(faults).toEqual([{ pointer: 'token', message: expect.stringContaining('Authorization: Bearer') }]);
    expect(JSON.stringify(faults)).not.toContain('secret');
    const own = processWith({ inputs: { token: { schema: string } } });
    expect(read('token=word', own).body.inputs).toEqual({ token: 'word' });
  });
});

describe('outputs in a query', () => {
  test.each<[string, object | undefined]>([
    ['', undefined],
    ['map[include]=true', { map: {} }],
    ['MAP[include]=TRUE&both[include]=true', { map: {}, both: {} }],
    [
      'map[include]=true&map[mediaType]=image%2Fpng&map[encoding]=binary',
      { map: { format: { mediaType: 'image/png', encoding: 'binary' } } },
    ],
    ['map[include]=false', { both: {} }],
    ['map[include]=false&both[include]=false', {}],
    ['map[include]=true&both[include]=false', { map: {} }],
    ['both[include]=true&both[mediaType]=text/plain', { both: { format: { mediaType: 'text/plain' } } }],
    ['both[include]=true&both[mediaType]=text/plain&both[value]=%7B%7D', { both: {} }],
  ])('%s asks for %j', (query, expected) => {
    const { body, faults } = read(query);
    expect([body.outputs, faults]).toEqual([expected, []]);
  });

  it('are not asked for by anything but true and false, and by a format alone', () => {
    expect(faultsOf('map[include]=yes&both[mediaType]=x')).toEqual([
      ['map[include]', 'must be true or false'],
      ['both[include]', 'must be true or false'],
    ]);
  });
});

describe('faults of a query', () => {
  test.each<[string, (readonly [string, unknown])[]]>([
    ['count=10', [['count', 'must be at most 9 (is 10)']]],
    ['COUNT=x', [['COUNT', 'must be an integer (is "x")']]],
    ['flag=yes', [['flag', expect.stringContaining('must be a boolean')]]],
    ['list=%5B1,', [['list', 'must be JSON, percent-encoded']]],
    ['list=[1,%22a%22]', [['list/1', 'must be a number (is "a")']]],
    ['object=plain', [['object', 'must be JSON, percent-encoded']]],
    ['box=1,2,3', [['box', 'must be JSON, percent-encoded']]],
    ['text[crs]=x&text=y', [['text', 'has no [crs]: it is no bounding box']]],
    ['text=a&text[href]=b', [['text', 'must not be given both by itself and by [href]']]],
    ['text[mediaType]=b', [['text', 'needs a value of its own, [value] or [href] beside [mediaType]']]],
    ['text[href]=ftp:x', [['text[href]', 'must be an absolute http or https URI']]],
    ['count[value]=10', [['count[value]', 'must be at most 9 (is 10)']]],
    ['count[value]=1&count[value]=2', [['count[value]', 'must be given once']]],
    ['text=a&text=b', [['text', 'must be given once']]],
    ['text=%ff', [['text', 'must be UTF-8, percent-encoded']]],
    ['%ff=1', [['%ff', 'must be UTF-8, percent-encoded']]],
    ['colours=a,b,c,d,e', [['colours', 'must have 0 to 4 values (has 5)']]],
    ['a%2Fb=x', [['a/b', 'must be a number (is "x")']]],
  ])('%s are %j', (query, expected) => {
    expect(faultsOf(query)).toEqual(expected);
  });
});
