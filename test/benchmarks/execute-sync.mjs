import { Bed } from './bed.mjs';
import { PodTimes } from './kubernetes-api.mjs';
import { eventually, median, percentile } from './measure.mjs';

const WARM_UP = 2;

/** A synchronous execution against its pod's own lifetime, as the benchmark's own watch sees it. */
export async function executeSync(report, { runs, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const pods = await PodTimes.start(bed.api);
    bed.onStop(() => pods.stop());
    const [whole, before, after] = [[], [], []];
    for (let index = 0; index < WARM_UP + runs; index += 1) {
      const sent = performance.now();
      const answer = await server.execute('short');
      const answered = performance.now();
      const jobId = /\/jobs\/([0-9a-f-]{36})>; rel="?monitor/.exec(answer.headers.link)?.[1];
      if (answer.text.trim() !== jobId) throw new Error(`the result of ${jobId} is ${JSON.stringify(answer.text)}`);
      const pod = await eventually(
        `the end of the pod of ${jobId}`,
        () => pods.get(jobId).ended && pods.get(jobId),
        10_000,
      );
      await pods.released(jobId, 10_000);
      if (index < WARM_UP) continue;
      whole.push(answered - sent);
      before.push(pod.seen - sent);
      after.push(answered - pod.ended);
    }
    report.times('whole request', whole);
    report.times('request sent until the pod is made', before);
    report.times('pod ended until the response is there', after);
    const beyond = before.map((time, index) => time + after[index]);
    report.times('both, what is beyond the lifetime of the pod', beyond);
    report.budget('after the end of the pod, p95', percentile(after, 0.95), { name: 'after_pod_p95', most: 100 });
    report.budget('beyond the lifetime of the pod, p50', median(beyond), { name: 'beyond_pod_p50', most: 20 });
  } finally {
    await bed.stop();
  }
}
