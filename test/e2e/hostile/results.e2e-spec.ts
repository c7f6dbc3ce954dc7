import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';
import { LARGE_SIZE, withLargeResult } from '../../support/large-result.js';
import { slowReaders } from '../../support/slow-reader.js';

/** A server of its own for each: what one has read is no other's memory. */
const start = (more = '') => HostileBed.start({}, { configuration: (text) => withLargeResult(text, more) });

describe('documents of large results', () => {
  let hostile: HostileBed;
  beforeAll(async () => void (hostile = await start('  readers: { minimum_rate: 0 }\n')));
  afterAll(() => (hostile as HostileBed | undefined)?.bed.stop());

  it('cost little memory, however many do not read on', async () => {
    const { bed } = hostile;
    const id = await bed.submit('twenty-mebibytes', {}, { body: { response: 'document' } });
    expect(await bed.ended(id)).toMatchObject({ status: 'successful' });
    await hostile.compareCosts(
      {
        one: () => bed.result(id),
        many: async () => {
          const readers = await slowReaders(12, `${bed.url}/jobs/${id}/results`);
          expect(readers.map(({ status }) => status)).toEqual(Array(12).fill(200));
          for (const reader of readers.slice(1)) reader.leave();
          // A newline is two characters of JSON.
          expect(await readers[0]?.rest()).toBeGreaterThan(LARGE_SIZE);
        },
      },
      ({ one, many }) => expect(many.memory - one.memory).toBeLessThan(150),
    );
  });
});

describe('documents of large results where those are links', () => {
  let hostile: HostileBed;
  beforeAll(async () => void (hostile = await start('  max_inline_results: 4194304\n')));
  afterAll(() => (hostile as HostileBed | undefined)?.bed.stop());

  it('lead to the result as it is, and hold small ones', async () => {
    const { bed } = hostile;
    const id = await bed.submit('twenty-mebibytes', {}, { body: { response: 'document' } });
    expect(await bed.ended(id)).toMatchObject({ status: 'successful' });
    await hostile.compareCosts(
      {
        nothing: () => bed.readiness(),
        large: async () => {
          const document = (await (await bed.get(`/jobs/${id}/results`)).json()) as {
            bytes: { href: string; type: string };
          };
          expect(document).toEqual({ bytes: { href: `${bed.url}/jobs/${id}/results/bytes`, type: 'text/plain' } });
          expect((await (await fetch(document.bytes.href)).arrayBuffer()).byteLength).toBe(LARGE_SIZE);
        },
      },
      ({ nothing, large }) => expect(large.memory - nothing.memory).toBeLessThan(150),
    );
    const small = await bed.execute('unicode', {}, { body: { response: 'document' } });
    expect(await small.json()).toEqual({ text: 'Grüße, Жизнь, 世界, 🌍\n\n  end' });
  });
});
