import { Bed, onRealCluster } from './bed.mjs';
import { PodTimes } from './kubernetes-api.mjs';
import { concurrently, eventually, milliseconds, percentile } from './measure.mjs';

const WARM_UP = 2;

/** From a pod's end to its release, when idle and when many end together. */
export async function finalize(report, { runs, pods: count, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    const pods = await PodTimes.start(bed.api);
    bed.onStop(() => pods.stop());
    const idle = [];
    for (let index = 0; index < WARM_UP + runs; index += 1) {
      const { ended, released } = await pods.released(await server.submit('short'), 30_000);
      if (index >= WARM_UP) idle.push(released - ended);
    }
    report.times(`pod ended until released, idle, ${bed.store.description}`, idle);
    report.budget('idle, p95', percentile(idle, 0.95), { name: 'idle_p95', most: 300 });
    await together(report, bed, server, pods, count);
  } finally {
    await bed.stop();
  }
}

async function together(report, bed, server, pods, count) {
  const lead = onRealCluster ? 15 + count * 0.5 : 5 + count * 0.1;
  const time = Math.ceil(Date.now() / 1000 + lead);
  const ids = [];
  await concurrently(count, 10, async () => ids.push(await server.submit('until', { time })));
  const bound = lead * 2000 + 60_000;
  const all = await Promise.all(ids.map((id) => pods.released(id, bound).catch(() => pods.get(id))));
  const released = all.filter((pod) => pod.released !== undefined);
  const ended = all.map((pod) => pod.ended ?? NaN);
  const waited = released.map((pod) => pod.released - pod.ended);
  const [first, last] = [Math.min(...ended), Math.max(...ended)];
  report.note(`${count} pods ended within ${milliseconds(last - first)}`);
  if (released.length > 0) {
    report.times('pod ended until released, together', waited);
    const span = Math.max(...released.map((pod) => pod.released)) - first;
    report.note(
      `from the first end to the last release: ${milliseconds(span)}, ${((released.length * 1000) / span).toFixed(0)} pods/s`,
    );
  }
  const right = await countRight(server, ids);
  const keys = (await bed.store.keys()).filter((key) => ids.some((id) => key.includes(id)) && /-logs/.test(key));
  const stored = new Set(keys.map((key) => ids.find((id) => key.includes(id)))).size;
  const every = { least: count, unit: '', show: (value) => `${value} of ${count}`, budget: 'all' };
  report.budget('released', released.length, { name: 'released', ...every });
  report.budget('right results', right, { name: 'right_results', ...every });
  report.budget('logs stored', stored, { name: 'logs_stored', ...every });
  report.budget('logs stored twice', keys.length - stored, { name: 'logs_twice', most: 0, unit: '', show: String });
}

async function countRight(server, ids) {
  let right = 0;
  for (const id of ids) {
    const status = await eventually(
      `the end of ${id}`,
      async () => {
        const { status } = await server.json(`/jobs/${id}`);
        return ['successful', 'failed', 'dismissed'].includes(status) && status;
      },
      5000,
    ).catch(() => 'lost');
    if (status === 'successful' && (await server.get(`/jobs/${id}/results`)).text.includes(id)) right += 1;
  }
  return right;
}
