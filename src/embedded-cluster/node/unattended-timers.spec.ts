import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JobController } from '../controllers/job.controller.js';
import { EventRecorder } from '../objects/event-recorder.js';
import { Journal } from '../objects/journal.js';
import type { Pod } from '../objects/kubernetes-object.js';
import { ObjectRegistry } from '../objects/object-registry.js';
import { events, namespaces, pods, RESOURCES } from '../objects/resources.js';
import { VersionedStore } from '../objects/versioned-store.js';
import { ChildLedger } from './child-ledger.js';
import { ContainerLogs } from './container-log.js';
import { Images } from './images.js';
import { PodWorker } from './pod-worker.js';

const HOUR = 3_600_000;
const FULL = 'ENOSPC: no space left on device, write';
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod' },
  spec: { containers: [{ name: 'main', image: 'nobody/has-it' }] },
  status: { phase: 'Pending' },
};

describe('timers of the embedded cluster, on a full disk', () => {
  let folder: string;
  let isFull: boolean;
  let registry: ObjectRegistry;
  let recorder: EventRecorder;
  let failures: string[];
  const onError = (key: string, error: unknown) => void failures.push(`${key}: ${(error as Error).message}`);

  beforeEach(() => {
    jest.useFakeTimers();
    folder = mkdtempSync(path.join(tmpdir(), 'unattended-'));
    isFull = false;
    failures = [];
    const journal = new Journal(path.join(folder, 'journal'), (descriptor, bytes, offset) => {
      if (isFull) throw new Error(FULL);
      return writeSync(descriptor, bytes, offset);
    });
    registry = new ObjectRegistry(
      new VersionedStore(
        RESOURCES.filter(({ virtual }) => !virtual),
        journal,
      ),
    );
    registry.create(namespaces, undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'default' },
    } as never);
    recorder = new EventRecorder(registry, onError);
  });
  afterEach(() => {
    recorder.stop();
    registry.store.close();
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  const eventReasons = () => registry.store.list(events).map(({ reason }) => reason);
  const createPod = (change: object = {}): Pod =>
    registry.create(pods, 'default', { ...structuredClone(POD), ...change } as never);

  it('leave events that have expired, and remove them later', () => {
    recorder.record(createPod(), 'Normal', 'Old', 'said', { component: 'kubelet' });
    isFull = true;
    jest.advanceTimersByTime(HOUR + 1000);
    expect(failures).toEqual([expect.stringMatching(/^event pod\.\w+: ENOSPC/)]);
    expect(eventReasons()).toEqual(['Old']);
    isFull = false;
    recorder.record(createPod({ metadata: { name: 'other' } }), 'Normal', 'New', 'said', { component: 'kubelet' });
    jest.advanceTimersByTime(60_000);
    expect(eventReasons()).toEqual(['New']);
    jest.advanceTimersByTime(HOUR);
    expect([eventReasons(), failures.length]).toEqual([[], 1]);
  });

  it('do not say of an image that it is not there, and go on', async () => {
    const pod = createPod();
    const told: string[] = [];
    const machinery = {
      ...{ registry, recorder, podsFolder: folder, images: new Images([]) },
      ...{ logs: new ContainerLogs(folder), ledger: new ChildLedger(folder) },
    };
    const worker = new PodWorker(pod, machinery, (error) => void told.push((error as Error).message));
    const running = worker.run();
    await jest.advanceTimersByTimeAsync(100);
    expect(eventReasons()).toContain('Failed');
    isFull = true;
    await jest.advanceTimersByTimeAsync(1000);
    expect(told).toEqual([FULL]);
    isFull = false;
    worker.terminate(0, { phase: 'Failed', reason: 'Over', message: 'over' });
    await running;
    expect(registry.require(pods, 'default', 'pod').status).toMatchObject({ phase: 'Failed', reason: 'Over' });
  });

  it('do not release pods of a Job that is gone, and go on', () => {
    const controller = new JobController(registry, recorder, onError);
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'gone', uid: 'uid', controller: true };
    createPod({
      metadata: { name: 'pod', finalizers: ['batch.kubernetes.io/job-tracking'], ownerReferences: [owner] },
    });
    isFull = true;
    jest.runOnlyPendingTimers();
    expect(failures).toEqual([`pod pod: ${FULL}`]);
    controller.stop();
  });
});
