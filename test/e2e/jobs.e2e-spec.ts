import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { randomUUID } from 'node:crypto';
import { onRealCluster } from '../support/cluster.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const podOf = async (jobId: string): Promise<V1Pod | undefined> =>
  (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId));
const released = (jobId: string) =>
  eventually(
    `the pod of ${jobId} being released`,
    async () => !(await podOf(jobId))?.metadata?.finalizers?.includes(FINALIZER),
  );
const storedLogs = async (jobId: string) => (await bed.store.logs()).filter((key) => key.includes(jobId));

describe('the log', () => {
  it('holds init and main containers, and stands in the store under the predecessor’s key', async () => {
    const jobId = await bed.submit('with-init');
    await bed.ended(jobId);
    await released(jobId);
    const pod = await podOf(jobId);
    const log = await bed.log(jobId);
    expect(log).toBe(
      `Logs of pod '${pod?.metadata?.name}'\nInit Container 'prepare'\nprepared for ${jobId}\n` +
        `Container 'generic-image-processor'\nmain\nPYGEOAPI_K8S_MANAGER_RESULT_START\ndone\n`,
    );
    expect(await storedLogs(jobId)).toEqual([
      expect.stringMatching(new RegExp(`logs/\\d{4}-\\d{2}-\\d{2}_pygeoapi-job-${jobId}-logs\\.txt$`)),
    ]);
  });

  it('of two containers and an init container, in a Job made by other hands, is collected too', async () => {
    const jobId = randomUUID();
    const name = `pygeoapi-job-${jobId}`;
    const container = (containerName: string) => ({
      name: containerName,
      image: 'busybox',
      command: ['sh', '-c', `echo from ${containerName}`],
    });
    await bed.cluster.batch.createNamespacedJob({
      namespace: bed.cluster.namespace,
      body: {
        metadata: { name, annotations: { 'pygeoapi.io/identifier': jobId, 'pygeoapi.io/process_id': 'lines' } },
        spec: {
          backoffLimit: 0,
          template: {
            metadata: { finalizers: [FINALIZER] },
            spec: {
              restartPolicy: 'Never',
              initContainers: [container('init')],
              containers: [container('first'), container('second')],
            },
          },
        },
      },
    });
    await released(jobId);
    expect((await bed.until(jobId, 'successful')).processID).toBe('lines');
    const pod = await podOf(jobId);
    // Nothing proves that it is of an open process, so its log is for those who may execute any.
    expect((await bed.get(`/jobs/${jobId}/logs`)).status).toBe(401);
    expect(await bed.log(jobId, TOKEN)).toBe(
      `Logs of pod '${pod?.metadata?.name}'\nInit Container 'init'\nfrom init\nContainer 'first'\nfrom first\nContainer 'second'\nfrom second\n`,
    );
  });

  it('can be read and followed while the job runs', async () => {
    const jobId = await bed.submit('short');
    await eventually('a line of the live log', async () => (await bed.log(jobId)).includes('working'));
    const followed = await (await bed.get(`/jobs/${jobId}/logs?follow`)).text();
    expect(followed).toMatch(
      new RegExp(`^Logs of pod '[^']+'\nContainer 'generic-image-processor'\nworking\n[^]*result of ${jobId}\n$`),
    );
    await bed.ended(jobId);
    await released(jobId);
    expect(await bed.log(jobId)).toBe(followed);
  });

  it('can be followed from before the start', async () => {
    const jobId = await bed.submit('hello', { name: 'early' });
    expect(await (await bed.get(`/jobs/${jobId}/logs?follow=true`)).text()).toContain('Hello early!');
  });

  it('of a container that never started says why', async () => {
    const jobId = await bed.submit('no-such-image');
    await bed.ended(jobId);
    await eventually('the pod being gone', async () => (await podOf(jobId)) === undefined);
    expect(await bed.log(jobId)).toMatch(/Container 'generic-image-processor'\n\[no log: the container never started/);
  });
});

describe('dismissing', () => {
  it('ends a running job, which stays with its log, to the end, until it is dismissed again', async () => {
    const jobId = await bed.submit('endless');
    await eventually('output', async () => (await bed.log(jobId)).includes('working'));
    const response = await bed.delete(`/jobs/${jobId}`);
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ jobID: jobId, status: 'dismissed' }),
    ]);
    await released(jobId);
    const { status, message, started, finished } = await bed.status(jobId);
    expect([status, message]).toEqual(['dismissed', 'The job was dismissed.']);
    expect([started, finished]).toEqual([expect.any(String), expect.any(String)]);
    expect(await bed.log(jobId)).toMatch(/working\n[^]*terminated\n$/);
    expect(await storedLogs(jobId)).toHaveLength(1);
    const results = await bed.get(`/jobs/${jobId}/results`);
    expect([results.status, await results.json()]).toEqual([
      410,
      expect.objectContaining({
        type: expect.stringContaining('/job-dismissed'),
        detail: expect.stringContaining('dismissed'),
      }),
    ]);
    const page = await bed.get(`/jobs/${jobId}?f=html`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Remove this job')]);
    const { jobs } = (await (await bed.get('/jobs?status=dismissed')).json()) as { jobs: StatusInfo[] };
    expect(jobs.map(({ jobID }) => jobID)).toContain(jobId);
    await eventually('the end of its pod', async () => (await podOf(jobId)) === undefined);

    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(404);
    expect(await storedLogs(jobId)).toHaveLength(1);
  });

  it('ends a job before any container of it runs', async () => {
    const jobId = await bed.submit('unschedulable');
    expect(await (await bed.delete(`/jobs/${jobId}`)).json()).toMatchObject({ status: 'dismissed' });
    await eventually('the end of its Job', async () => {
      const { status } = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId)) ?? {};
      return status?.conditions?.some(({ type }) => type === 'Failed');
    });
    expect((await bed.status(jobId)).status).toBe('dismissed');
    expect((await podOf(jobId))?.status?.phase).not.toBe('Running');
  });

  it('of a job that somebody waits for ends the waiting with 410', async () => {
    const waiting = bed.execute('endless', {}, { prefer: 'wait=600' });
    const jobId = await eventually('the job', async () => {
      const { jobs } = (await (await bed.get('/jobs?processID=endless&status=running')).json()) as {
        jobs: StatusInfo[];
      };
      return jobs[0]?.jobID;
    });
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    const answer = await waiting;
    expect([answer.status, await answer.json()]).toEqual([
      410,
      expect.objectContaining({ type: expect.stringContaining('/job-dismissed') }),
    ]);
  });

  it('holds though the server is killed after it, and ends the job once it is back', async () => {
    const jobId = await bed.submit('endless');
    await eventually('output', async () => (await bed.log(jobId)).includes('working'));
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await bed.server?.end('SIGKILL');
    await bed.startServer();
    expect((await bed.status(jobId)).status).toBe('dismissed');
    await released(jobId);
    expect((await bed.status(jobId)).status).toBe('dismissed');
    expect(await bed.log(jobId)).toMatch(/working\n[^]*terminated\n$/);
  });

  it('removes a job that has ended', async () => {
    const jobId = await bed.submit('no-result');
    await bed.ended(jobId);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect(await storedLogs(jobId)).toHaveLength(1);
  });
});

