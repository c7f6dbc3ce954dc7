import { another, JOB_NAME_PREFIX } from '../kube-jobs.mjs';
import { POD_FINALIZER } from '../kubernetes-api.mjs';
import { median, milliseconds } from '../measure.mjs';

const WARM_UP = 2;
const MERGE = { contentType: 'application/merge-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };

/**
 * What a synchronous execution takes beyond its pod’s life by requests alone: from the POST of its Job until the pod is there, and from the watch
 * event of the pod’s end over its log to the patch by which its outcome stands on the Job. In turn with the server, whose Jobs are called otherwise.
 */
export async function endsOfPods(report, { api }, server, template, runs) {
  const times = { made: [], log: [], patch: [], bare: [], server: [] };
  const moments = new Moments();
  const stop = await api.watch(api.pods, ({ object }, at) => moments.see(object, at));
  try {
    for (let index = 0; index < WARM_UP + runs; index += 1) {
      const took = { ...(await byRequests(api, template, moments)), server: await byServer(server, moments) };
      if (index < WARM_UP) continue;
      for (const [step, time] of Object.entries(took)) times[step].push(time);
    }
  } finally {
    stop();
  }
  report.times('a Job sent until its pod is made', times.made, 'pod_made');
  report.times('its pod ended until the log is read', times.log, 'log_read');
  report.times('the patch of the Job', times.patch, 'job_patched');
  report.times('these three: beyond the lifetime of the pod by requests alone', times.bare, 'least_beyond_pod');
  report.times('… by the server', times.server, 'server_beyond_pod');
  const more = median(times.server.map((time, index) => time - times.bare[index]));
  report.note(`median of the differences: ${milliseconds(more)}`);
}

/** When each Job's pod was seen first, and ended: `performance.now()` of the watch event's arrival. */
class Moments {
  #byJob = new Map();

  of(jobName) {
    const known = this.#byJob.get(jobName) ?? { made: Promise.withResolvers(), ended: Promise.withResolvers() };
    this.#byJob.set(jobName, known);
    return known;
  }

  see({ metadata, status }, at) {
    const { made, ended } = this.of(metadata.labels?.['job-name']);
    made.resolve(at);
    if (['Succeeded', 'Failed'].includes(status.phase)) ended.resolve({ pod: metadata.name, at });
  }
}

async function byServer(server, moments) {
  const sent = performance.now();
  const answer = await server.execute('short');
  const answered = performance.now();
  const jobId = /\/jobs\/([0-9a-f-]{36})>; rel="?monitor/.exec(answer.headers.link)?.[1];
  const { made, ended } = moments.of(JOB_NAME_PREFIX + jobId);
  return (await made.promise) - sent + answered - (await ended.promise).at;
}

async function byRequests(api, template, moments) {
  // The server would collect what bears its prefix.
  const kubeJob = another(template).replaceAll(JOB_NAME_PREFIX, 'bare-job-');
  const { name } = JSON.parse(kubeJob).metadata;
  const { made, ended } = moments.of(name);
  const sent = performance.now();
  await api.text('POST', api.jobs, kubeJob);
  const seen = await made.promise;
  const { pod, at } = await ended.promise;
  const log = await api.text('GET', `${api.pods}/${pod}/log`);
  const read = performance.now();
  const annotations = { 'pygeoapi.io/result-value': log, 'pygeoapi.io/result-mimetype': 'text/plain' };
  await api.text('PATCH', `${api.jobs}/${name}`, { metadata: { annotations } }, MERGE);
  const patched = performance.now();
  const finalizers = { metadata: { '$deleteFromPrimitiveList/finalizers': [POD_FINALIZER] } };
  await api.text('PATCH', `${api.pods}/${pod}`, finalizers, STRATEGIC);
  return { made: seen - sent, log: read - at, patch: patched - read, bare: seen - sent + patched - at };
}
