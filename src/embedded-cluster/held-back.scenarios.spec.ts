import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1JobSpec } from '@kubernetes/client-node';
import type { ApiClient } from './testing/api-client.js';
import { shell, type Scenario } from './testing/scenarios.js';
import { enter, targets } from './testing/targets.js';

const MERGE = { 'content-type': 'application/merge-patch+json' };

describe.each(targets)('Jobs on the %s cluster that are to make no pod', (_kind, start) => {
  let client: ApiClient;
  let scenario: Scenario;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ client, scenario, end } = await enter(await start()));
  });

  afterAll(() => end());

  const patch = async (name: string, spec: Partial<V1JobSpec>) =>
    expect(await client.call('PATCH', `${scenario.jobs}/${name}`, { spec }, MERGE)).toMatchObject({ code: 200 });

  it('lose the pod that they have, which does not count, and make none when they are suspended and resumed', async () => {
    await scenario.createJob('held-back', { containers: [shell('trap "exit 0" TERM; sleep 600 & wait')] });
    await scenario.podUntil('held-back', ({ status }) => status.phase === 'Running');
    await patch('held-back', { parallelism: 0 });
    await scenario.jobUntil('held-back', ({ status }) => (status.active ?? 0) === 0 && status.terminating === 0);
    await patch('held-back', { suspend: true });
    const isSuspended = (status: string) => (job: Parameters<Parameters<Scenario['jobUntil']>[1]>[0]) =>
      job.status.conditions?.some((condition) => condition.type === 'Suspended' && condition.status === status) ??
      false;
    await scenario.jobUntil('held-back', isSuspended('True'));
    await patch('held-back', { suspend: false });
    const [job] = (await scenario.jobUntil('held-back', isSuspended('False'))).slice(-1);
    expect([job?.status.succeeded, job?.status.failed, job?.status.active]).toEqual([undefined, undefined, undefined]);
    const made = await scenario.eventReasons('Job', 'held-back', 'Resumed');
    expect(made.filter((reason) => reason === 'SuccessfulCreate')).toHaveLength(1);
  }, 60_000);
});
