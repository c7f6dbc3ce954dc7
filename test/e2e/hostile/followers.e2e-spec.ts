import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Exposition } from '../../support/exposition.js';
import { HostileBed } from '../../support/hostile-bed.js';
import { TOKEN } from '../../support/test-bed.js';
import { eventually } from '../../support/wait.js';

const PER_CALLER = 20;
const AT_ONCE = 30;
const EVENTS = { accept: 'text/event-stream' };
const LOG_REQUESTS = 'kubernetes_requests_total{verb="get",resource="pods/log",code="200"}';

describe('followers of a log', () => {
  let hostile: HostileBed;
  HostileBed.forSuite(
    (started) => (hostile = started),
    {},
    {
      configuration: (text) =>
        text.replace('  limits:', `  followers: { at_once: ${AT_ONCE}, per_caller: ${PER_CALLER} }\n  limits:`),
    },
  );
  const open = new Set<IncomingMessage>();
  afterEach(() => {
    for (const answer of open) answer.destroy();
    open.clear();
  });

  /** On a connection of its own. */
  async function follow(jobId: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const [answer] = (await once(
      get(`${hostile.bed.url}/jobs/${jobId}/logs?follow`, { agent: false, headers }),
      'response',
    )) as [IncomingMessage];
    open.add(answer.on('error', () => undefined));
    return answer;
  }
  async function followers(count: number, jobId: string, headers?: Record<string, string>) {
    const answers: IncomingMessage[] = [];
    for (let n = 0; n < count; n += 1) answers.push(await follow(jobId, headers));
    return answers;
  }
  async function untilItSays(answer: IncomingMessage, word: string): Promise<void> {
    let text = '';
    for await (const chunk of answer.iterator({ destroyOnReturn: false }))
      if ((text += String(chunk)).includes(word)) return;
    throw new Error(`ended with ${text}`);
  }
  async function running(): Promise<string> {
    const jobId = await hostile.bed.submit('endless');
    await eventually('its first line', async () => (await hostile.bed.log(jobId)).includes('working'));
    return jobId;
  }
  const statuses = (answers: readonly IncomingMessage[]) => [...new Set(answers.map(({ statusCode }) => statusCode))];

  it('of one container have one stream of the API server, in either format', async () => {
    await hostile.stayingAlive(async () => {
      const jobId = await running();
      const requests = async () => (await Exposition.of(hostile.bed)).value(LOG_REQUESTS);
      const before = await requests();
      const answers = [...(await followers(10, jobId)), ...(await followers(10, jobId, EVENTS))];
      for (const answer of answers) await untilItSays(answer, 'working');
      // Beside theirs there may be one by which the server notes when the log began.
      expect((await requests()) - before).toBeLessThanOrEqual(2);
      const ended = Promise.all(answers.map((answer) => untilItSays(answer, 'terminated')));
      await hostile.bed.delete(`/jobs/${jobId}`);
      await ended;
    });
  });

  it('are refused beyond what one caller may follow, and all together, until others have gone', async () => {
    await hostile.stayingAlive(async () => {
      const jobId = await running();
      const authorization = `Bearer ${TOKEN}`;
      // Places of other tests are given back a moment after they were left.
      const own = await eventually('all places', async () => {
        const answers = await followers(PER_CALLER, jobId);
        if (answers.every(({ statusCode }) => statusCode === 200)) return answers;
        for (const answer of answers) answer.destroy();
        return false;
      });
      for (const headers of [{}, EVENTS]) {
        const refused = await follow(jobId, headers);
        expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      }
      // Readers of what there is so far, and those with the token, have places of their own, while there are any.
      expect((await hostile.bed.get(`/jobs/${jobId}/logs`)).status).toBe(200);
      const others = await followers(AT_ONCE - PER_CALLER, jobId, { authorization });
      expect(statuses(others)).toEqual([200]);
      expect(statuses(await followers(1, jobId, { authorization }))).toEqual([503]);
      own[0]?.destroy();
      await eventually('the place of one that has gone', async () => {
        const answer = await follow(jobId, { authorization });
        return answer.statusCode === 200;
      });
      await hostile.bed.delete(`/jobs/${jobId}`);
    });
  });
});
