import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { annotation, nameOfSignature, ownAnnotation, signedAnnotations } from '../k8s/names.js';
import { judge, signed, signingKeysOf } from './signatures.js';

const key = signingKeysOf({ signingKeys: ['k'.repeat(32)] });
const another = signingKeysOf({ signingKeys: ['o'.repeat(32)] });
const names = fc.constantFrom(...signedAnnotations);
const annotations = fc.dictionary(names, fc.string({ unit: 'binary' }), { maxKeys: 5 });
const jobs = fc.string({ minLength: 1 });
const { processId } = annotation;
const hello = { [processId]: 'hello' };

describe('signatures of annotations', () => {
  it('are good as they were written, and what is not signed is believed, but not signed', () => {
    fc.assert(
      fc.property(jobs, annotations, (job, given) => {
        const all = { ...given, 'pygeoapi.io/progress': '5', [ownAnnotation.collection]: 'pending' };
        const found = judge(key, job, signed(key, job, all));
        expect(found.believed).toMatchObject(all);
        expect([found.wrong, found.unknown]).toEqual([[], []]);
        for (const name of signedAnnotations) expect(found.isSigned(name)).toBe(Object.hasOwn(given, name));
        const unsigned = judge(key, job, given);
        expect([unsigned.believed, unsigned.wrong]).toEqual([given, []]);
        expect(Object.keys(given).some(unsigned.isSigned)).toBe(false);
      }),
    );
  });

  it('are wrong for another value, for another name, on another Job, and where they are none', () => {
    fc.assert(
      fc.property(jobs, jobs, names, names, fc.string(), fc.string(), (job, neighbour, name, other, value, changed) => {
        const written = signed(key, job, { [name]: value });
        const signature = written[nameOfSignature(name)] ?? '';
        const wrong = (on: string, forged: Record<string, string>) => judge(key, on, forged).wrong;
        if (changed !== value) expect(wrong(job, { ...written, [name]: changed })).toEqual([name]);
        if (neighbour !== job) expect(wrong(neighbour, written)).toEqual([name]);
        if (other !== name)
          expect(wrong(job, { [other]: value, [nameOfSignature(other)]: signature })).toEqual([other]);
        expect(wrong(job, { [name]: value, [nameOfSignature(name)]: changed })).toEqual([name]);
        expect(wrong(job, { [nameOfSignature(name)]: signature })).toEqual([name]);
      }),
    );
  });

  it('that are wrong take only what they stand for with them', () => {
    const written = signed(key, 'a', { ...hello, [ownAnnotation.outcome]: '{}' });
    const { believed, wrong } = judge(key, 'a', { ...written, [processId]: 'forged' });
    expect([believed[processId], believed[ownAnnotation.outcome], wrong]).toEqual([undefined, '{}', [processId]]);
  });

  it('are verified by every key, and made by the first, so that keys can be replaced', () => {
    const written = signed(key, 'a', hello);
    for (const rotated of [
      [...key, ...another],
      [...another, ...key],
    ])
      expect(judge(rotated, 'a', written).isSigned(processId)).toBe(true);
    expect(judge(another, 'a', signed([...another, ...key], 'a', hello)).isSigned(processId)).toBe(true);
  });

  it('of keys that are not known are as good as none: whoever can write one can take one off, too', () => {
    const found = judge(key, 'a', signed(another, 'a', hello));
    expect(found).toMatchObject({ believed: hello, wrong: [], unknown: [processId] });
    expect(found.isSigned(processId)).toBe(false);
  });

  it('are by the API token where there is no key, and by it alone then; without either there are none', () => {
    const byToken = signed(signingKeysOf({ apiToken: 'token' }), 'a', hello);
    const later = (...signingKeys: string[]) => signingKeysOf({ signingKeys, apiToken: 'token' });
    expect(judge(later('k'.repeat(32)), 'a', byToken)).toMatchObject({ wrong: [], unknown: [processId] });
    expect(judge(later('k'.repeat(32), 'token'), 'a', byToken).isSigned(processId)).toBe(true);
    expect(judge(key, 'a', signed(later('k'.repeat(32), 'token'), 'a', hello)).isSigned(processId)).toBe(true);
    const given = { ...hello, [nameOfSignature(processId)]: 'x' };
    expect(signed([], 'a', hello)).toEqual(hello);
    expect(judge([], 'a', given)).toMatchObject({ believed: given, wrong: [] });
  });

  it('are those of what the API server makes of a value, where that is no text that UTF-8 can hold', () => {
    const { [nameOfSignature(processId)]: signature = '' } = signed(key, 'a', { [processId]: 'cut \ud83d' });
    const kept = { [processId]: 'cut \ufffd', [nameOfSignature(processId)]: signature };
    expect(judge(key, 'a', kept).isSigned(processId)).toBe(true);
  });

  it('go with what is removed', () => {
    const { removed } = ownAnnotation;
    expect(signed(key, 'a', { [removed]: null })).toEqual({ [removed]: null, [nameOfSignature(removed)]: null });
  });
});