describe('a pod deleted by hand', () => {
  it('fails its job with that cause, and what it wrote is kept', async () => {
    const jobId = await bed.submit('endless');
    await eventually('output', async () => (await bed.log(jobId)).includes('working'));
    const name = (await podOf(jobId))?.metadata?.name ?? '';
    await bed.cluster.core.deleteNamespacedPod({ name, namespace: bed.cluster.namespace, gracePeriodSeconds: 5 });
    expect((await bed.ended(jobId)).cause).toMatchObject({ type: 'pod-deleted' });
    // The outcome is there before the log is stored, and the live one has gone with its container: the stored one is waited for.
    expect(await bed.log(jobId)).toContain('working');
  });
});

describe('the list of jobs', () => {
  it('is newest first, filtered and paged', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.push(await bed.submit('no-result'));
    for (const id of ids) await bed.ended(id);
    const list = async (address: string) =>
      (await (await fetch(address)).json()) as {
        jobs: StatusInfo[];
        links: { rel: string; href: string }[];
        numberMatched: number;
      };
    const first = await list(`${bed.url}/jobs?processID=no-result&status=successful&limit=2`);
    expect(first.jobs.map(({ jobID }) => jobID)).toEqual([ids[2], ids[1]]);
    expect(first.numberMatched).toBeGreaterThanOrEqual(3);
    await bed.submit('no-result');
    const second = await list(first.links.find(({ rel }) => rel === 'next')?.href ?? '');
    expect(second.jobs[0]?.jobID).toBe(ids[0]);
    expect((await list(`${bed.url}/jobs?datetime=../2020-01-01T00:00:00Z`)).jobs).toEqual([]);
  });

  it('is paged by offset, too, as clients of pygeoapi do, and refuses an offset beside a cursor', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.push(await bed.submit('no-result'));
    for (const id of ids) await bed.ended(id);
    const { created } = await bed.status(ids[2] ?? '');
    const query = `datetime=${encodeURIComponent(`../${created}`)}&processID=no-result`;
    interface Page {
      readonly jobs: StatusInfo[];
      readonly links: { rel: string; href: string; type: string }[];
      readonly numberMatched: number;
    }
    const page = async (address: string) => (await (await fetch(address)).json()) as Page;
    const linked = ({ links }: Page, rel: string) => links.find((link) => link.rel === rel)?.href ?? '';
    const all = await page(`${bed.url}/jobs?${query}&limit=1000`);
    const walked: string[] = [];
    let last: Page | undefined;
    for (let at = `${bed.url}/jobs?${query}&limit=2&offset=0`; at !== ''; at = linked(last, 'next')) {
      last = await page(at);
      expect(last.numberMatched).toBe(all.numberMatched);
      expect(at).toMatch(/[?&]offset=\d+(&|$)/);
      walked.push(...last.jobs.map(({ jobID }) => jobID));
    }
    expect(walked).toEqual(all.jobs.map(({ jobID }) => jobID));
    const second = await page(`${bed.url}/jobs?${query}&limit=2&offset=3`);
    expect(second.jobs[0]?.jobID).toBe(walked[3]);
    expect((await page(linked(second, 'prev'))).jobs.map(({ jobID }) => jobID)).toEqual(walked.slice(1, 3));
    expect((await page(`${bed.url}/jobs?${query}&offset=${walked.length}`)).jobs).toEqual([]);
    const most = await page(`${bed.url}/jobs?offset=0&limit=100000`);
    expect(most.links.map(({ rel }) => rel)).toEqual(['self', 'alternate']);
    const first = await page(`${bed.url}/jobs?limit=1`);
    expect(first.links.map(({ rel }) => rel)).toEqual(['self', 'alternate', 'next']);
    const both = await bed.get(`${linked(first, 'next').slice(bed.url.length)}&offset=1`);
    expect([both.status, await both.json()]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: 'offset' })] }),
    ]);
  });

  it('is sorted as sortby says, page by page, while jobs arrive', async () => {
    const ids: string[] = [];
    for (const processId of ['no-result', 'hello', 'no-result']) {
      const id = await bed.submit(processId, processId === 'hello' ? { name: 'x' } : undefined);
      await bed.ended(id);
      ids.push(id);
    }
    interface Page {
      readonly jobs: (StatusInfo & { id: string; finished: string; processID: string })[];
      readonly links: { rel: string; href: string }[];
    }
    const walk = async (query: string) => {
      const jobs: Page['jobs'] = [];
      for (let next: string | undefined = `${bed.url}/jobs?${query}&limit=2`; next !== undefined;) {
        const answer = await fetch(next);
        expect([next, answer.status]).toEqual([next, 200]);
        const page = (await answer.json()) as Page;
        jobs.push(...page.jobs);
        if (jobs.length === 2) await bed.submit('no-result');
        next = page.links.find(({ rel }) => rel === 'next')?.href;
      }
      const walked = jobs.map(({ jobID }) => jobID);
      expect(new Set(walked).size).toBe(walked.length);
      expect(jobs.map(({ id }) => id)).toEqual(walked);
      expect(walked).toEqual(expect.arrayContaining(ids));
      return jobs;
    };
    const finished = (await walk('sortby=finished&status=successful')).map((job) => Date.parse(job.finished));
    expect(finished).toEqual([...finished].sort((a, b) => a - b));
    const processes = (await walk('sortby=-processID,created')).map(({ processID }) => processID);
    expect(processes).toEqual([...processes].sort().reverse());
  });

  it('refuses parameters that it does not have, naming them', async () => {
    const response = await bed.get('/jobs?limit=0&state=done');
    const problem = (await response.json()) as { errors: { pointer: string }[] };
    expect([response.status, problem.errors.map(({ pointer }) => pointer)]).toEqual([400, ['state', 'limit']]);
  });

  it('answers 404 for ids that are none', async () => {
    for (const id of [randomUUID(), 'x', '..%2f..', '%00']) {
      const response = await bed.get(`/jobs/${id}`);
      expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([
        404,
        expect.stringContaining('no-such-job'),
      ]);
    }
  });
});

