import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import type { HealthChecks } from '../health/health-checks.js';
import type { InformerFactory } from '../k8s/informers/informer.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { WorkQueues } from '../k8s/queues/work-queues.js';
import type { Finding } from '../processes/processor.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import type { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import type { InspectionReconciler } from './inspection.reconciler.js';
import type { InspectionRecord } from './inspection-record.js';
import { InspectionsService } from './inspections.service.js';
import { digestOf } from './make-inspection-job.js';

const inspection = { podSpec: { containers: [] }, mainContainerName: 'main', deadlineSeconds: 60 };
const digest = digestOf({ ...inspection, entryId: 'n', manager: 'pygeoapi-job-manager' });

/** The service with one entry, whose Jobs are these. */
async function start() {
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const records: InspectionRecord[] = [];
  const take = jest.fn((_: unknown, finding: Finding) => (finding ? [] : []));
  let changed: (change: { record: InspectionRecord }) => void = () => undefined;
  const informer = {
    values: () => records.values(),
    subscribe: (listener: typeof changed) => (changed = listener),
    whenSynced: () => Promise.resolve(),
  };
  const entry = { id: 'n', inspection: () => Promise.resolve(inspection) };
  const service = new InspectionsService(
    { inspectedEntries: () => [entry], take } as unknown as ProcessRegistry,
    { harden: (podSpec: unknown) => podSpec } as SecurityContextPolicy,
    {} as InspectionReconciler,
    { create: () => informer } as unknown as InformerFactory,
    {} as LeaderElection,
    { create: () => ({ start: () => undefined, add: () => undefined }) } as unknown as WorkQueues,
    { add: () => undefined } as unknown as HealthChecks,
    { environment: { jobNamePrefix: 'pygeoapi-job-' } } as Configuration,
  );
  await service.onApplicationBootstrap();
  return {
    told: () => take.mock.calls.map(([, finding]) => finding),
    add(number: number, finding: InspectionRecord['finding']) {
      const name = `inspect-${digest}-${number}`;
      const common = { name, uid: name, digest, created: new Date(number), number, failures: 0, deleted: false };
      const record = { ...common, ...(finding ? { finding } : {}) };
      records.push(record);
      changed({ record });
    },
  };
}

describe('an inspection that is run again', () => {
  it('has processes made anew only where it found something else', async () => {
    const { told, add } = await start();
    const found = (value: unknown) => ({ state: 'found', value }) as const;
    add(1, found({ notebooks: [1] }));
    add(2, found({ notebooks: [1] }));
    expect(told()).toEqual([found({ notebooks: [1] })]);
    add(3, { state: 'failed', reason: 'gone' });
    add(4, found({ notebooks: [2] }));
    expect(told()).toEqual([found({ notebooks: [1] }), found({ notebooks: [2] })]);
  });
});
