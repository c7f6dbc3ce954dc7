import { describe, expect, it } from '@jest/globals';
import type { ExecuteRequest } from '../../processes/request/execute-request.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { aJob } from '../testing/records.js';
import { shownRequest } from './job-requests.js';
import { type Asked, formatsOf, keepRequest } from './kept-request.js';

type Annotations = Readonly<Record<string, string>>;
const ROOM = 20_000;
const SHOWN = 'processes.pygeoapi.io/shown-request';
const PARAMETERS = 'pygeoapi.io/parameters';
const SHORT = 'processes.pygeoapi.io/parameters';
const sizeOf = (annotations: Annotations) => Buffer.byteLength(JSON.stringify(annotations));
const keep = (inputs: ExecuteRequest['inputs'], asked: Asked = {}, room = ROOM) =>
  keepRequest(maskSecrets(inputs), asked, room).annotations;
const request = { response: 'raw' } as const;

describe('a request that is kept', () => {
  it('is shown, secrets masked and addresses by their hosts', () => {
    const formats = { map: { mediaType: 'image/png' } };
    const kept = keep(
      { text: 'a', password: 'hush', in: [{ apiKey: 'hush', n: 1 }] },
      { formats, queue: { name: 'gpu' }, prefer: 'respond-async, wait=5', mode: 'sync' },
    );
    expect(JSON.stringify(kept)).not.toContain('hush');
    const subscription = { base: 'https://api', uris: { success: 'https://me:hush@example.org:8443/a?hush' } };
    const job = aJob({
      subscription,
      request: { response: 'document', outputs: ['map', 'log'], references: ['map'] },
    });
    expect(shownRequest(job, kept)).toEqual({
      processId: 'hello',
      inputs: { text: 'a', password: { masked: true }, in: [{ apiKey: { masked: true }, n: 1 }] },
      outputs: {
        map: { transmissionMode: 'reference', format: { mediaType: 'image/png' } },
        log: { transmissionMode: 'value' },
      },
      response: 'document',
      subscriber: { successUri: { masked: true, host: 'example.org:8443' } },
      queue: { name: 'gpu' },
      mode: 'sync',
      prefer: 'respond-async, wait=5',
    });
  });

  it('says that all outputs were preferred by reference', () => {
    const job = aJob({ request: { response: 'raw', references: ['a', 'b'] } });
    expect(shownRequest(job, keep({}))?.outputs).toEqual({
      a: { transmissionMode: 'reference' },
      b: { transmissionMode: 'reference' },
    });
  });

  it('has room whatever a client sends, and says what it has not', () => {
    const formats = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`o${n}`, { mediaType: 'text/csv', schema: 'x'.repeat(5000) }]),
    );
    const asked = {
      formats: formatsOf(Object.fromEntries(Object.entries(formats).map(([id, format]) => [id, { format }]))),
    };
    expect(asked.formats?.['o1']).toEqual({ mediaType: 'text/csv' });
    for (const inputs of [
      { small: 1, large: 'ü"'.repeat(1_000_000) },
      Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`input ${n}`, n])),
    ])
      for (const room of [0, 300, 700, 1_500, 3_000, ROOM]) {
        const kept = keep(inputs, asked, room);
        expect(sizeOf(kept)).toBeLessThanOrEqual(room + 2);
        if (room < 3_000) continue;
        const { inputs: shown = {}, omittedInputs } = shownRequest(aJob({ request }), kept) ?? {};
        expect(Object.keys(shown).length + (omittedInputs?.count ?? 0)).toBe(Object.keys(inputs).length);
      }
  });

  it('has a shorter text for statuses where its inputs are long', () => {
    const inputs = { small: 1, large: 'x'.repeat(5000) };
    const { [PARAMETERS]: whole = '', [SHORT]: short = '' } = keep(inputs);
    expect(JSON.parse(whole)).toEqual(inputs);
    expect(JSON.parse(short)).toMatchObject({ small: 1, large: { omitted: { size: 5002 } } });
    expect(keep({ small: 1 })).not.toHaveProperty([SHORT]);
    expect(keep({ large: 'x'.repeat(100_000) })).not.toHaveProperty([SHORT]);
  });

  it('shows no inputs that others have put in their place', () => {
    const kept = { ...keep({ text: 'mine' }), [PARAMETERS]: '{"text":"theirs"}' };
    expect(shownRequest(aJob({ request }), kept)).toEqual({ processId: 'hello', response: 'raw' });
  });
});

describe('a Job of an earlier version', () => {
  it('tells what it has', () => {
    const job = aJob({ request: { response: 'raw', outputs: [] } });
    expect(shownRequest(job, { [PARAMETERS]: '{"token":"*","n":1.0}' })).toMatchObject({
      inputs: { token: { masked: true } },
      outputs: {},
      response: 'raw',
    });
    expect(JSON.stringify(shownRequest(job, { [PARAMETERS]: '{"n":1.0}' }))).toContain('"n":1.0');
    expect(shownRequest(job, {})).toEqual({ processId: 'hello', outputs: {}, response: 'raw' });
  });

  it('of the predecessor is masked', () => {
    expect(shownRequest(aJob(), { [PARAMETERS]: '{"in":{"password":"hush"}}' })).toEqual({
      processId: 'hello',
      inputs: { in: { password: { masked: true } } },
    });
  });

  it('has nothing to tell where it has no request', () => {
    expect(shownRequest(aJob(), {})).toBeUndefined();
  });

  it.each(['', '{', '[]', '{"formats":1,"prefer":2,"mode":3,"queue":4,"digest":5,"rest":6}'])(
    'is not broken by an annotation that is %j',
    (text) => {
      expect(shownRequest(aJob({ request }), { [SHOWN]: text, [PARAMETERS]: '{"a":1}' })).toEqual({
        processId: 'hello',
        inputs: { a: 1 },
        response: 'raw',
      });
    },
  );
});
