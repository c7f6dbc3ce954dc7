import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed } from '../support/test-bed.js';

const START = 'PYGEOAPI_K8S_MANAGER_RESULT_START';
const MIMETYPE = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/json';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

/** The status in which a job that prints this ends. */
async function endOf(process: string, log: string): Promise<Record<string, unknown>> {
  const id = await bed.submit(process, { log: Buffer.from(log).toString('base64') });
  return (await bed.ended(id)) as unknown as Record<string, unknown>;
}

describe('results that are not what they are called', () => {
  const wrong = `${MIMETYPE}\n${START}\n[1, NaN]\n`;

  it('are told in the status and on the page of a successful job where the process says warn', async () => {
    const status = await endOf('flagged', wrong);
    expect(status).toMatchObject({
      status: 'successful',
      resultProblems: [
        { output: 'numbers', message: expect.stringContaining('is called application/json, and is no JSON') },
      ],
    });
    const page = await bed.get(`/jobs/${String(status['jobID'])}?f=html`);
    expect(await page.text()).toContain('What is wrong with its results');
    expect(await (await bed.get(`/jobs/${String(status['jobID'])}/results`)).text()).toBe('[1, NaN]');
  });

  it('are each place where JSON does not fit the schema', async () => {
    expect(await endOf('flagged', `${MIMETYPE}\n${START}\n[1, "2"]\n`)).toMatchObject({
      status: 'successful',
      resultProblems: [{ output: 'numbers', pointer: '/1', message: 'must be a number (is "2")' }],
    });
    expect(await endOf('flagged', `${MIMETYPE}\n${START}\n[1, 2.5]\n`)).not.toHaveProperty('resultProblems');
  });

  it('fail the job where the process says fail', async () => {
    expect(await endOf('validated', wrong)).toMatchObject({ status: 'failed', cause: { type: 'result-invalid' } });
    expect(await endOf('validated', `${MIMETYPE}\n${START}\n[1, 2.5]\n`)).toMatchObject({ status: 'successful' });
  });

  it('are believed where the process says off', async () => {
    const status = await endOf('believed', wrong);
    expect(status).toMatchObject({ status: 'successful' });
    expect(status).not.toHaveProperty('resultProblems');
  });
});

describe('a job that printed no result for its output', () => {
  it('is flagged, or fails, as its process says', async () => {
    expect(await endOf('flagged', 'nothing\n')).toMatchObject({
      status: 'successful',
      resultProblems: [{ output: 'numbers', message: 'has no result' }],
    });
    const failed = await endOf('validated', 'nothing\n');
    expect(failed).toMatchObject({ status: 'failed', cause: { type: 'result-missing' } });
    const problem = await bed.get(`/jobs/${String(failed['jobID'])}/results`);
    expect([problem.status, await problem.json()]).toMatchObject([
      500,
      { type: expect.stringContaining('/problems/result-missing') },
    ]);
  });
});

describe('a start marker', () => {
  it('is none inside a line that a container prints of its inputs, nor in the trace of its shell', async () => {
    const response = await bed.execute('traced');
    expect([response.status, await response.text()]).toEqual([200, '{"right": 1}']);
  });
});
