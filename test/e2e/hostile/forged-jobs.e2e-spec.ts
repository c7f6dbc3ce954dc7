import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { nameOfSignature, ownAnnotation } from '../../../src/k8s/names.js';
import { HostileBed } from '../../support/hostile-bed.js';
import { TOKEN, type TestBed } from '../../support/test-bed.js';
import { eventually } from '../../support/wait.js';

const PROCESS = 'pygeoapi.io/process_id';
const nameOf = (jobId: string) => `pygeoapi-job-${jobId}`;

/** Runs long enough for somebody to write on its Job meanwhile. */
const SLOW = `
  slow:
    type: process
    processor:
      <<: *image
      metadata: *both
      command: [sh, -c, 'sleep 5; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
`;

/** What a pod can do whose service account may patch Jobs. */
async function patch({ cluster }: TestBed, jobId: string, annotations: Record<string, string | null>): Promise<void> {
  await cluster.batch.patchNamespacedJob(
    { name: nameOf(jobId), namespace: cluster.namespace, body: { metadata: { annotations } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

async function annotationsOf({ cluster }: TestBed, jobId: string): Promise<Record<string, string>> {
  const job = await cluster.batch.readNamespacedJob({ name: nameOf(jobId), namespace: cluster.namespace });
  return job.metadata?.annotations ?? {};
}

/** Collected, so that its record is whole. */
async function collected(bed: TestBed, jobId: string): Promise<Record<string, string>> {
  await bed.ended(jobId);
  return eventually(`the record of ${jobId}`, async () => {
    const annotations = await annotationsOf(bed, jobId);
    return annotations[ownAnnotation.collection] === 'done' ? annotations : undefined;
  });
}

describe('a Job on which somebody else has written', () => {
  let hostile: HostileBed;
  let bed: TestBed;
  HostileBed.forSuite(
    (started) => {
      hostile = started;
      bed = started.bed;
    },
    {},
    { configuration: (text) => `${text}${SLOW}` },
  );
  let [victim, attacker] = ['', ''];
  let victims: Record<string, string>;
  const secret = 'FLAG=True';
  /**
   * The server has taken over what was patched once it says so, or once a later change shows.
   * @param annotations are written again meanwhile: a patch of the server whose answer was lost is repeated, and writes what is right
   */
  const disputed = (jobId: string, name: string, annotations?: Readonly<Record<string, string | null>>) =>
    eventually(`${name} of ${jobId} being disputed`, async () => {
      if (annotations) await patch(bed, jobId, annotations);
      const status = await bed.status(jobId);
      if (status.message?.includes(name)) return status.message;
      throw new Error(JSON.stringify([status, await annotationsOf(bed, jobId)]));
    });

  beforeAll(async () => {
    victim = await bed.submit('environment', { token: TOKEN });
    victims = await collected(bed, victim);
    expect(await bed.log(victim, TOKEN)).toContain(secret);
  });

  it.each([
    ['beside the signature of what was there', 'kept'],
    ['with the signature of the victim', 'copied'],
    ['without a signature', 'none'],
  ])('shows the log of no other job, where its key is forged %s', async (_how, signed) => {
    await hostile.stayingAlive(async () => {
      attacker = await bed.submit('lines');
      await collected(bed, attacker);
      const signature = nameOfSignature(ownAnnotation.logKey);
      await disputed(attacker, 'log-key', {
        [ownAnnotation.logKey]: victims[ownAnnotation.logKey] ?? '',
        ...(signed === 'copied' ? { [signature]: victims[signature] ?? '' } : {}),
        ...(signed === 'none' ? { [signature]: null } : {}),
      });
      for (const token of [undefined, TOKEN]) expect(await bed.log(attacker, token)).not.toContain(secret);
      expect(await bed.log(victim, TOKEN)).toContain(secret);
    });
  });

  it('gives no log for a result, and no result of another job; nor are these removed with it', async () => {
    await hostile.stayingAlive(async () => {
      const large = await bed.submit('five-mebibytes');
      const { [ownAnnotation.result]: result = '' } = await collected(bed, large);
      for (const forged of [
        result,
        JSON.stringify({ ...JSON.parse(result), key: victims[ownAnnotation.logKey], size: 10 }),
      ]) {
        const jobId = await bed.submit('instant');
        await collected(bed, jobId);
        await disputed(jobId, 'result', { [ownAnnotation.result]: forged, 'pygeoapi.io/result-value': null });
        const answer = await bed.get(`/jobs/${jobId}/results`);
        expect([answer.status, await answer.json()]).toEqual([
          500,
          expect.objectContaining({ type: expect.stringContaining('record-disputed') }),
        ]);
        expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
        await eventually('its Job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
      }
      expect((await bed.result(large)).length).toBe(5 * 1024 ** 2);
      expect(await bed.log(victim, TOKEN)).toContain(secret);
    });
  });

  it('is of no open process because it says so, signed wrongly or not at all', async () => {
    await hostile.stayingAlive(async () => {
      const signature = nameOfSignature(PROCESS);
      const lines = await annotationsOf(bed, attacker);
      const forgeries: Record<string, string | null>[] = [
        { [PROCESS]: 'lines' },
        { [PROCESS]: 'lines', [signature]: lines[signature] ?? '' },
        { [PROCESS]: 'lines', [signature]: null },
      ];
      for (const forged of forgeries) {
        await patch(bed, victim, forged);
        await eventually('what was forged', async () => {
          const { processID } = await bed.status(victim);
          return !processID || (forged[signature] === null && processID === 'lines');
        });
        expect((await bed.get(`/jobs/${victim}/logs`)).status).toBe(401);
        expect((await bed.delete(`/jobs/${victim}`)).status).toBe(401);
        expect(await bed.log(victim, TOKEN)).toContain(secret);
      }
      await patch(bed, victim, { [PROCESS]: 'environment', [signature]: victims[signature] ?? '' });
      await eventually('its own again', async () => (await bed.status(victim)).processID === 'environment');
    });
  });

  it('has no outcome that no server wrote: nothing is made anew of it, and what was there is there again', async () => {
    await hostile.stayingAlive(async () => {
      const jobId = await bed.submit('instant');
      const { [ownAnnotation.outcome]: outcome = '' } = await collected(bed, jobId);
      const forged = outcome.replace('successful', 'failed');
      await patch(bed, jobId, { [ownAnnotation.outcome]: forged });
      expect(await disputed(jobId, 'outcome')).toMatch(/not believed/);
      expect((await bed.get(`/jobs/${jobId}/results`)).status).toBe(500);
      const { checks } = await bed.readiness();
      expect(checks['signatures']).toMatchObject({ status: 'degraded' });
      expect((await bed.output()).match(new RegExp(`Job ${nameOf(jobId)}: not believed`, 'g'))).toHaveLength(1);
      expect((await annotationsOf(bed, jobId))[ownAnnotation.outcome]).toBe(forged);
      await patch(bed, jobId, { [ownAnnotation.outcome]: outcome });
      await eventually('its outcome', async () => (await bed.status(jobId)).status === 'successful');
      expect(await bed.result(jobId)).toBe('done');
    });
  });

  it('that was made to say how it ended while it runs waits, held, and is collected when that is taken off', async () => {
    await hostile.stayingAlive(async () => {
      const jobId = await bed.submit('slow');
      const { [ownAnnotation.outcome]: outcome = '' } = await annotationsOf(bed, attacker);
      const signature = nameOfSignature(ownAnnotation.outcome);
      const copied = (await annotationsOf(bed, attacker))[signature] ?? '';
      await patch(bed, jobId, { [ownAnnotation.outcome]: outcome, [signature]: copied });
      await disputed(jobId, 'outcome');
      await eventually('its end', async () => (await bed.status(jobId)).status === 'failed');
      expect(
        (await bed.cluster.heldPods()).some(({ metadata }) => metadata?.labels?.['job-name'] === nameOf(jobId)),
      ).toBe(true);
      await patch(bed, jobId, { [ownAnnotation.outcome]: null, [signature]: null });
      await bed.until(jobId, 'successful');
      expect(await bed.result(jobId)).toBe('done');
    });
  });
});

/** The older version is a server that has neither token nor keys: it signs nothing, and looks at no signature. */
describe('servers that sign beside those that do not', () => {
  let hostile: HostileBed;
  let bed: TestBed;
  const older = { PYGEOAPI_K8S_MANAGER_API_TOKEN: '' };
  beforeAll(async () => {
    hostile = await HostileBed.start(older);
    bed = hostile.bed;
  });
  afterAll(() => hostile?.bed.stop());

  it('lose no result in an upgrade, a rollback and another upgrade while jobs run', async () => {
    const jobs: string[] = [];
    const run = async (...servers: { submit(process: string): Promise<string> }[]) => {
      for (const server of servers)
        for (const process of ['lines', 'instant', 'five-mebibytes']) jobs.push(await server.submit(process));
    };
    const { status, checks: before } = await bed.readiness();
    expect([status, before['signatures']]).toEqual([
      'ok',
      { status: 'ok', detail: expect.stringContaining('nothing is signed') },
    ]);
    await hostile.stayingAlive(() => run(bed));
    const newer = await bed.startReplica({ PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN });
    await run(bed, newer);
    // Upgraded: the older one is gone while jobs run.
    await bed.server?.end();
    const second = await bed.startReplica({ PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN });
    await run(newer, second);
    // Rolled back.
    const back = await bed.startReplica(older);
    await newer.process.end();
    await second.process.end();
    await run(back);
    // Upgraded again, with a key of its own, which the token's follows.
    const last = await bed.startReplica({
      PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN,
      PYGEOAPI_K8S_MANAGER_SIGNING_KEYS: `a-key-of-the-suite-and-no-other ${TOKEN}`,
    });
    await run(back, last);
    await back.process.end();
    for (const jobId of jobs) expect([jobId, (await last.ended(jobId)).status]).toEqual([jobId, 'successful']);
    for (const jobId of jobs) expect([jobId, (await last.result(jobId)).length > 0]).toEqual([jobId, true]);
    for (const jobId of jobs)
      expect([jobId, (await last.get(`/jobs/${jobId}/logs`, TOKEN)).status]).toEqual([jobId, 200]);
    const { checks } = await last.readiness();
    expect(checks['signatures']).toEqual({ status: 'ok' });
  }, 400_000);
});
