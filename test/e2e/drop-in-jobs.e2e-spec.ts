import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v1 as uuidv1 } from 'uuid';
import {
  asPredecessorShows,
  predecessorKubeJob,
  type PredecessorJobOptions,
} from '../fixtures/predecessor/kube-jobs.js';
import { Predecessor } from '../support/predecessor.js';
import { TestCluster } from '../support/cluster.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const PREFIX = 'pygeoapi-job-';
const markers = 'echo PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain; echo PYGEOAPI_K8S_MANAGER_RESULT_START';

let bed: TestBed;
let predecessor: Predecessor;

type Given = Omit<PredecessorJobOptions, 'jobId' | 'processId'> & { readonly processId?: string };
async function create(options: Given): Promise<string> {
  const jobId = uuidv1();
  await predecessor.create(predecessorKubeJob({ jobId, processId: 'lines', ...options }));
  return jobId;
}
const name = (jobId: string) => PREFIX + jobId;
const released = (jobId: string) =>
  eventually(`the pod of ${jobId} being released`, async () => !(await predecessor.isHeld(name(jobId))));
const results = async (jobId: string) => {
  const response = await bed.get(`/jobs/${jobId}/results`);
  return [response.status, response.headers.get('content-type'), await response.text()];
};
const listed = async () => {
  const response = await bed.get('/jobs?limit=1000');
  return ((await response.json()) as { jobs: StatusInfo[] }).jobs;
};
const logKeys = async (jobId: string) => (await bed.store.logs()).filter((key) => key.includes(jobId));

/** Jobs that the predecessor left behind, by what became of them. */
const left: Record<'collected' | 'failed' | 'unmarked' | 'held' | 'unheld' | 'running' | 'unknown', string> = {
  collected: '',
  failed: '',
  unmarked: '',
  held: '',
  unheld: '',
  running: '',
  unknown: '',
};
const foreign = [`${PREFIX}x-${uuidv1()}`, `${PREFIX}${uuidv1()}-2`, `${PREFIX}nightly`, `other-${uuidv1()}`];

beforeAll(async () => {
  bed = await TestBed.around(await TestCluster.start());
  predecessor = new Predecessor(bed.cluster);
  const ended = `echo working; ${markers}; echo "  of the predecessor  "`;
  left.collected = await create({ script: ended, inputs: { count: 5, password: 'hunter2' } });
  left.failed = await create({ script: 'echo no luck >&2; exit 3' });
  left.unmarked = await create({ script: 'echo nothing to say' });
  left.held = await create({ script: ended, mimetype: 'text/csv', initScript: 'echo prepared' });
  left.unheld = await create({ script: ended, finalizer: false });
  left.unknown = await create({ script: ended, processId: 'not-configured-any-more' });
  for (const [index, kubeJobName] of foreign.entries()) {
    const kubeJob = predecessorKubeJob({ jobId: `foreign-${index}`, processId: 'lines', script: ended });
    await predecessor.create({ ...kubeJob, metadata: { ...kubeJob.metadata, name: kubeJobName } });
  }
  await predecessor.collect(name(left.collected), { mimetype: 'text/plain', value: 'of the predecessor' });
  await predecessor.collect(name(left.unknown), { mimetype: 'application/json', value: '{"id":"x","value":[1]}' });
  await predecessor.collect(name(left.failed), { value: '' });
  await predecessor.collect(name(left.unmarked), { value: '' });
  for (const jobId of [left.held, left.unheld]) await predecessor.podEnded(name(jobId));
  for (const kubeJobName of foreign) await predecessor.podEnded(kubeJobName);
  left.running = await create({ script: `echo working; sleep 30; ${markers}; echo in the end` });
  await eventually(
    'the running one',
    async () => (await predecessor.podOf(name(left.running)))?.status?.phase === 'Running',
  );
  await bed.startServer();
});
afterAll(() => bed.stop());

// First, while it runs.
describe('a job that runs during the switch', () => {
  it('shows what it writes to its annotations', async () => {
    await predecessor.annotate(name(left.running), {
      'pygeoapi.io/progress': '42',
      'pygeoapi.io/message': 'reading tiles',
      'pygeoapi.io/tiles-read': '17 of 40',
    });
    const status = await eventually('the progress', async () => {
      const found = await bed.status(left.running);
      return found.progress === 42 ? found : undefined;
    });
    expect(status).toMatchObject({ status: 'running', message: 'reading tiles', 'tiles-read': '17 of 40' });
  });
});

