import { describe, expect, it } from '@jest/globals';
import { processWith } from '../testing/process-fixture.js';
import { formOperations } from './openapi-forms.js';
import type { RequestBodyObject } from './openapi-types.js';

const string = { type: 'string' };
const inputs = {
  'a/b.json': { title: 'A', schema: { type: 'number' }, minOccurs: 0 },
  features: { schema: string, maxOccurs: 2 },
  token: { schema: string },
};

describe('the operation that takes a form', () => {
  const paths = formOperations([processWith({ inputs })]);
  const operation = paths['/processes/buffer/form']?.post;
  const { content } = operation?.requestBody as RequestBodyObject;
  const fieldsOf = (mediaType: string) =>
    (content[mediaType]?.schema as { properties: Record<string, Record<string, unknown>> }).properties;

  it('stands at an address of each process', () => {
    expect(Object.keys(paths)).toEqual(['/processes/buffer/form']);
    expect(operation?.operationId).toBe('executeForm_buffer');
    expect(Object.keys(content)).toEqual(['multipart/form-data', 'application/x-www-form-urlencoded']);
  });

  it('has each input as a field, under its name in forms: a file, too, where there may be files', () => {
    const fields = fieldsOf('multipart/form-data');
    expect(Object.keys(fields).filter((name) => name.startsWith('input.'))).toEqual(
      ['input.a~1b~2json', 'input.features'].flatMap((name) => [name, `${name}.json`, `${name}.href`, `${name}.type`]),
    );
    expect(fields['input.a~1b~2json']).toEqual({
      title: 'A',
      anyOf: [{ type: 'number' }, { type: 'string', format: 'binary' }],
    });
    expect(fieldsOf('application/x-www-form-urlencoded')['input.a~1b~2json']).toEqual({ title: 'A', type: 'number' });
  });

  it('has the other parts of an execute request, and the token', () => {
    expect(Object.keys(fieldsOf('multipart/form-data'))).toEqual(
      expect.arrayContaining(['more.response', 'more.mode', 'more.subscriber.successUri', 'token', 'check', 'example']),
    );
  });

  it('answers as the execution, or leads to a page', () => {
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '201', '303', '400', '403', '413', '415', '503']),
    );
    expect(operation?.responses?.['200']).toMatchObject({ content: { 'text/html': { schema: string } } });
  });
});
