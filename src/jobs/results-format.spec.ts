import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { formatDocument, formatRaw, type OutputContext, type RawAnswer } from './results-format.js';

const string = { schema: { type: 'string' } };
const one: OutputContext = { outputs: { echo: string } };
const two: OutputContext = {
  outputs: {
    text: string,
    picture: { schema: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' } },
  },
};

const printed = (body: string | Buffer, mediaType: string) => ({
  mediaType,
  size: Buffer.byteLength(body),
  body: Buffer.from(body),
});
const streamed = (body: string | Buffer, mediaType: string) => ({
  ...printed(body, mediaType),
  body: () => Readable.from([Buffer.from(body)]),
});
const read = async (answer: RawAnswer) => ({
  mediaType: answer.mediaType,
  size: answer.size,
  body: answer.body && (await text(answer.body)),
});
const document = async (answer: RawAnswer): Promise<unknown> => JSON.parse((await read(answer)).body ?? '');

describe('raw results', () => {
  it('of one output are its bytes in its media type', async () => {
    expect(await read(await formatRaw(streamed('a\n', 'text/csv'), one))).toEqual({
      mediaType: 'text/csv',
      size: 2,
      body: 'a\n',
    });
  });

  it('of a process that is not configured any more are what the job printed', async () => {
    expect(await read(await formatRaw(streamed('{}', 'application/json'), { outputs: {} }))).toEqual({
      mediaType: 'application/json',
      size: 2,
      body: '{}',
    });
  });

  it('are nothing where the job printed none', async () => {
    expect(await formatRaw(undefined, one)).toEqual({});
  });

  it('of several outputs are multipart/related, binary ones decoded', async () => {
    const answer = await read(
      await formatRaw(streamed('{"text":"ä","picture":"AQID","other":1}', 'application/json'), two),
    );
    const boundary =
      /^multipart\/related; boundary="([^"]+)"; type="text\/plain; charset=utf-8"$/.exec(answer.mediaType ?? '')?.[1] ??
      '';
    expect(answer.body).toBe(
      [
        `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-ID: <text>\r\nContent-Length: 2\r\n\r\nä`,
        `--${boundary}\r\nContent-Type: image/png\r\nContent-ID: <picture>\r\nContent-Length: 3\r\n\r\n\u0001\u0002\u0003`,
        `--${boundary}--\r\n`,
      ].join('\r\n'),
    );
    expect(answer.size).toBe(Buffer.byteLength(answer.body ?? ''));
  });

  it('of the one output that was asked for are that', async () => {
    const answer = await formatRaw(streamed('{"text":"ä","picture":"AQID"}', 'application/json'), {
      ...two,
      selected: ['picture'],
    });
    expect(await read(answer)).toEqual({ mediaType: 'image/png', size: 3, body: '\u0001\u0002\u0003' });
  });

  it('that are not the object which several outputs need are given as they are', async () => {
    expect(await read(await formatRaw(streamed('[1]', 'application/json'), two))).toEqual({
      mediaType: 'application/json',
      size: 3,
      body: '[1]',
    });
  });
});

describe('a results document', () => {
  it.each([
    ['text of a string output', printed('a "b"', 'text/plain'), one, { echo: 'a "b"' }],
    ['JSON', printed('{"a":1}', 'application/json'), one, { echo: { a: 1 } }],
    [
      'JSON of a media type of its own',
      printed('{"a":1}', 'application/geo+json'),
      one,
      { echo: { value: { a: 1 }, mediaType: 'application/geo+json' } },
    ],
    [
      'JSON that is none',
      printed('{', 'application/json'),
      { outputs: { x: { schema: {} } } },
      { x: { value: '{', mediaType: 'application/json' } },
    ],
    [
      'bytes',
      printed(Buffer.from([255, 0]), 'image/png'),
      one,
      { echo: { value: '/wA=', encoding: 'base64', mediaType: 'image/png' } },
    ],
    [
      'text that is no UTF-8',
      printed(Buffer.from([255]), 'text/plain'),
      one,
      { echo: { value: '/w==', encoding: 'base64', mediaType: 'text/plain' } },
    ],
    [
      'several outputs',
      printed('{"text":"a","picture":"AQID","other":1}', 'application/json'),
      two,
      { text: 'a', picture: 'AQID' },
    ],
    [
      'those asked for',
      printed('{"text":"a","picture":"AQID"}', 'application/json'),
      { ...two, selected: ['text'] },
      { text: 'a' },
    ],
    ['no result', undefined, one, {}],
  ] as const)('holds %s', async (_name, result, context, expected) => {
    expect(await document(formatDocument(result, context))).toEqual(expected);
  });
});