describe('a job that the predecessor has collected', () => {
  it('shows, with its process and its times', async () => {
    const status = await bed.status(left.collected);
    const kubeJob = await predecessor.kubeJobEnded(name(left.collected));
    expect(status).toMatchObject({
      jobID: left.collected,
      processID: 'lines',
      type: 'process',
      status: 'successful',
      progress: 100,
      created: new Date(kubeJob.metadata?.creationTimestamp ?? NaN).toISOString(),
    });
    expect(Date.parse(status.finished ?? '')).toBeGreaterThanOrEqual(Date.parse(status.started ?? ''));
    expect(Object.keys(status).sort()).toEqual([
      'created',
      'finished',
      'id',
      'jobID',
      'links',
      'message',
      'processID',
      'processingEntityType',
      'progress',
      'started',
      'status',
      'type',
      'updated',
    ]);
  });

  it('serves its result, in the media type that it was recorded with', async () => {
    expect(await results(left.collected)).toEqual([200, 'text/plain', 'of the predecessor']);
    expect(await results(left.unknown)).toEqual([200, 'application/json', '{"id":"x","value":[1]}']);
  });

  it('serves its log while its pod is there', async () => {
    const pod = await predecessor.podOf(name(left.collected));
    // Nobody has signed which process it is of, and some ask for the token.
    expect((await bed.get(`/jobs/${left.collected}/logs`)).status).toBe(401);
    expect(await bed.log(left.collected, TOKEN)).toBe(
      `Logs of pod '${pod?.metadata?.name}'\nContainer 'generic-image-processor'\nworking\nPYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: text/plain\nPYGEOAPI_K8S_MANAGER_RESULT_START\n  of the predecessor  \n`,
    );
    expect((await bed.get(`/jobs/${left.unknown}/logs`)).status).toBe(401);
    expect((await bed.get(`/jobs/${left.unknown}/logs`, TOKEN)).status).toBe(200);
  });

  it('and that failed says why', async () => {
    await predecessor.kubeJobEnded(name(left.failed));
    const failed = await bed.until(left.failed, 'failed');
    expect(failed.cause).toMatchObject({ type: 'non-zero-exit', exitCode: 3 });
    const response = await bed.get(`/jobs/${left.failed}/results`);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      500,
      expect.stringContaining('exit code 3'),
    ]);
    expect(await bed.log(left.failed, TOKEN)).toContain('no luck');
  });

  // The predecessor recorded an empty value and no media type where a log had no markers; it answered 500.
  it('and that had no markers has no result', async () => {
    await predecessor.kubeJobEnded(name(left.unmarked));
    await bed.until(left.unmarked, 'successful');
    expect(await results(left.unmarked)).toEqual([204, null, '']);
  });

  it('is not touched', async () => {
    const { annotations } = (await predecessor.kubeJob(name(left.collected))).metadata ?? {};
    expect(Object.keys(annotations ?? {}).filter((key) => key.startsWith('processes.pygeoapi.io/'))).toEqual([]);
    expect(await logKeys(left.collected)).toEqual([]);
  });
});

describe('a job that ended while neither server was up', () => {
  it('is collected: its result and log are there, its pod is released', async () => {
    await released(left.held);
    expect(await bed.until(left.held, 'successful')).toMatchObject({ processID: 'lines' });
    expect(await results(left.held)).toEqual([200, 'text/plain', '  of the predecessor  ']);
    expect(await logKeys(left.held)).toEqual([
      expect.stringMatching(new RegExp(`logs/\\d{4}-\\d{2}-\\d{2}_pygeoapi-job-${left.held}-logs\\.txt$`)),
    ]);
    expect(await bed.log(left.held, TOKEN)).toContain(
      "Init Container 'prepare'\nprepared\nContainer 'generic-image-processor'\n",
    );
  });

  it('and that carried no finalizer shows, with its log', async () => {
    await predecessor.kubeJobEnded(name(left.unheld));
    expect((await bed.until(left.unheld, 'successful')).processID).toBe('lines');
    expect(await bed.log(left.unheld, TOKEN)).toContain('  of the predecessor  \n');
  });
});

