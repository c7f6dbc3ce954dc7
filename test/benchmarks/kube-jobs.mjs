import { v7 as uuidv7 } from 'uuid';
import { concurrently, eventually } from './measure.mjs';

export const JOB_NAME_PREFIX = 'pygeoapi-job-';

/** A Job as the server makes it, read back from the API server: what the API server set itself is left out. */
export async function templateOf(bed, server, process, inputs) {
  const jobId = await server.submit(process, inputs);
  const { apiVersion, kind, metadata, spec } = await bed.api.json('GET', `${bed.api.jobs}/${JOB_NAME_PREFIX}${jobId}`);
  const { backoffLimit, ttlSecondsAfterFinished, template } = spec;
  const { labels = {}, finalizers } = template.metadata;
  const own = (all) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('app.kubernetes.io/')));
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name, labels: own(metadata.labels), annotations: metadata.annotations },
    spec: {
      backoffLimit,
      ttlSecondsAfterFinished,
      template: { metadata: { labels: own(labels), finalizers }, spec: template.spec },
    },
  };
}

/** The same Job under another id, as JSON. */
export function another(template, jobId = uuidv7()) {
  return JSON.stringify(template).replaceAll(template.metadata.name.slice(JOB_NAME_PREFIX.length), jobId);
}

/** Makes so many finished Jobs, and waits until the servers list them. @returns their ids */
export async function fill(bed, servers, count, report) {
  const [{ server }] = servers;
  const template = await templateOf(bed, server, 'unschedulable', { text: 'x'.repeat(1000) });
  const ids = Array.from({ length: count }, () => uuidv7());
  const filling = await concurrently(count, 10, (index) =>
    bed.api.text('POST', bed.api.jobs, finished(template, ids[index], index)),
  );
  for (const { server: each } of servers)
    await eventually(
      'all jobs in the list',
      async () => (await each.json('/jobs?limit=1')).numberMatched > count,
      120_000,
    );
  report.note(`${count} finished Jobs made in ${(filling / 1000).toFixed(1)} s`);
  return ids;
}

/** A Job that has ended and is collected, as the finalizer leaves it; without parallelism, so that no pod is made. As JSON. */
export function finished(template, jobId, index, end = new Date()) {
  const at = end.toISOString();
  const failed = index % 10 === 9;
  const cause = { type: 'non-zero-exit', message: 'Container "main" ended with exit code 1.', exitCode: 1 };
  const outcome = failed ? { status: 'failed', cause } : { status: 'successful' };
  const own = 'processes.pygeoapi.io/';
  const annotations = {
    ...template.metadata.annotations,
    'pygeoapi.io/result-mimetype': 'text/plain',
    'pygeoapi.io/result-value': 'x'.repeat(200),
    [`${own}collection`]: 'done',
    [`${own}outcome`]: JSON.stringify({ ...outcome, started: at, finished: at }),
    [`${own}log-key`]: `logs/${at.slice(0, 10)}_${template.metadata.name}-logs.txt`,
  };
  const ended = {
    ...template,
    metadata: { ...template.metadata, annotations },
    spec: { ...template.spec, parallelism: 0 },
  };
  return another(ended, jobId);
}

/** How many objects there are. Not by a watch of this process: reading its events would delay the answers that are measured. */
export async function count(api, path) {
  const { items, metadata } = await api.json('GET', `${path}?limit=1`);
  return items.length + (metadata.remainingItemCount ?? 0);
}

/** What the cluster still makes of one block would count for the next. @param bound milliseconds */
export async function allPods(api, bound = 600_000) {
  const all = async () => (await count(api, api.pods)) >= (await count(api, api.jobs));
  await eventually('all pods', all, bound);
}
