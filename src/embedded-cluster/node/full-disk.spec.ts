import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../../test/support/wait.js';
import { EventRecorder } from '../objects/event-recorder.js';
import { Journal } from '../objects/journal.js';
import type { Pod } from '../objects/kubernetes-object.js';
import { ObjectRegistry } from '../objects/object-registry.js';
import { namespaces, pods, RESOURCES } from '../objects/resources.js';
import { VersionedStore } from '../objects/versioned-store.js';
import { ChildLedger } from './child-ledger.js';
import { ContainerLogs } from './container-log.js';
import { Images } from './images.js';
import { Kubelet } from './kubelet.js';

/** What is tried again is tried after a second. */
const soon = (what: string, look: () => boolean) => eventually(what, look, 10_000);

const FULL = 'ENOSPC: no space left on device, write';

class FullLogs extends ContainerLogs {
  isFull = false;

  override open(...of: Parameters<ContainerLogs['open']>): ReturnType<ContainerLogs['open']> {
    if (this.isFull) throw new Error(FULL);
    return super.open(...of);
  }
}

describe('a pod of the embedded cluster, on a full disk', () => {
  let folder: string;
  let isFull: boolean;
  let registry: ObjectRegistry;
  let recorder: EventRecorder;
  let logs: FullLogs;
  let kubelet: Kubelet;
  let failures: string[];
  const onError = (key: string, error: unknown) => void failures.push(`${key}: ${(error as Error).message}`);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'full-disk-'));
    isFull = false;
    failures = [];
    const journal = new Journal(path.join(folder, 'journal'), (descriptor, bytes, offset) => {
      if (isFull) throw new Error(FULL);
      return writeSync(descriptor, bytes, offset);
    });
    const stored = RESOURCES.filter(({ virtual }) => !virtual);
    registry = new ObjectRegistry(new VersionedStore(stored, journal));
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    registry.create(namespaces, undefined, namespace as never);
    recorder = new EventRecorder(registry, onError);
    logs = new FullLogs(path.join(folder, 'logs'));
  });
  afterEach(async () => {
    await kubelet.stop();
    recorder.stop();
    registry.store.close();
    rmSync(folder, { recursive: true });
  });

  function startKubelet(): void {
    const ledger = new ChildLedger(path.join(folder, 'children'));
    const podsFolder = path.join(folder, 'pods');
    kubelet = new Kubelet({ registry, recorder, images: new Images([]), logs, ledger, podsFolder }, onError);
  }

  /** Its container goes on until the file `go` is there. */
  function createPod(command = `until [ -e ${folder}/go ]; do sleep 0.02; done`): Pod {
    const containers = [{ name: 'main', image: 'busybox', command: ['sh', '-c', command] }];
    const spec = { containers, restartPolicy: 'Never', terminationGracePeriodSeconds: 1 };
    return registry.create(pods, 'default', {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' } },
      ...{ spec, status: { phase: 'Pending' } },
    } as never);
  }

  const status = () => registry.store.get(pods, 'default', 'pod')?.status;
  const state = () => status()?.containerStatuses?.[0]?.state;

  it('waits where its log cannot be opened, says why, and runs once it can be', async () => {
    startKubelet();
    logs.isFull = true;
    createPod('true');
    await soon('the reason', () => state()?.waiting?.reason === 'CreateContainerError');
    expect(state()?.waiting?.message).toBe(FULL);
    logs.isFull = false;
    await soon('the end', () => status()?.phase === 'Succeeded');
    expect(failures).toEqual([]);
  });

  it('has the end of its container written once there is room', async () => {
    startKubelet();
    createPod();
    await soon('the start', () => status()?.phase === 'Running');
    isFull = true;
    writeFileSync(path.join(folder, 'go'), '');
    await soon('the failure', () => failures.length > 0);
    expect([failures, status()?.phase]).toEqual([[`pod pod: ${FULL}`], 'Running']);
    isFull = false;
    await soon('the end', () => status()?.phase === 'Succeeded');
    expect(state()?.terminated?.exitCode).toBe(0);
  });

  it('does not keep the cluster from stopping', async () => {
    startKubelet();
    createPod();
    await soon('the start', () => status()?.phase === 'Running');
    isFull = true;
    await kubelet.stop();
    expect(status()?.phase).toBe('Running');
    isFull = false;
  });

  it('that was stored when there was room for no more is placed later, and whoever made it is not told of a failure', async () => {
    const unsubscribe = registry.store.subscribe(pods, () => (isFull = true));
    startKubelet();
    const seen: string[] = [];
    registry.store.subscribe(pods, ({ type }) => void seen.push(type));
    createPod('true');
    expect(seen).toEqual(['ADDED']);
    await soon('the failure', () => failures.length > 0);
    unsubscribe();
    isFull = false;
    await soon('the end', () => status()?.phase === 'Succeeded');
  });

  it('goes later where it was deleted', async () => {
    startKubelet();
    const { uid } = createPod().metadata;
    await soon('the start', () => status()?.phase === 'Running');
    registry.delete(pods, 'default', 'pod');
    isFull = true;
    await soon('the failure', () => failures.length > 0);
    expect(status()).toBeDefined();
    isFull = false;
    await soon('its removal', () => status() === undefined);
    await soon('the removal of its log', () => !existsSync(path.join(folder, 'logs', uid)));
  });
});