describe('a job that ran during the switch', () => {
  it('is collected when it ends', async () => {
    expect(await bed.ended(left.running)).toMatchObject({
      status: 'successful',
      progress: 100,
      'tiles-read': '17 of 40',
    });
    expect(await results(left.running)).toEqual([200, 'text/plain', 'in the end']);
    await released(left.running);
    expect(await logKeys(left.running)).toHaveLength(1);
  });

  it('can be dismissed, and its log is kept', async () => {
    const jobId = await create({ script: 'echo working; sleep 300' });
    await eventually('output', async () => (await bed.log(jobId, TOKEN)).includes('working'));
    expect((await bed.delete(`/jobs/${jobId}`, TOKEN)).status).toBe(200);
    await released(jobId);
    expect(await logKeys(jobId)).toHaveLength(1);
    expect((await bed.status(jobId)).status).toBe('dismissed');
    expect(await bed.log(jobId, TOKEN)).toContain('working');
    await bed.removeJob(jobId, TOKEN);
    expect(await logKeys(jobId)).toHaveLength(1);
  });
});

describe('the list', () => {
  it('holds all of the predecessor’s jobs beside this server’s', async () => {
    const own = await bed.submit('no-result');
    await bed.ended(own);
    const ids = (await listed()).map(({ jobID }) => jobID);
    expect(ids).toEqual(expect.arrayContaining([...Object.values(left), own]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('holds no Job of another manager; it is not served, and its pod is left alone', async () => {
    for (const kubeJobName of foreign) {
      const id = kubeJobName.slice(PREFIX.length);
      expect((await listed()).filter(({ jobID }) => kubeJobName.endsWith(jobID))).toEqual([]);
      for (const path of ['', '/results', '/logs']) {
        expect([kubeJobName, path, (await bed.get(`/jobs/${id}${path}`)).status]).toEqual([kubeJobName, path, 404]);
      }
      expect((await bed.delete(`/jobs/${id}`, TOKEN)).status).toBe(404);
      expect(await predecessor.isHeld(kubeJobName)).toBe(true);
    }
    expect((await bed.store.logs()).filter((key) => foreign.some((other) => key.includes(other)))).toEqual([]);
  });
});

describe('a rollback', () => {
  it('finds in a job of this server all that the predecessor reads', async () => {
    const jobId = await bed.submit('inputs', { text: 'ä', password: 'hunter2' });
    const running = await predecessor.kubeJob(name(jobId));
    expect(running.metadata?.annotations?.['pygeoapi.io/started']).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z$/,
    );
    await bed.ended(jobId);
    await released(jobId);
    const kubeJob = await predecessor.kubeJobEnded(name(jobId));
    const { started, updated, ...view } = asPredecessorShows(kubeJob);
    expect(view).toEqual({
      identifier: jobId,
      process_id: 'inputs',
      status: 'successful',
      progress: '100',
      mimetype: 'application/json',
      'job-name': name(jobId),
      parameters: { text: 'ä', password: '*' },
      result: { mimetype: 'application/json', value: { text: 'ä', password: 'hunter2' } },
    });
    // The end of a pod is known to the second.
    expect(Date.parse(String(updated)) - Date.parse(String(started))).toBeGreaterThan(-1000);
    expect(kubeJob.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 8_640_000 });
    const template = kubeJob.spec?.template;
    expect(template?.metadata?.finalizers).toEqual(['pygeoapi.io/finalizer-log-retrieval']);
    expect(template?.spec).toMatchObject({
      restartPolicy: 'Never',
      shareProcessNamespace: true,
      enableServiceLinks: false,
      containers: [{ name: 'generic-image-processor' }],
    });
  });

  it('finds a failed job failed, with nothing that the predecessor would take for a result', async () => {
    const jobId = await bed.submit('hello-failing', { name: 'x' });
    await bed.ended(jobId);
    const {
      started: _started,
      updated: _updated,
      ...view
    } = asPredecessorShows(await predecessor.kubeJobEnded(name(jobId)));
    expect(view).toEqual({
      identifier: jobId,
      process_id: 'hello-failing',
      status: 'failed',
      progress: '1',
      mimetype: 'application/json',
      'job-name': name(jobId),
      parameters: { name: 'x' },
    });
  });

  // A job of this server that the predecessor collected after a rollback, seen by this server again.
  it('and back again keeps the result that the predecessor has recorded meanwhile', async () => {
    const jobId = await bed.submit('short');
    await bed.server?.end();
    await predecessor.collect(name(jobId), { mimetype: 'text/plain', value: 'recorded by the predecessor' });
    await predecessor.kubeJobEnded(name(jobId));
    await bed.startServer();
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await results(jobId)).toEqual([200, 'text/plain', 'recorded by the predecessor']);
  });
});
