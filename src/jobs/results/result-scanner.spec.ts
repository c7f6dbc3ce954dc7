import { describe, expect, it } from '@jest/globals';
import { ResultScanner, type ResultPart } from './result-scanner.js';
import { parseStartMarker, type ResultHead } from './start-marker.js';

interface Scanned {
  readonly head: ResultHead;
  readonly result: Buffer;
}

function scanAll(log: Buffer | string, chunkSize?: number): Scanned[] {
  const bytes = Buffer.from(log);
  const scanner = new ResultScanner();
  const parts: ResultPart[] = [];
  const step = chunkSize ?? (bytes.length || 1);
  for (let at = 0; at < bytes.length; at += step) parts.push(...scanner.push(bytes.subarray(at, at + step)));
  parts.push(...scanner.end());
  return scanner.heads.map((head) => ({
    head,
    result: Buffer.concat(parts.filter((part) => part.head === head).map((part) => part.bytes)),
  }));
}

function scan(log: Buffer, chunkSize?: number): { found: boolean; mediaType?: string; result: Buffer } {
  const [scanned] = scanAll(log, chunkSize);
  return {
    found: scanned !== undefined,
    mediaType: scanned?.head.mediaType,
    result: scanned?.result ?? Buffer.alloc(0),
  };
}

const LOG = `starting
[2025-06-23T13:00:18Z | x.py:97 | 14] INFO - PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain; charset=utf-8
[2025-06-23T13:00:18Z | x.py:97 | 14] INFO - PYGEOAPI_K8S_MANAGER_RESULT_START
  Grüße, 世界 🌍

  last line
`;

describe('the result in a log', () => {
  it.each([1, 2, 3, 7, 64, 10_000])('is found byte by byte when the log comes in chunks of %d bytes', (chunkSize) => {
    const scanned = scan(Buffer.from(LOG), chunkSize);
    expect({ ...scanned, result: scanned.result.toString() }).toEqual({
      found: true,
      mediaType: 'text/plain; charset=utf-8',
      result: '  Grüße, 世界 🌍\n\n  last line',
    });
  });

  it('loses one final newline, not more', () => {
    expect(scan(Buffer.from('PYGEOAPI_K8S_MANAGER_RESULT_START\na\n\n\n')).result.toString()).toBe('a\n\n');
  });

  it('keeps bytes that are no text', () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    const log = Buffer.concat([Buffer.from('x PYGEOAPI_K8S_MANAGER_RESULT_START\r\n'), bytes]);
    expect(scan(log, 13).result.equals(bytes)).toBe(true);
  });

  it('is absent without the start marker, even where a media type is named', () => {
    expect(scan(Buffer.from('PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE:application/json\nhello\n'))).toEqual({
      found: false,
      mediaType: undefined,
      result: Buffer.alloc(0),
    });
  });

  it('is empty where the log ends with the start marker', () => {
    expect(scan(Buffer.from('PYGEOAPI_K8S_MANAGER_RESULT_START')).found).toBe(true);
  });

  it('takes markers after the first start marker as content', () => {
    const log =
      'PYGEOAPI_K8S_MANAGER_RESULT_START\nPYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: a/b\nPYGEOAPI_K8S_MANAGER_RESULT_START\n';
    const scanned = scan(Buffer.from(log), 5);
    expect(scanned.mediaType).toBeUndefined();
    expect(scanned.result.toString()).toBe(
      'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: a/b\nPYGEOAPI_K8S_MANAGER_RESULT_START',
    );
  });

  it.each(['text/世界', 'text/\u001b[0m', 'none', '', `text/${'x'.repeat(300)}`, `text/plain${' '.repeat(60_000)}x`])(
    'does not take for a media type what cannot stand in a header: %j',
    (named) => {
      const scanned = scan(
        Buffer.from(`PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: ${named}\nPYGEOAPI_K8S_MANAGER_RESULT_START\n1`),
      );
      expect([scanned.mediaType, scanned.result.toString()]).toEqual([undefined, '1']);
    },
  );

  it('takes the last media type named before it', () => {
    const log =
      'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE:a/b\nPYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE:c/d\nPYGEOAPI_K8S_MANAGER_RESULT_START\n1';
    expect(scan(Buffer.from(log)).mediaType).toBe('c/d');
  });
});

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';
const texts = (scanned: readonly Scanned[]) => scanned.map(({ head, result }) => [head, result.toString()]);
const SEVERAL = `starting
PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/csv
INFO - ${START} output=table
a,b
PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: is content here
${START}
1,2

${START} output=map mimetype="image/png; x=\\"a b\\"" bytes=3
\u0001\u0002\u0003${START} output=empty
${START} output=last
no newline at the end`;

