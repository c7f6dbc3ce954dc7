import { describe, expect, it, jest } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { JobResult, PrintedResult } from '../../processes/processor.js';
import { formatDocument, formatRaw, type OutputContext, type RawAnswer } from './results-format.js';
import { Spool } from './spool.js';

const string = { schema: { type: 'string' } };
const one: OutputContext = { outputs: { echo: string } };
const two: OutputContext = {
  outputs: {
    text: string,
    picture: { schema: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' } },
  },
};

const printed = (body: string | Buffer, mediaType: string): PrintedResult => ({
  mediaType,
  size: Buffer.byteLength(body),
  body: () => Readable.from([Buffer.from(body)]),
});
const unnamed = (body: string | Buffer, mediaType: string): JobResult => ({
  unnamed: printed(body, mediaType),
  named: new Map(),
});
const named = (outputs: Readonly<Record<string, PrintedResult>>, more: Partial<JobResult> = {}): JobResult => ({
  named: new Map(Object.entries(outputs)),
  ...more,
});
const read = async (answer: RawAnswer) => ({
  mediaType: answer.mediaType,
  size: answer.size,
  body: answer.body && (await text(answer.body)),
});
const document = async (answer: RawAnswer): Promise<unknown> => JSON.parse((await read(answer)).body ?? '');

describe('results by reference', () => {
  const href = 'https://store.example.org/o?signature';
  const expires = new Date('2026-01-31T12:00:00Z');
  const stored = { ...printed('II', 'image/tiff'), address: () => Promise.resolve({ href, expires }) };
  const all: OutputContext = {
    ...two,
    references: { ids: ['text', 'picture'], addressOf: (id) => `https://api.example.org/results/${id}` },
  };
  const results = named({ text: printed('a', 'text/plain'), picture: stored });

  it('are links to the object store where it has addresses, else to this server', async () => {
    const text = { href: 'https://api.example.org/results/text', type: 'text/plain' };
    const picture = { href, type: 'image/tiff', expires: '2026-01-31T12:00:00.000Z' };
    expect(await document(await formatDocument(results, all))).toEqual({ text, picture });
    expect(await formatRaw(results, all)).toEqual({
      references: 'all',
      links: [
        { id: 'text', ...text },
        { id: 'picture', ...picture },
      ],
    });
  });

  it('beside others are parts without content', async () => {
    const context = { ...all, references: { ids: ['picture'], addressOf: () => '' } };
    const { body = '', size } = await read(await formatRaw(results, context));
    expect(body).toContain(
      `\r\nContent-Type: image/tiff\r\nContent-ID: <picture>\r\nContent-Location: ${href}\r\n\r\n\r\n--`,
    );
    expect(body).toContain('Content-Length: 1\r\n\r\na\r\n');
    expect(size).toBe(Buffer.byteLength(body));
    expect(await document(await formatDocument(results, context))).toMatchObject({ text: 'a', picture: { href } });
  });

  it('may be too large for a document that holds values', async () => {
    const large = { ...stored, size: 64 * 1024 * 1024 };
    expect(await document(await formatDocument(named({ picture: large }), all))).toMatchObject({ picture: { href } });
  });
});

describe('raw results', () => {
  it('of one output are its bytes in its media type', async () => {
    expect(await read(await formatRaw(unnamed('a\n', 'text/csv'), one))).toEqual({
      mediaType: 'text/csv',
      size: 2,
      body: 'a\n',
    });
  });

  it('of a process that is not configured any more are what the job printed', async () => {
    expect(await read(await formatRaw(unnamed('{}', 'application/json'), { outputs: {} }))).toEqual({
      mediaType: 'application/json',
      size: 2,
      body: '{}',
    });
  });

  it('are nothing where the job printed none', async () => {
    expect(await formatRaw(named({}), one)).toEqual({});
  });

  it('of several outputs are multipart/related, binary ones decoded', async () => {
    const answer = await read(
      await formatRaw(unnamed('{"text":"ä","picture":"AQID","other":1}', 'application/json'), two),
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
    const answer = await formatRaw(unnamed('{"text":"ä","picture":"AQID"}', 'application/json'), {
      ...two,
      selected: ['picture'],
    });
    expect(await read(answer)).toEqual({ mediaType: 'image/png', size: 3, body: '\u0001\u0002\u0003' });
  });

  it('that are not the object which several outputs need are given as they are', async () => {
    expect(await read(await formatRaw(unnamed('[1]', 'application/json'), two))).toEqual({
      mediaType: 'application/json',
      size: 3,
      body: '[1]',
    });
  });

  it('under ids of outputs are streamed one after another, each in its own media type', async () => {
    const outputs = {
      picture: printed('\u0001', 'image/png'),
      'ä b': printed('', 'text/csv'),
      text: printed('x', 'text/plain'),
    };
    const answer = await read(await formatRaw(named(outputs), two));
    const boundary = /boundary="([^"]+)"; type="text\/plain"$/.exec(answer.mediaType ?? '')?.[1] ?? '';
    const part = (id: string, mediaType: string, body: string) =>
      `--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-ID: <${id}>\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`;
    expect(answer.body).toBe(
      `${part('text', 'text/plain', 'x')}${part('picture', 'image/png', '\u0001')}${part('%C3%A4%20b', 'text/csv', '')}--${boundary}--\r\n`,
    );
    expect(answer.size).toBe(Buffer.byteLength(answer.body ?? ''));
  });

  it('under ids of which one was asked for are its bytes, and no other is opened', async () => {
    const closed = () => {
      throw new Error('opened');
    };
    const outputs = { text: printed('x', 'text/csv'), picture: { ...printed('', 'image/png'), body: closed } };
    expect(await read(await formatRaw(named(outputs), { ...two, selected: ['text'] }))).toEqual({
      mediaType: 'text/csv',
      size: 1,
      body: 'x',
    });
  });
});

