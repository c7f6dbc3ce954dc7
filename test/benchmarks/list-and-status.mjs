import { Bed } from './bed.mjs';
import { CountingProxy } from './counting-proxy.mjs';
import { fill } from './kube-jobs.mjs';
import { median, milliseconds, series, timed } from './measure.mjs';

const READS = 500;

/** Reading jobs while the namespace holds many, and the memory that they cost. */
export async function listAndStatus(report, { jobs: count, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const proxy = await CountingProxy.start(bed.api, bed.folder);
    bed.onStop(() => proxy.close());
    const server = await bed.startServer({ kubeconfig: proxy.kubeconfig, nodeOptions });
    const idle = await server.child.settledMemory();
    const ids = await fill(bed, server, count, report);

    const { statusCounts, size } = await shape(server);
    report.note(`a page of 100 has ${size} bytes; ${statusCounts}`);
    proxy.reset();
    const pages = await series(READS, () => server.get('/jobs?limit=100'));
    const statuses = await series(READS, (index) => server.get(`/jobs/${ids[(index * 7919) % count]}`));
    const filtered = await series(READS / 5, () => server.get('/jobs?limit=100&status=failed'));
    const walk = await pagesOf(server, count);
    const { leases, others } = proxy.count;

    report.times('GET /jobs?limit=100', pages);
    report.times('GET /jobs/{id}', statuses);
    report.times('GET /jobs?limit=100&status=failed', filtered);
    report.times(`each page of ${walk.jobs} jobs, one after another`, walk.times);
    for (const [what, times] of [
      ['page of 100 jobs, p50', pages],
      ['status, p50', statuses],
    ]) {
      report.budget(what, milliseconds(median(times)), median(times) < 5, '5 ms');
    }
    report.budget('API server requests meanwhile', `${others} (and ${leases} for the Lease)`, others === 0, '0');
    if (others > 0) report.note(proxy.requests.join('\n  '));

    const loaded = await server.child.settledMemory();
    await server.child.end();
    const again = await bed.startServer({ nodeOptions });
    const one = await timed(() => bed.api.list(bed.api.jobs));
    report.note(
      `start with these jobs: ${milliseconds(again.child.startTime)}; one list of them by the benchmark: ${milliseconds(one)}`,
    );
    report.times('GET /jobs?limit=100 after a restart', await series(READS / 5, () => again.get('/jobs?limit=100')));
    const restarted = await again.child.settledMemory();
    report.budget('memory, idle', `${idle.toFixed(0)} MiB`, idle < 260, '260 MiB');
    const what = `memory, ${count} jobs`;
    report.budget(
      `${what}, grown by watching and read`,
      `${loaded.toFixed(0)} MiB`,
      loaded < 340,
      '340 MiB with 10,000 jobs',
    );
    report.budget(
      `${what}, after a restart`,
      `${restarted.toFixed(0)} MiB`,
      restarted < 340,
      '340 MiB with 10,000 jobs',
    );
  } finally {
    await bed.stop();
  }
}

async function shape(server) {
  const { text } = await server.get('/jobs?limit=100');
  const counts = new Map();
  for (const { status } of JSON.parse(text).jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return { size: text.length, statusCounts: [...counts].map(([status, number]) => `${number} ${status}`).join(', ') };
}

/** Follows the links `next`. */
async function pagesOf(server, count) {
  const times = [];
  let jobs = 0;
  let path = '/jobs?limit=100';
  for (let page = 0; path && page <= count / 100 + 1; page += 1) {
    let answer;
    times.push(await timed(async () => (answer = await server.json(path))));
    jobs += answer.jobs.length;
    const next = answer.links.find(({ rel }) => rel === 'next')?.href;
    path = next && new URL(next).pathname + new URL(next).search;
  }
  return { times, jobs };
}