describe('several results in a log', () => {
  it.each([1, 2, 3, 7, 33, 34, 64, 10_000])('are found when the log comes in chunks of %d bytes', (chunkSize) => {
    expect(texts(scanAll(SEVERAL, chunkSize))).toEqual([
      [
        { output: 'table', mediaType: 'text/csv' },
        `a,b\nPYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: is content here\n${START}\n1,2\n`,
      ],
      [{ output: 'map', mediaType: 'image/png; x="a b"', bytes: 3 }, '\u0001\u0002\u0003'],
      [{ output: 'empty' }, ''],
      [{ output: 'last' }, 'no newline at the end'],
    ]);
  });

  it.each([1, 5, 10_000])('do not cut a result without a name, in chunks of %d bytes', (chunkSize) => {
    const content = `a\n${START} output=x\n${START} output=x bytes=wrong\n${START}`;
    expect(texts(scanAll(`${START}\n${content}\n`, chunkSize))).toEqual([[{}, content]]);
  });

  it.each([1, 5, 10_000])('are not looked into where their size is announced, in chunks of %d bytes', (chunkSize) => {
    const content = `a\n${START} output=y\n${START} output=y\n`;
    const log = `${START} output=x bytes=${content.length}\n${content}${START} output=y\n1\n`;
    expect(texts(scanAll(log, chunkSize))).toEqual([
      [{ output: 'x', bytes: content.length }, content],
      [{ output: 'y' }, '1'],
    ]);
  });

  it('keep a final newline that their size includes, and not one that it does not', () => {
    for (const printed of ['ab\n', 'ab\n\n'])
      expect(texts(scanAll(`${START} bytes=3\n${printed}`))).toEqual([[{ bytes: 3 }, 'ab\n']]);
    expect(texts(scanAll(`${START} bytes=2\nab\n`))).toEqual([[{ bytes: 2 }, 'ab']]);
  });

  it('end with everything where more came than was announced', () => {
    expect(texts(scanAll(`${START} output=x bytes=2\nabc\ndone\n${START} output=y\n`))).toEqual([
      [{ output: 'x', bytes: 2 }, 'abc\ndone'],
      [{ output: 'y' }, ''],
    ]);
  });

  it('go on over lines of any length', () => {
    const long = `${START} `.repeat(10_000);
    expect(texts(scanAll(`${START} output=x\n${long}\n${START} output=y\n${long}`, 65_536))).toEqual([
      [{ output: 'x' }, long],
      [{ output: 'y' }, long],
    ]);
  });

  it('are refused where a marker follows without a newline, for it is not known what it ends', () => {
    expect(() => scanAll(`${START} output=x\n[1]${START} output=y\n`)).toThrow(
      'The start marker of output "y" does not stand at the beginning of a line: what is before it may belong to output "x".',
    );
  });
});

