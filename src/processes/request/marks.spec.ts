import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { UnreadValue } from '../../json/unread-value.js';
import { InvalidRequestError, MOST_FAULTS, type RequestFault } from '../../ogc/domain-errors.js';
import { parseExecuteRequest } from './execute-request.js';
import { markFaults } from './marks.js';
import { processWith } from '../testing/process-fixture.js';

const SHA256 = 'a'.repeat(64);
const omitted = { omitted: { size: 20_000, sha256: SHA256 } };
const masked = { masked: true };
const optional = (schema: object) => ({ schema, minOccurs: 0 });
const process = processWith({
  inputs: {
    anything: optional({}),
    features: optional({ type: 'object' }),
    count: optional({ type: 'integer' }),
    password: optional({ type: 'string' }),
    tokenizer: optional({ type: 'object', properties: { masked: { type: 'boolean' } } }),
    summary: optional({ oneOf: [{ type: 'string' }, { type: 'object', properties: { omitted: { type: 'object' } } }] }),
  },
});
/** A process that says nothing of its inputs. */
const silent = processWith({});

function faultsOf(body: unknown, of = process): readonly RequestFault[] {
  try {
    parseExecuteRequest(of, body);
    return [];
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults;
    throw error;
  }
}
const pointersIn = (inputs: object) => markFaults({}, {}, { ...inputs }).map(({ pointer }) => pointer);
const isOmitted = { message: 'stands for a value that was not kept ({"omitted": …}); send the value' };
const isMask = { message: 'is a mask ({"masked": true}); send the value' };

/** As the parts of a form that are too large to be read have it. */
class Elsewhere extends UnreadValue {
  readonly type = 'object';
  readonly textSize = omitted.omitted.size;
  declare readonly omitted: UnreadValue['omitted'];

  constructor() {
    super();
    Object.defineProperty(this, 'omitted', { value: omitted.omitted, enumerable: true });
  }

  text(): Readable {
    return Readable.from([]);
  }
}

describe('a request that is shown, and sent again as it is,', () => {
  it.each([
    ['a value that was omitted', { features: omitted }, [{ pointer: '/inputs/features', ...isOmitted }]],
    ['one that is of another type', { count: omitted }, [{ pointer: '/inputs/count', ...isOmitted }]],
    ['a mask', { password: masked }, [{ pointer: '/inputs/password', ...isMask }]],
    [
      'masks anywhere in a value',
      { anything: [{ auth: { 'api/key': masked, user: 'me' } }], features: { token: masked } },
      [
        { pointer: '/inputs/anything/0/auth/api~1key', ...isMask },
        { pointer: '/inputs/features/token', ...isMask },
      ],
    ],
  ])('is refused for %s', (_what, inputs, faults) => {
    expect(faultsOf({ inputs })).toEqual(faults);
  });

  it('is refused where a process describes no inputs, as well', () => {
    expect(faultsOf({ inputs: { any: omitted, password: masked } }, silent)).toEqual([
      { pointer: '/inputs/any', ...isOmitted },
      { pointer: '/inputs/password', ...isMask },
    ]);
  });

  it('is refused for addresses that are masked, and inputs that are not named', () => {
    const subscriber = { successUri: { masked: true, host: 'example.org' } };
    expect(faultsOf({ subscriber, omittedInputs: { count: 3, size: 9, sha256: SHA256 } })).toEqual([
      { pointer: '/subscriber/successUri', message: 'is a mask ({"masked": true}); send the address' },
      {
        pointer: '/omittedInputs',
        message: 'says that there were inputs that are not named here; send them, and this member not',
      },
    ]);
  });

  it('is told what else is wrong with it', () => {
    expect(faultsOf({ inputs: { password: masked, count: 'many' } })).toEqual([
      { pointer: '/inputs/password', ...isMask },
      { pointer: '/inputs/count', message: expect.stringContaining('integer') },
    ]);
  });

  it('is told of so many marks and no more', () => {
    const inputs = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`i${n}`, omitted]));
    expect(faultsOf({ inputs }, silent)).toHaveLength(MOST_FAULTS);
  });

  it('is told where masks are that stand at different depths', () => {
    const any = [{ 'a/b': [{ key: masked }, { key: 1, token: masked }], c: { key: masked } }, 5, { key: masked }];
    expect(pointersIn({ any })).toEqual(
      ['0/a~1b/0/key', '0/a~1b/1/token', '0/c/key', '2/key'].map((place) => `/inputs/any/${place}`),
    );
  });

  it.each([
    ['very many masks beside each other', 200_000, 1],
    ['many masks that are deep', 2_000, 480],
  ])('is told of the first of %s, and not looked through for more', (_what, count, depth) => {
    let looks = 0;
    const mask = new Proxy({ ...masked }, { ownKeys: (target) => ((looks += 1), Reflect.ownKeys(target)) });
    let any: unknown = Array(count).fill({ key: mask });
    for (let level = 0; level < depth; level += 1) any = [any];
    expect(pointersIn({ any })).toEqual(
      Array.from({ length: MOST_FAULTS + 1 }, (_, at) => `/inputs/any${'/0'.repeat(depth)}/${at}/key`),
    );
    expect(looks).toBe(MOST_FAULTS + 1);
  });
});

describe('what only looks like a mark', () => {
  it.each([
    ['because its schema describes such a member', { tokenizer: masked, summary: omitted }],
    ['because its name is no secret', { anything: { mask: masked } }],
    ['because it says more', { anything: { ...omitted, more: 1 }, features: { token: { ...masked, by: 'me' } } }],
    ['because it is no digest', { anything: { omitted: { size: 1, sha256: 'x' } }, features: { omitted: true } }],
    ['because it stands within a value', { features: { properties: omitted } }],
    ['because it is a text', { password: '*', anything: 'omitted' }],
  ])('is taken %s', (_why, inputs) => {
    expect(faultsOf({ inputs })).toEqual([]);
  });

  it('is told from one with a value that is not read', () => {
    expect(markFaults({}, {}, { features: new Elsewhere() })).toEqual([]);
    expect(markFaults({}, {}, { features: omitted })).toHaveLength(1);
  });
});