describe('a results document', () => {
  it.each([
    ['text of a string output', unnamed('a "b"', 'text/plain'), one, { echo: 'a "b"' }],
    ['a JSON object', unnamed('{"a":1}', 'application/json'), one, { echo: { value: { a: 1 } } }],
    [
      'an object that could be taken for a qualified value or a link',
      unnamed('{"value":1,"href":"a"}', 'application/json'),
      one,
      { echo: { value: { value: 1, href: 'a' } } },
    ],
    ['a list', unnamed('[{"a":1}]', 'application/json'), one, { echo: [{ a: 1 }] }],
    [
      'numbers and truth values',
      unnamed('{"text":1.5,"picture":false}', 'application/json'),
      two,
      { text: 1.5, picture: false },
    ],
    [
      'bounding boxes and links as they are, where the output is one',
      unnamed(
        '{"box":{"bbox":[1,2,3,4]},"parts":{"bbox":[1,2,3,4]},"link":{"href":"a"},"other":{"bbox":[1]}}',
        'application/json',
      ),
      {
        outputs: {
          box: { schema: { type: 'object', format: 'ogc-bbox' } },
          parts: { schema: { allOf: [{ format: 'ogc-bbox' }, { type: 'object' }] } },
          link: { schema: { oneOf: [string.schema, { format: 'ogc-link' }] } },
          other: { schema: { format: 'ogc-bbox' } },
        },
      },
      {
        box: { bbox: [1, 2, 3, 4] },
        parts: { bbox: [1, 2, 3, 4] },
        link: { href: 'a' },
        other: { value: { bbox: [1] } },
      },
    ],
    [
      'an object of the media type that its output names',
      unnamed('{"features":{"a":1},"either":{"b":2}}', 'application/json'),
      {
        outputs: {
          features: { schema: { type: 'object', contentMediaType: 'application/geo+json' } },
          either: { schema: { oneOf: [string.schema, { type: 'object', contentMediaType: 'application/geo+json' }] } },
        },
      },
      {
        features: { value: { a: 1 }, mediaType: 'application/geo+json' },
        either: { value: { b: 2 }, mediaType: 'application/geo+json' },
      },
    ],
    [
      'JSON of a media type of its own',
      unnamed('{"a":1}', 'application/geo+json'),
      one,
      { echo: { value: { a: 1 }, mediaType: 'application/geo+json' } },
    ],
    [
      'JSON that is none',
      unnamed('{', 'application/json'),
      { outputs: { x: { schema: {} } } },
      { x: { value: '{', mediaType: 'application/json' } },
    ],
    [
      'bytes',
      unnamed(Buffer.from([255, 0]), 'image/png'),
      one,
      { echo: { value: '/wA=', encoding: 'base64', mediaType: 'image/png' } },
    ],
    [
      'text that is no UTF-8',
      unnamed(Buffer.from([255]), 'text/plain'),
      one,
      { echo: { value: '/w==', encoding: 'base64', mediaType: 'text/plain' } },
    ],
    [
      'several outputs',
      unnamed('{"text":"a","picture":"AQID","other":1}', 'application/json'),
      two,
      { text: 'a', picture: 'AQID' },
    ],
    [
      'those asked for',
      unnamed('{"text":"a","picture":"AQID"}', 'application/json'),
      { ...two, selected: ['text'] },
      { text: 'a' },
    ],
    ['no result', named({}), one, {}],
    [
      'results under their ids, each by its media type, in the order of the description',
      named({
        picture: printed(Buffer.from([255, 0]), 'image/png'),
        more: printed('[1]', 'application/json'),
        text: printed('a', 'text/plain'),
      }),
      two,
      { text: 'a', picture: { value: '/wA=', encoding: 'base64', mediaType: 'image/png' }, more: [1] },
    ],
    [
      'one without a name as that of the output that has none',
      named({ text: printed('a', 'text/plain') }, { unnamed: printed('"b"', 'application/json') }),
      two,
      { text: 'a', picture: 'b' },
    ],
    [
      'those under their ids that were asked for',
      named({ text: printed('a', 'text/plain'), picture: printed('b', 'text/plain') }),
      { ...two, selected: ['text'] },
      { text: 'a' },
    ],
  ] as const)('holds %s', async (_name, result, context, expected) => {
    expect(JSON.stringify(await document(await formatDocument(result, context)))).toBe(JSON.stringify(expected));
  });

  it('holds characters of two halves, wherever the pieces that it is written in end', async () => {
    for (const start of ['', 'a']) {
      const text = start + '🌍'.repeat(70_000);
      expect(await document(await formatDocument(unnamed(text, 'text/plain'), one))).toEqual({ echo: text });
    }
  });

  it('is refused where it would not fit in memory', async () => {
    const large = { ...printed('', 'text/plain'), size: 20 * 1024 * 1024 };
    await expect(formatDocument(named({ text: large, picture: large }), two)).rejects.toThrow(
      'The results have 41943040 bytes, more than the 33554432',
    );
  });
});

it('a document that finds no room in the folder for temporary files leaves nothing open', async () => {
  const writing = jest.spyOn(Spool.prototype, 'write').mockRejectedValue(new Error('ENOSPC'));
  const freeing = jest.spyOn(Spool.prototype, 'dispose');
  try {
    await expect(formatDocument(unnamed('a', 'text/plain'), one)).rejects.toThrow('ENOSPC');
    expect(freeing).toHaveBeenCalledTimes(1);
  } finally {
    writing.mockRestore();
    freeing.mockRestore();
  }
});