describe('what follows a start marker', () => {
  const sha256 = 'AB'.repeat(32);
  it.each([
    ['', {}],
    ['  \r', {}],
    [' output=x', { output: 'x' }],
    ['\toutput="a \\"b\\" \\\\"\r', { output: 'a "b" \\' }],
    [
      ` sha256=${sha256} bytes=0  encoding=base64 mimetype=image/png output=ä`,
      { sha256: sha256.toLowerCase(), bytes: 0, encoding: 'base64', mediaType: 'image/png', output: 'ä' },
    ],
  ])('is read: %j', (text, head) => {
    expect(parseStartMarker('', text)).toEqual(head);
    expect(parseStartMarker('INFO - ', text)).toEqual(head);
  });

  it.each([' of the end', '"}', ':output=x', ' Output=x', '"'])('makes none of the line: %j', (text) => {
    expect([parseStartMarker('', text), parseStartMarker('{"a": "', text)]).toEqual([undefined, undefined]);
  });

  it.each([
    [' output=', 'something else than name=value after 0 attributes'],
    [' output=""', 'an empty output'],
    [' output=x bytes=3 done', 'something else than name=value after 2 attributes'],
    [' output=x"}', 'something else than name=value after 1 attributes'],
    [' output=x output=y', 'the attribute "output" twice'],
    [' output=x size=3', 'the attribute "size"; known are output, mimetype, bytes, sha256 and encoding'],
    [' bytes=-1', 'bytes that are no whole number'],
    [' bytes=1e3', 'bytes that are no whole number'],
    [' sha256=abc', 'a sha256 that is not 64 hexadecimal digits'],
    [' encoding=gzip', 'an encoding other than base64'],
    [' mimetype=png', 'a mimetype that is none'],
  ])('is refused: %j', (text, message) => {
    expect(() => parseStartMarker('', text)).toThrow(`A line of the job's log with ${START} has ${message}`);
    expect(parseStartMarker('+ echo ', text)).toBeUndefined();
  });
});

describe('what only looks like a start marker', () => {
  it.each([1, 5, 34, 10_000])(
    'is a line of the log: an input that the container prints, in chunks of %d bytes',
    (size) => {
      const log = `inputs: {"text": "${START}", "other": "${START} output=a"}\n${START}\n{"right": 1}\n`;
      expect(texts(scanAll(log, size))).toEqual([[{}, '{"right": 1}']]);
    },
  );

  it.each([1, 5, 34, 35, 70, 10_000])(
    'is a shell trace of the command that prints it, in chunks of %d bytes',
    (size) => {
      const log = ['PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/csv', `+ echo ${START}`, START, 'a,b', ''].join('\n');
      expect(texts(scanAll(log, size))).toEqual([[{ mediaType: 'text/csv' }, 'a,b']]);
    },
  );

  it.each([
    [`+ echo '${START} output=table mimetype=text/csv'`, `${START} output=table mimetype=text/csv`],
    [`+ echo ${START} output=table mimetype=text/csv`, `${START} output=table mimetype=text/csv`],
    [`+ printf '${START} output=%s mimetype=%s\\n' table text/csv`, `${START} output=table mimetype=text/csv`],
  ])('is a trace of a marker with attributes: %s', (trace, marker) => {
    const head = { output: 'table', mediaType: 'text/csv' };
    expect(texts(scanAll(`${trace}\n${marker}\na,b\n${START} output=other\nx\n`))).toEqual([
      [head, 'a,b'],
      [{ output: 'other' }, 'x'],
    ]);
  });

  it('is content where the marker before it had its line for itself, or where it comes later', () => {
    expect(texts(scanAll(`${START}\n${START}\na`))).toEqual([[{}, `${START}\na`]]);
    expect(texts(scanAll(`INFO ${START}\na\n${START}\nb`))).toEqual([[{}, `a\n${START}\nb`]]);
  });

  it('is content where so many bytes were announced', () => {
    const content = `${START}\n`;
    expect(texts(scanAll(`INFO ${START} bytes=${content.length}\n${content}`))).toEqual([
      [{ bytes: content.length }, content],
    ]);
  });

  it('is the end of a log whose last line is a trace, or the marker behind it', () => {
    expect(texts(scanAll(`+ echo ${START}`))).toEqual([[{}, '']]);
    expect(texts(scanAll(`+ echo ${START}\n${START}`))).toEqual([[{}, '']]);
    expect(texts(scanAll(`+ echo ${START}\n${START.slice(0, 9)}`))).toEqual([[{}, START.slice(0, 9)]]);
  });

  it('is a line of which more stands behind what can be held of it', () => {
    expect(scanAll(`${'x'.repeat(64 * 1024 - START.length)}${START} and more\n`)).toEqual([]);
  });
});
