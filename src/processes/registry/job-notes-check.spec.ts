import { expect, it, test } from '@jest/globals';
import { checkedNotes } from './job-notes-check.js';

it('copies messages and labels', () => {
  const notes = { messages: { 'result-link': 'https://example.com' }, labels: { runtime: 'fargate' } };
  const checked = checkedNotes(notes);
  expect(checked).toEqual(notes);
  expect(checked.messages).not.toBe(notes.messages);
});

test.each([undefined, null, {}])('takes %j for none', (returned) => {
  expect(checkedNotes(returned).messages ?? {}).toEqual({});
});

test.each([
  [[], 'mappings of texts'],
  [{ messages: { x: 1 } }, 'mappings of texts'],
  [{ labels: [] }, 'mappings of texts'],
  [{ messages: { identifier: 'x' } }, 'under the key "identifier"'],
  [{ messages: { 'result-value': 'x' } }, 'under the key "result-value"'],
  [{ messages: { 'a/b': 'x' } }, 'under the key "a/b"'],
  [{ messages: { x: 'x'.repeat(20_000) } }, 'at most 16384 bytes'],
  [{ labels: { runtime: 'a b' } }, 'label "runtime"'],
  [{ labels: { 'a b': 'x' } }, 'label "a b"'],
])('refuses what cannot be noted (%#)', (returned, message) => {
  expect(() => checkedNotes(returned)).toThrow(message);
});