describe('the pods', () => {
  it('have the baseline security context', async () => {
    const jobId = await bed.submit('with-init');
    const pod = await eventually('the pod', () => podOf(jobId));
    expect(pod.spec?.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
      expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
    await bed.ended(jobId);
  });

  (onRealCluster ? it : it.skip)('run under it', async () => {
    const jobId = randomUUID();
    const pod = await eventually('a pod', async () => (await bed.cluster.pods())[0]);
    const spec = { ...pod.spec };
    await bed.cluster.core.createNamespacedPod({
      namespace: bed.cluster.namespace,
      body: {
        metadata: { name: `seccomp-${jobId}` },
        spec: {
          restartPolicy: 'Never',
          securityContext: spec.securityContext,
          containers: [
            {
              name: 'main',
              image: 'busybox',
              command: ['sh', '-c', 'grep -E "^(Seccomp|NoNewPrivs|CapEff):" /proc/self/status'],
              securityContext: spec.containers?.[0]?.securityContext,
            },
          ],
        },
      },
    });
    const read = () =>
      bed.cluster.core.readNamespacedPodLog({ name: `seccomp-${jobId}`, namespace: bed.cluster.namespace });
    const status = await eventually('what the kernel says', async () => (await read()) || undefined);
    expect(status.replace(/\t/g, ' ')).toBe('CapEff: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n');
  });
});
