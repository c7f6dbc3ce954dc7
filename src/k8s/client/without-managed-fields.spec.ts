import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { withoutManagedFields } from './without-managed-fields.js';

/** Text that looks like what is cut out, and like its end. */
const text = fc.oneof(fc.string(), fc.constantFrom(']},"spec":', ',"managedFields":[', '"', '\\', 'ä€🌍', '}]'));
const texts = fc.dictionary(text, text);
/** As the API server says who set what: members are named after fields, or after the keys of what stands in a list. */
const field = fc.oneof(
  fc.constantFrom('.', 'f:spec', 'f:metadata'),
  text.map((name) => `f:${name}`),
  text.map((name) => `k:${JSON.stringify({ name })}`),
  text.map((value) => `v:${JSON.stringify([value])}`),
);
const { fields } = fc.letrec<{ fields: object }>((tie) => ({
  fields: fc.dictionary(field, fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('fields')), { maxKeys: 4 }),
}));
const managed = fc.array(fc.record({ manager: text, operation: fc.constant('Update'), fieldsV1: fields }), {
  minLength: 1,
});
const metadata = fc.record({ name: text, labels: texts, annotations: texts, finalizers: fc.array(text) });

/** An object, and what is left of it. */
const objects = fc
  .record({
    metadata,
    templateMetadata: metadata,
    managed: fc.option(managed),
    ofTemplate: fc.option(managed),
    args: fc.array(text),
    status: texts,
  })
  .map(({ managed: managedFields, ofTemplate, ...own }) => {
    const object = (fieldsOf: (of: unknown) => object) => ({
      metadata: { ...own.metadata, ...fieldsOf(managedFields) },
      spec: { template: { metadata: { ...own.templateMetadata, ...fieldsOf(ofTemplate) }, spec: { args: own.args } } },
      status: own.status,
    });
    return {
      whole: object((of) => (of === null ? {} : { managedFields: of })),
      left: object(() => ({})),
    };
  });

const kinds = fc.constantFrom({ kind: 'Job', apiVersion: 'batch/v1' }, { kind: 'Pod', apiVersion: 'v1' });
/** Texts are compared: V8 reads some keys wrongly (findings/json-keys-in-v8.sh). */
const cut = (value: unknown) => withoutManagedFields(Buffer.from(JSON.stringify(value)));

describe('the JSON of the API server', () => {
  it('has Jobs and pods, and events of them, without who set what, and with all else', () => {
    fc.assert(
      fc.property(kinds, objects, (kind, { whole, left }) => {
        expect(cut({ ...kind, ...whole })).toBe(JSON.stringify({ ...kind, ...left }));
        const event = (object: object) => ({ type: 'MODIFIED', object: { ...kind, ...object } });
        expect(cut(event(whole))).toBe(JSON.stringify(event(left)));
      }),
    );
  });

  it('has lists of them so', () => {
    fc.assert(
      fc.property(kinds, fc.array(objects, { minLength: 1, maxLength: 5 }), ({ kind, apiVersion }, all) => {
        const list = { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '5', remainingItemCount: 3 } };
        expect(cut({ ...list, items: all.map(({ whole }) => whole) })).toBe(
          JSON.stringify({ ...list, items: all.map(({ left }) => left) }),
        );
      }),
    );
  });

  const managedFields = [{ manager: 'x', fieldsV1: { 'f:spec': {} } }];
  it.each([
    ['another kind', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', managedFields }, spec: {} }],
    [
      'members in another order',
      {
        kind: 'Job',
        apiVersion: 'batch/v1',
        metadata: { annotations: {}, managedFields, name: 'x', finalizers: ['x'] },
        spec: {},
      },
    ],
    [
      'fields that are not the last of their metadata',
      { kind: 'Job', apiVersion: 'batch/v1', metadata: { name: 'x', managedFields, uid: 'x' }, spec: {} },
    ],
    ['an error', { kind: 'Status', apiVersion: 'v1', metadata: {}, message: 'x' }],
    ['no object', 'x'],
  ])('is as it was of %s', (_what, value) => {
    expect(cut(value)).toBe(JSON.stringify(value));
  });
});
