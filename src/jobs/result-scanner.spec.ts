import { describe, expect, it } from '@jest/globals';
import { ResultScanner } from './result-scanner.js';

function scan(log: Buffer, chunkSize = log.length || 1): { found: boolean; mediaType?: string; result: Buffer } {
  const scanner = new ResultScanner();
  const parts: Buffer[] = [];
  for (let at = 0; at < log.length; at += chunkSize) parts.push(...scanner.push(log.subarray(at, at + chunkSize)));
  scanner.end();
  return { found: scanner.found, mediaType: scanner.mediaType, result: Buffer.concat(parts) };
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
      mediaType: 'application/json',
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
