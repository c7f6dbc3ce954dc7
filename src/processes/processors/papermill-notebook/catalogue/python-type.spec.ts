import { describe, expect, test } from '@jest/globals';
import { schemaOfType } from './python-type.js';

describe('the JSON Schema of an annotation', () => {
  const string = { type: 'string' };
  const integer = { type: 'integer' };
  test.each([
    ['str', string],
    ['int', integer],
    ['float', { type: 'number' }],
    ['bool', { type: 'boolean' }],
    ['None', { type: 'null' }],
    ['"str"', string],
    ['pathlib.Path', string],
    ['list', { type: 'array' }],
    ['List[int]', { type: 'array', items: integer }],
    ['list[list[str]]', { type: 'array', items: { type: 'array', items: string } }],
    ['Tuple[int, ...]', { type: 'array', items: integer }],
    ['tuple[int, str]', { type: 'array', prefixItems: [integer, string], minItems: 2, maxItems: 2 }],
    ['dict', { type: 'object' }],
    ['typing.Dict[str, int]', { type: 'object', additionalProperties: integer }],
    ['Optional[str]', { type: ['string', 'null'] }],
    ['int | None', { type: ['integer', 'null'] }],
    ['Union[int, List[int]]', { anyOf: [integer, { type: 'array', items: integer }] }],
    ['Optional[Any]', {}],
    ['Literal["a", \'b\', 3, None]', { enum: ['a', 'b', 3, null] }],
    ['Literal["a", "b", "a"]', { enum: ['a', 'b'] }],
    ['Literal["a", Color.RED]', {}],
    ['Literal[Color.RED]', {}],
    ['Literal[]', {}],
    ['Union[]', {}],
    ['Annotated[int, "metres"]', integer],
    ['Callable[[int], str]', {}],
    ['datetime.date', {}],
    ['Any', {}],
    // What is no annotation says nothing, and harms nobody.
    ['', {}],
    ['list[', {}],
    ['int]', {}],
    ['lambda: 0', {}],
    ['constructor', {}],
    ['list['.repeat(1000) + ']'.repeat(1000), {}],
  ])('%.40s', (annotation, schema) => {
    expect(schemaOfType(annotation)).toEqual(schema);
  });
});
