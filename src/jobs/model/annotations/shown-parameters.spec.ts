import { describe, expect, it } from '@jest/globals';
import { shownParameters } from './shown-parameters.js';

const PARAMETERS = 'pygeoapi.io/parameters';
const SHORT = 'processes.pygeoapi.io/parameters';
const own = { 'processes.pygeoapi.io/format-version': '1' };
const long = JSON.stringify({ text: 'x'.repeat(2000) });

describe('the inputs that a status shows', () => {
  it('are those of the Job, to the digit', () => {
    expect(shownParameters({ ...own, [PARAMETERS]: '{"n":1.0}' })).toBe('{"n":1.0}');
  });

  it('are a shorter text where they are long', () => {
    expect(shownParameters({ ...own, [PARAMETERS]: long, [SHORT]: '{"text":{}}' })).toBe('{"text":{}}');
    expect(shownParameters({ ...own, [PARAMETERS]: long })).toBeUndefined();
    expect(shownParameters({ ...own, [PARAMETERS]: long, [SHORT]: long })).toBeUndefined();
  });

  it('are masked where the predecessor made the Job', () => {
    const text = '{"name":"a","api_key":"hush","n":12345678901234567890,"in":{"password":"hush"}}';
    expect(shownParameters({ [PARAMETERS]: text })).toBe(
      '{"name":"a","api_key":"*","n":12345678901234567890,"in":{"password":"*"}}',
    );
  });

  it.each(['', '{', '[]', '1'])('are none where the predecessor wrote %j', (text) => {
    expect(shownParameters({ [PARAMETERS]: text })).toBeUndefined();
  });
});
