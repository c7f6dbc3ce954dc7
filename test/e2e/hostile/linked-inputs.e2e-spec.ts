import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';
import { type Answer, dripping, LinkedHost, whole } from '../../support/linked-host.js';
import { eventually } from '../../support/wait.js';

const MIB = 1024 ** 2;
/** As much as one link may have, where nothing says otherwise; three of them fit the server's budget of 32 MiB. */
const LARGE = 10 * MIB;
const MOST_LARGE = 3;

const PROCESS = `
  linked:
    type: process
    processor:
      <<: *image
      metadata:
        <<: *both
        inputs:
          texts: { minOccurs: 0, maxOccurs: 20, schema: { type: string, maxLength: 20000000 } }
          numbers: { minOccurs: 0, maxOccurs: 20, schema: { type: array, items: { type: number } } }
          files: { minOccurs: 0, maxOccurs: 20, schema: { type: string, contentEncoding: base64, contentMediaType: image/png } }
          anything: { minOccurs: 0, maxOccurs: 20, schema: { type: string, contentMediaType: text/csv } }
        outputs: { lines: { schema: { type: string } } }
`;

/** A half, and the rest once the gate is open. */
function gated(body: Buffer, gate: () => Promise<void>): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
    response.write(body.subarray(0, body.length / 2));
    void gate().then(() => response.end(body.subarray(body.length / 2)));
  };
}

describe('inputs by link to much', () => {
  let hostile: HostileBed;
  let host: LinkedHost;
  let gate: Promise<void>;
  let openGate: () => void;
  HostileBed.forSuite(
    (bed) => (hostile = bed),
    { INPUT_HREF_ALLOWED_HOSTS: '127.0.0.1' },
    { configuration: (text) => text.replace('  unicode:\n', `${PROCESS.slice(1)}  unicode:\n`) },
  );
  beforeAll(async () => {
    const text = Buffer.alloc(LARGE, 'text ');
    host = await LinkedHost.start({
      '/text': whole(text, 'text/plain'),
      '/numbers': whole(Buffer.from(`[${'123456.5,'.repeat(LARGE / 9 - 1)}1]`), 'application/json'),
      '/file': whole(Buffer.alloc(LARGE, 0xff), 'image/png'),
      '/small': whole(text.subarray(0, 100_000), 'text/plain'),
      '/undeclared': (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(text),
      '/gated': gated(text, () => gate),
      '/drip': dripping(LARGE),
    });
  });
  afterAll(() => (host as LinkedHost | undefined)?.stop());

  /** That the request would be executed, without executing it. */
  const validate = async (inputs: Readonly<Record<string, unknown>>, signal?: AbortSignal) => {
    const response = await fetch(`${hostile.bed.url}/processes/linked/validation`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
      ...(signal ? { signal } : {}),
    });
    const body = (await response.json()) as { detail?: string; errors?: readonly { message: string }[] };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
  };
  const many = (count: number, path: string) => Array.from({ length: count }, () => host.link(path));
  const nothingHeld = () => eventually('the ends of all links', () => host.open.length === 0);

  it.each([
    ['texts', '/text'],
    ['texts', '/undeclared'],
    ['numbers', '/numbers'],
    ['files', '/file'],
    ['anything', '/text'],
  ])('costs for twenty of %s at %s little more memory than for two', async (input, path) => {
    const reading = (count: number) => async () =>
      expect(await validate({ [input]: many(count, path) })).toMatchObject({ status: 200 });
    await hostile.compareCosts({ two: reading(2), twenty: reading(20) }, ({ two, twenty }) =>
      expect(twenty.memory - two.memory).toBeLessThan(150),
    );
    await nothingHeld();
  });

  it('are refused beyond the budget of the server, for a while', async () => {
    const beyond = async () => {
      gate = new Promise((resolve) => (openGate = resolve));
      const answers: Awaited<ReturnType<typeof validate>>[] = [];
      const requests = Array.from({ length: 12 }, async () => {
        const answer = await validate({ texts: many(1, '/gated') });
        answers.push(answer);
        return answer;
      });
      await eventually('refusals', () => answers.length >= 12 - MOST_LARGE);
      expect(answers.map(({ status }) => status)).toEqual(Array(12 - MOST_LARGE).fill(503));
      expect(answers.map(({ retryAfter }) => /^\d+$/.test(retryAfter ?? ''))).not.toContain(false);
      // What others hold does not hold up what there is room for.
      expect(await validate({ texts: many(5, '/small') })).toMatchObject({ status: 200 });
      openGate();
      await Promise.all(requests);
      expect(answers.slice(-MOST_LARGE).map(({ status }) => status)).toEqual(Array(MOST_LARGE).fill(200));
      expect(await validate({ texts: many(2, '/gated') })).toMatchObject({ status: 200 });
    };
    const within = async () => void (await validate({ texts: many(1, '/text') }));
    await hostile.compareCosts({ within, beyond }, (least) =>
      expect(least.beyond.memory - least.within.memory).toBeLessThan(150),
    );
  });

  it('that drip hold up nobody, and give way', async () => {
    await hostile.stayingAlive(async () => {
      const drips = Array.from({ length: MOST_LARGE }, () => validate({ texts: many(2, '/drip') }));
      await eventually('the drips', () => host.open.length === MOST_LARGE);
      expect(await validate({ texts: many(20, '/small') })).toMatchObject({ status: 200 });
      expect(host.open.length).toBe(MOST_LARGE);
      // For as long as a link must be known to drip.
      await eventually('room for a large one', async () => {
        const answer = await validate({ texts: many(1, '/text') });
        if (answer.status === 503) expect(answer.retryAfter).toMatch(/^\d+$/);
        return answer.status === 200;
      });
      const ends = await Promise.all(drips);
      // Others than those in whose place the large one came go on until their time is over.
      expect(ends.map(({ status }) => status).toSorted()).toEqual([400, 400, 503]);
      expect(ends.find(({ status }) => status === 400)?.body.errors).toHaveLength(2);
    });
    await nothingHeld();
  });

  it('are not fetched any more when the client goes away', async () => {
    const client = new AbortController();
    const answer = validate({ texts: many(20, '/drip') }, client.signal).catch((error: unknown) => error);
    await eventually('the first link', () => host.open.length === 1);
    client.abort();
    await answer;
    await nothingHeld();
    // All of the budget is there again.
    const answers = await Promise.all(Array.from({ length: MOST_LARGE }, () => validate({ texts: many(1, '/text') })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
