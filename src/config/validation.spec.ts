import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Section, YamlBoolean } from './constraints.js';
import { markFromEnvironment } from './provenance.js';
import { validateDefinition } from './validation.js';

class Entry {
  @IsString()
  name!: string;

  @IsOptional()
  @IsString()
  secret_name?: string;
}

class Inner {
  @IsIn(['auto', 'embedded'])
  mode!: string;

  @IsOptional()
  @IsString()
  password?: string;
}

class Definition {
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Entry)
  env?: Entry[];

  @IsOptional()
  @Section(() => Inner)
  inner?: Inner;

  @IsOptional()
  @IsString({ each: true })
  command?: string[];

  @IsOptional()
  @IsInt()
  count?: number;

  @IsOptional()
  @YamlBoolean()
  check_auth?: boolean;
}

const validate = (plain: unknown) => validateDefinition(Definition, plain, 'c.yaml', 'resources.x.processor');

describe('validateDefinition', () => {
  it('gives the class and no faults where all is well', () => {
    const { value, faults, unknownKeys } = validate({
      env: [{ name: 'A' }],
      inner: { mode: 'auto' },
      check_auth: 'Off',
    });
    expect({ faults, unknownKeys }).toEqual({ faults: [], unknownKeys: [] });
    expect(value).toEqual({ env: [{ name: 'A' }], inner: { mode: 'auto' }, check_auth: false });
    expect([value, value.env?.[0], value.inner].map((part) => part?.constructor)).toEqual([Definition, Entry, Inner]);
  });

  it('lists every fault with its path, what is allowed and what was found', () => {
    const { faults } = validate({
      env: [{ name: 'A' }, { secret_name: 5 }, 'B'],
      inner: { mode: 'foo' },
      command: ['a', 1],
      count: [1],
      check_auth: 'perhaps',
    });
    expect(
      faults.map(({ path, message }) => `${path.replace('resources.x.processor.', '')} ${message}`).sort(),
    ).toEqual([
      'check_auth must be true or false (is "perhaps")',
      'command each value must be a string (is a list)',
      'count must be an integer number (is a list)',
      'env[1].name must be a string (is not set)',
      'env[1].secret_name must be a string (the value is not shown)',
      'env[2] must be a mapping (is "B")',
      'inner.mode must be one of auto, embedded (is "foo")',
    ]);
    expect(faults.every(({ path }) => path.startsWith('resources.x.processor.'))).toBe(true);
  });

  it('lists unknown keys, and keeps them', () => {
    const { value, faults, unknownKeys } = validate({ 'a.b': 1, inner: { mode: 'auto', extra: 2 } });
    expect(faults).toEqual([]);
    expect(unknownKeys).toEqual(['resources.x.processor["a.b"]', 'resources.x.processor.inner.extra']);
    expect(value).toEqual({ 'a.b': 1, inner: { mode: 'auto', extra: 2 } });
  });

  it('shows neither secrets nor what came from the environment', () => {
    const plain = { count: 'from-environment', inner: { mode: 'auto', password: 12345 } };
    markFromEnvironment(plain, 'count');
    const { faults } = validate(plain);
    expect(faults.map(({ message }) => message).sort()).toEqual([
      'must be a string (the value is not shown)',
      'must be an integer number (the value is not shown)',
    ]);
  });

  it.each([
    ['https://me:hidden@example.org/x', 'https://…@example.org/x'],
    ['https://me:a@b@one,https://me:\nhidden@two', 'https://…@two'],
    ['me@one https://two', 'me@one https://two'],
    ['/@', '/@'],
    ['//@', '//…@'],
  ])('hides user and password of an address: %j', (address, shown) => {
    expect(validate({ count: address }).faults[0]?.message).toBe(`must be an integer number (is "${shown}")`);
  });

  it.each([
    [[], 'must be a mapping (is a list)'],
    [null, 'must be a mapping (is empty)'],
    ['text', 'must be a mapping (is "text")'],
  ])('refuses %j', (plain, message) => {
    expect(validate(plain).faults).toEqual([{ path: 'resources.x.processor', message }]);
  });

  it('refuses a list where a section belongs', () => {
    expect(validate({ inner: [{ mode: 'auto' }] }).faults).toEqual([
      { path: 'resources.x.processor.inner', message: 'must be a mapping (is a list)' },
    ]);
  });
});
