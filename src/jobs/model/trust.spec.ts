import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { annotation, nameOfSignature, ownAnnotation } from '../../k8s/names.js';
import { signed, signingKeysOf } from '../../signing/signatures.js';
import { at, JOB_ID } from '../testing/records.js';
import { toJobRecord, type JobRecord } from './job-record.js';
import { jobStatus } from './job-status.js';
import { isOwnKey } from './annotations/own-keys.js';

const keys = signingKeysOf({ signingKeys: ['k'.repeat(32)] });
const trust = { keys, pathPrefix: 'logs/' };
const NAME = `pygeoapi-job-${JOB_ID}`;
const NEIGHBOUR = 'pygeoapi-job-0198c5a0-0000-7000-8000-000000000002';
const key = (rest: string, name = NAME) => `logs/2026-01-01_${name}-${rest}`;
const outcome = JSON.stringify({ status: 'successful', finished: at(5).toISOString() });
const stored = (of: string) => JSON.stringify({ key: of, size: 1, digest: '', mediaType: 'text/plain' });
const ended = { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: at(5) }] };
const record = (annotations: Record<string, string>, by = trust, status: object = ended) =>
  toJobRecord(
    'pygeoapi-job-',
    { metadata: { name: NAME, uid: 'u', creationTimestamp: at(0), annotations }, status },
    by,
  ) as JobRecord;

describe('a key of the object store', () => {
  it.each([
    ['log', key('logs.txt')],
    ['log', key('logs.duplicate-2.txt')],
    ['result', key('result')],
    ['result', key('result-a~2fb.duplicate')],
    ['result', key('output-a%2Fb')],
    ['inputs', key('inputs-1.json')],
  ] as const)('that is a %s of the job is its own, and nothing else: %s', (kind, own) => {
    const kinds = (['log', 'result', 'inputs'] as const).filter((each) => isOwnKey(each, own, NAME, 'logs/'));
    expect(kinds).toEqual([kind]);
    expect(isOwnKey(kind, own, NAME, undefined)).toBe(true);
    expect(isOwnKey(kind, own, NAME, 'other/')).toBe(false);
    expect(isOwnKey(kind, own, NEIGHBOUR, undefined)).toBe(false);
  });

  it('is never own for two jobs, whatever it looks like', () => {
    const part = fc.constantFrom(NAME, NEIGHBOUR, '/', '..', '_', '-', 'logs', 'result', '2026-01-01', '.txt', 'logs/');
    fc.assert(
      fc.property(fc.array(part), fc.constantFrom('log', 'result', 'inputs'), (parts, kind) => {
        const text = parts.join('');
        const isOwn = isOwnKey(kind, text, NAME, 'logs/');
        expect(isOwn && isOwnKey(kind, text, NEIGHBOUR, 'logs/')).toBe(false);
        if (isOwn) expect(text.startsWith(`logs/2026-01-01_${NAME}-`)).toBe(true);
      }),
    );
  });
});

describe('a Job on which somebody else has written', () => {
  it.each([
    ['log-key', ownAnnotation.logKey, key('logs.txt', NEIGHBOUR)],
    ['log-key', ownAnnotation.logKey, key('result')],
    ['log-key', ownAnnotation.logKey, 'secrets.txt'],
    ['result', ownAnnotation.result, stored(key('result', NEIGHBOUR))],
    ['result', ownAnnotation.result, stored(key('logs.txt'))],
    ['result', ownAnnotation.result, stored(key('inputs-1.json'))],
    ['result', ownAnnotation.result, stored(`logs/../${key('result')}/../x`)],
    ['outputs', ownAnnotation.outputs, `{"a":${stored(key('result', NEIGHBOUR))}}`],
    ['transfer', ownAnnotation.transfer, JSON.stringify({ capability: 'c', inputs: key('inputs-1', NEIGHBOUR) })],
  ])('points to nothing that is not its own, by %s', (name, of, value) => {
    for (const annotations of [{ [of]: value }, signed(keys, NAME, { [of]: value })]) {
      const found = record({ ...annotations, [ownAnnotation.outcome]: outcome });
      expect(found.disputed).toEqual([name]);
      expect([found.logKey, found.storedResult, found.outputs?.size, found.transfer]).toEqual(
        Array.from({ length: 4 }, () => undefined),
      );
    }
  });

  it('keeps what is its own beside what is not', () => {
    const outputs = `{"a":${stored(key('result-a'))},"b":${stored(key('result', NEIGHBOUR))}}`;
    const found = record({ [ownAnnotation.outcome]: outcome, [ownAnnotation.outputs]: outputs });
    expect([[...(found.outputs?.keys() ?? [])], found.wronglySigned]).toEqual([['a'], undefined]);
  });

  it('has its own records unsigned, and signed also under the prefix of an earlier configuration', () => {
    const own = { [ownAnnotation.logKey]: key('logs.txt') };
    expect(record(own).logKey).toBe(key('logs.txt'));
    const moved = { ...trust, pathPrefix: 'elsewhere/' };
    expect(record(signed(keys, NAME, own), moved).logKey).toBe(key('logs.txt'));
    expect([record(own, moved).logKey, record(own, moved).disputed]).toEqual([undefined, ['log-key']]);
  });

  it('is neither of a forged process nor of one that is only claimed', () => {
    const { processId } = annotation;
    const written = signed(keys, NAME, { [processId]: 'guarded' });
    expect([record(written).processId, record(written).processUnsigned]).toEqual(['guarded', undefined]);
    expect(record({ ...written, [processId]: 'open' })).toMatchObject({
      processId: '',
      processUnsigned: true,
      disputed: ['process_id'],
      wronglySigned: true,
    });
    const claimed = { [processId]: 'open' };
    expect(record(claimed)).toMatchObject({ processId: 'open', processUnsigned: true });
    expect(record(claimed, { keys: [], pathPrefix: '' }).processUnsigned).toBeUndefined();
  });

  it('has an outcome by nobody else, not even by a server that wrote it for another Job', () => {
    const written = signed(keys, NAME, { [ownAnnotation.outcome]: outcome });
    for (const forged of [
      { ...written, [ownAnnotation.outcome]: outcome.replace('successful', 'failed') },
      signed(keys, NEIGHBOUR, { [ownAnnotation.outcome]: outcome }),
      { [ownAnnotation.outcome]: outcome, [nameOfSignature(ownAnnotation.outcome)]: 'none' },
    ]) {
      expect(jobStatus(record(forged), [])).toMatchObject({
        status: 'failed',
        finished: at(5),
        cause: { type: 'record-disputed' },
        message: expect.stringMatching(/not believed: outcome\. No server has written it so/),
      });
      // The Job controller says so later than the server that has collected it.
      const collected = record({ ...forged, [ownAnnotation.collection]: 'done' }, trust, {});
      expect(jobStatus(collected, [])).toMatchObject({ status: 'failed', cause: { type: 'record-disputed' } });
      const going = record({ ...forged, [ownAnnotation.collection]: 'pending' }, trust, {});
      expect(jobStatus(going, [])).toMatchObject({
        status: 'accepted',
        message: expect.stringContaining('not believed of: outcome.'),
      });
    }
  });
});
